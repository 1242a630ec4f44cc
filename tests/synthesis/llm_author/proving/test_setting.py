"""A world is looked at once for all its tasks, which then go side by side."""

import asyncio

import pytest

from awm.synthesis.llm_author.proving.setting import at_once, setting_of
from tests.synthesis.llm_author.proving.acting import COUNT, MILK, Model, bench_of, draft_of


async def test_a_live_world_shows_its_rows_its_tools_and_its_moment(runtime, pool):
    setting = await setting_of(bench_of(runtime, pool, Model()), draft_of(MILK, COUNT))
    assert 'notes (1 row): id | title\n[1, "first"]' in setting.rows
    assert "add_note(title: string)" in setting.api
    assert setting.moment == "Sunday, 2026-02-01 12:00 UTC"
    assert list(setting.schema.tables) == ["notes"]
    assert setting.mutants.states


async def test_of_one_that_does_not_come_to_life_the_database_is_known(runtime, pool):
    draft = draft_of(MILK, tools="\nraise RuntimeError\n")
    setting = await setting_of(bench_of(runtime, pool, Model()), draft)
    assert (setting.tools, setting.api) == ((), "")
    assert '[1, "first"]' in setting.rows
    assert setting.mutants.states


async def test_what_goes_side_by_side_comes_back_in_order():
    first_waits = asyncio.Event()

    async def slow():
        await first_waits.wait()
        return "slow"

    async def quick():
        first_waits.set()
        return "quick"

    assert await at_once([slow(), quick()]) == ["slow", "quick"]


async def test_where_one_fails_the_others_come_to_their_end_first():
    ended = []

    async def fails():
        raise ValueError("no")

    async def ends():
        await asyncio.sleep(0)
        ended.append(True)

    with pytest.raises(ValueError, match="no"):
        await at_once([fails(), ends()])
    assert ended == [True]


async def test_whoever_is_cancelled_cancels_them_all():
    began, stopped = asyncio.Event(), []

    async def waits():
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(True)
            raise

    running = asyncio.create_task(at_once([waits()]))
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stopped == [True]
