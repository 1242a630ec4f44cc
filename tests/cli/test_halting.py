"""What no further question can mend ends the work at once, and costs no episode."""

import asyncio

import pytest

from awm.cli.halting import Halt
from awm.errors import BudgetError, LLMRefusedError
from awm.llm import Message, Question, Reply

QUESTION = Question((Message("user", "?"),))


class Model:
    def __init__(self, *answers) -> None:
        self._answers = list(answers)

    async def ask(self, question):
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer)

    async def aclose(self) -> None:
        raise AssertionError("whoever made the model closes it")


async def test_a_spent_budget_ends_the_work_and_no_episode_hears_of_it():
    halt, heard = Halt(), []
    model = halt.over(Model("yes", BudgetError("the budget is spent.")))

    async def episode():
        try:
            while True:
                heard.append((await model.ask(QUESTION)).text)
        except BudgetError:
            heard.append("told")
        finally:
            heard.append("put away")

    with pytest.raises(BudgetError, match="the budget is spent"):
        await halt.during(episode())
    assert heard == ["yes", "put away"]
    await model.aclose()


async def test_what_may_be_otherwise_the_next_time_goes_through():
    halt = Halt()
    model = halt.over(Model(LLMRefusedError("not this one."), "yes"))

    async def work():
        with pytest.raises(LLMRefusedError):
            await model.ask(QUESTION)
        assert (await model.ask(QUESTION)).text == "yes"

    await halt.during(work())


async def test_what_the_work_itself_raises_goes_on():
    async def work():
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await Halt().during(work())


async def test_who_is_cancelled_cancels_the_work_and_waits_for_it():
    begun, ended = asyncio.Event(), []

    async def work():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    running = asyncio.create_task(Halt().during(work()))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == [True]
