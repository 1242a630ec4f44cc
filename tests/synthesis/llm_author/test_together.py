"""Things are done at once, and what comes of them stays in order."""

import asyncio

import pytest

from awm.errors import BudgetError, LLMUnavailableError
from awm.synthesis.llm_author.together import together


async def after(turns, value, done=None):
    for _ in range(turns):
        await asyncio.sleep(0)
    if done is not None:
        done.append(value)
    if isinstance(value, Exception):
        raise value
    return value


async def test_what_comes_of_them_is_in_the_order_in_which_they_were_given():
    done = []
    assert await together(after(9 - n, n, done) for n in range(9)) == list(range(9))
    assert done == list(range(8, -1, -1))


async def test_nothing_comes_of_nothing():
    assert await together([]) == []


async def test_the_first_failure_is_raised_as_it_is_and_ends_the_others():
    done = []
    with pytest.raises(KeyError):
        await together([after(1, KeyError("a"), done), after(50, "late", done)])
    assert "late" not in done


@pytest.mark.parametrize("error", [BudgetError("spent"), LLMUnavailableError("gone")])
async def test_one_that_fails_over_its_model_lets_the_others_end_first(error):
    done = []
    with pytest.raises(type(error)):
        await together([after(1, error, done), after(50, "late", done)])
    assert "late" in done


async def test_of_several_such_failures_the_first_in_their_order_is_raised():
    with pytest.raises(BudgetError):
        await together([after(9, BudgetError("spent")), after(1, LLMUnavailableError("gone"))])


async def test_whoever_is_cancelled_cancels_them_all():
    began, stopped = asyncio.Event(), []

    async def waits():
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(True)
            raise

    running = asyncio.create_task(together([waits()]))
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stopped == [True]
