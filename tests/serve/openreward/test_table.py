"""The sessions that are open: idle ones end, those in use do not, and nothing remains of any."""

import asyncio
import gc

import pytest

from awm.errors import UsageError
from awm.serve import table
from awm.serve.openreward import REWARDS, OpenRewardTerms
from awm.serve.openreward.stay import Stay
from tests.serve.openreward.doors import SOLUTION, opened
from tests.serve.openreward.worlds import TEST, TRAIN


async def tasks_now():
    """How many tasks there are, once those that have ended are gone."""
    for _ in range(3):
        await asyncio.sleep(0)
    return len(asyncio.all_tasks())


def stays():
    gc.collect()
    return sum(isinstance(thing, Stay) for thing in gc.get_objects())


async def test_a_session_that_nobody_asks_for_is_ended_and_says_why(lodging):
    async with opened(lodging, idle_seconds=900) as door:
        session = await door.created()
        await session.text("list_notes")
        door.clock.seconds = 900
        await door.table.sweep()
        assert (len(door.table), door.instances) == (0, 0)
        answer = await session.ask("GET", "/prompt")
        assert answer.status_code == 410
        assert "nobody asked for it in 900 seconds" in answer.json()["detail"]


async def test_whatever_is_asked_keeps_a_session(lodging):
    async with opened(lodging, idle_seconds=900) as door:
        session = await door.created()
        for method, path in [("POST", "/ping"), ("GET", "/prompt"), ("GET", "/task_tools")] * 2:
            door.clock.seconds += 899
            assert (await session.ask(method, path)).status_code == 200
            await door.table.sweep()
        assert len(door.table) == 1


async def test_a_session_is_not_ended_over_a_call(lodging):
    async with opened(lodging, idle_seconds=900) as door:
        session = await door.created()
        await session.text("list_notes")
        calling = asyncio.create_task(session.use("wait_then_add", {"title": "late"}))
        while not door.table.find(("", session.name)).busy:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        door.clock.seconds = 5000
        await door.table.sweep()
        assert "late" in (await calling)["blocks"][0]["text"]


async def test_deleting_a_session_over_its_calls_ends_them(door):
    session = await door.created()
    await session.text("list_notes")
    body = {"name": "call_scenario_tool", "input": {"tool_name": "hang"}}
    calling = [asyncio.create_task(session.ask("POST", "/call", body)) for _ in range(3)]
    while not door.table.find(("", session.name)).busy:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)
    await session.delete()
    for answer in await asyncio.gather(*calling):
        assert answer.status_code == 410 or "the session was ended" in answer.text
    assert door.instances == 0


async def test_deleting_a_session_over_its_set_up_ends_it(door):
    session = await door.created("sloth")  # nobody else wakes it
    asking = asyncio.create_task(session.ask("GET", "/prompt"))
    await asyncio.sleep(0.05)
    await session.delete()
    assert (await asking).status_code == 410
    assert door.instances == 0


async def test_a_thousand_sessions_opened_and_left_leave_nothing(lodging):
    async with opened(lodging, idle_seconds=900) as door:
        await (await door.created()).submit()
        await door.table.close()
        before, objects = await tasks_now(), stays()

        async def leave(number):
            session = await door.created(TEST if number % 2 else TRAIN)
            if number % 3 == 0:
                await session.use("add_note", {"title": "left"})
            if number % 7 == 0:
                await session.submit()

        for start in range(0, 1000, 50):
            await asyncio.gather(*(leave(start + number) for number in range(50)))
        assert len(door.table) == 1000
        while any(stay.busy for stay in door.table):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        door.clock.seconds = 900
        await door.table.sweep()
        assert (len(door.table), door.instances) == (0, 0)
        assert (await tasks_now(), stays()) == (before, objects)


async def test_what_ended_is_not_remembered_for_ever(lodging, monkeypatch):
    monkeypatch.setattr(table, "_REMEMBERED", 2)
    async with opened(lodging) as door:
        sessions = [await door.created() for _ in range(3)]
        for session in sessions:
            await session.delete()
        codes = [(await session.ask("GET", "/prompt")).status_code for session in sessions]
        assert codes == [404, 410, 410]


async def test_the_end_of_the_server_ends_every_session(lodging):
    async with opened(lodging) as door:
        for _ in range(5):
            await (await door.created()).text("list_notes")
        assert door.instances == 5
    assert door.instances == 0


async def test_idle_sessions_are_looked_for_by_the_server_itself(lodging):
    async with opened(lodging, idle_seconds=0.6) as door:
        await door.created()
        door.clock.seconds = 1
        async with asyncio.timeout(10):
            while len(door.table):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)


async def test_idle_sessions_are_looked_for_on_after_a_fault(lodging, monkeypatch, caplog):
    async with opened(lodging, idle_seconds=0.2) as door:
        await door.created()
        door.clock.seconds = 1
        sweep = door.table.sweep
        monkeypatch.setattr(door.table, "sweep", lambda: 1 / 0)
        async with asyncio.timeout(10):
            while "ZeroDivisionError" not in caplog.text:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            monkeypatch.setattr(door.table, "sweep", sweep)
            while len(door.table):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "name", ["turns", "characters", "sessions", "idle_seconds", "ready_seconds"]
)
def test_a_limit_leaves_room(name):
    with pytest.raises(UsageError, match=name):
        OpenRewardTerms(**{name: 0})


async def test_the_rewards_are_binary_or_partial(lodging):
    assert set(REWARDS) == {"binary", "partial"}
    async with opened(lodging, scheme=REWARDS["partial"]) as door:
        session = await door.created()
        for call in SOLUTION:
            await session.use(call["tool_name"], call["arguments"])
        assert (await session.submit())["reward"] == 1.0
        assert (await (await door.created()).submit())["reward"] == 0.0
