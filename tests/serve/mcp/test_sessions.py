"""Sessions begin, rest, and end, and nothing of them is left."""

import asyncio
import math

import pytest

from awm.errors import InstanceClosedError, UsageError, WorldError
from awm.runtime import Instance, Snapshot
from awm.serve.mcp import snapshots
from awm.serve.mcp.session import Session
from awm.serve.mcp.sessions import Sessions
from awm.serve.mcp.snapshots import KeptSnapshots
from awm.serve.mcp.terms import Terms

TERMS = Terms("notebook", owner="me")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sessions(lodging, clock):
    made = Sessions(lodging, idle_seconds=60, most=3, clock=clock)
    async with made.swept():
        yield made


async def test_a_session_has_no_instance_before_it_needs_one(sessions, lodging):
    before = lodging.runtime.census().instances
    session = sessions.open(TERMS)
    assert lodging.runtime.census().instances == before
    assert (session.steps, session.seed) == (0, 0)
    assert await session.instance() is await session.instance()
    assert lodging.runtime.census().instances == before + 1


async def test_its_end_lets_the_instance_go(sessions, lodging):
    before = lodging.runtime.census().instances
    session = sessions.open(TERMS)
    instance = await session.instance()
    await sessions.end(session.key)
    await sessions.end(session.key)
    assert len(sessions) == 0
    assert lodging.runtime.census().instances == before
    with pytest.raises(InstanceClosedError):
        await instance.call_tool("list_notes")


async def test_a_session_that_ends_while_its_instance_is_launched_leaves_none(sessions, lodging):
    before = lodging.runtime.census().instances
    session = sessions.open(TERMS)
    launching = asyncio.create_task(session.instance())
    await asyncio.sleep(0)
    await sessions.end(session.key)
    with pytest.raises(InstanceClosedError):
        await launching
    assert lodging.runtime.census().instances == before


async def test_an_instance_that_cannot_be_launched_is_tried_again(lodging, clock):
    session = Session(lodging, Terms("nowhere"), clock)
    for _ in range(2):
        with pytest.raises(WorldError):
            await session.instance()
    await session.end()


async def test_it_is_found_only_by_its_owner_and_in_its_world(sessions):
    session = sessions.open(TERMS)
    assert sessions.get(("me", "notebook", session.id)) is session
    assert sessions.get(("you", "notebook", session.id)) is None
    assert sessions.get(("me", "other_book", session.id)) is None
    assert sessions.get(("me", "notebook", "")) is None
    assert session.id not in repr(session)  # which logs show


async def test_there_are_at_most_so_many_and_an_end_makes_room(sessions):
    first, *_ = [sessions.open(TERMS) for _ in range(3)]
    assert sessions.open(TERMS) is None
    await sessions.end(first.key)
    assert sessions.open(TERMS) is not None


@pytest.mark.parametrize("options", [{"idle_seconds": 0}, {"idle_seconds": -1}, {"most": 0}])
def test_some_have_to_be_for_some_time(lodging, options):
    with pytest.raises(UsageError):
        Sessions(lodging, **options)


async def test_those_that_nobody_uses_are_swept_and_the_others_stay(sessions, clock):
    idle, used = sessions.open(TERMS), sessions.open(TERMS)
    await idle.instance()
    clock.now = 50
    used.touch()
    clock.now = 61
    assert await sessions.sweep() == 1
    assert list(sessions) == [used]
    assert idle.ended


async def test_where_there_is_no_limit_nobody_is_swept(lodging, clock):
    sessions = Sessions(lodging, idle_seconds=math.inf, clock=clock)
    session = sessions.open(TERMS)
    clock.now = 1e12
    assert await sessions.sweep() == 0
    await sessions.end(session.key)


async def test_time_counts_from_the_end_of_the_last_request(sessions, clock):
    session = sessions.open(TERMS)

    async def work() -> str:
        clock.now = 1000
        assert await sessions.sweep() == 0  # it is under way
        return "done"

    assert await session.carry_out(1, work(), "given up") == "done"
    assert session.idle_seconds == 0
    clock.now = 1059
    assert await sessions.sweep() == 0
    clock.now = 1060
    assert await sessions.sweep() == 1


async def test_an_open_stream_keeps_a_session_for_as_long_as_it_is_open(sessions, clock):
    session = sessions.open(TERMS)
    with session.stream() as over:
        clock.now = 1e9
        assert await sessions.sweep() == 0
        assert not over.done()
    clock.now += 61
    assert await sessions.sweep() == 1


async def test_what_is_under_way_can_be_given_up_by_its_key_alone(sessions):
    session = sessions.open(TERMS)
    waits = [session.carry_out(key, asyncio.sleep(30, "slept"), "given up") for key in (1, "1")]
    tasks = [asyncio.create_task(wait) for wait in waits]
    await asyncio.sleep(0)
    session.cancel("one that is not there")
    session.cancel("1")
    assert await tasks[1] == "given up"
    assert session.is_under_way(1)
    assert not session.is_under_way("1")
    session.cancel(1)
    assert await tasks[0] == "given up"


async def test_its_end_gives_up_what_is_under_way_and_closes_its_streams(sessions):
    session = sessions.open(TERMS)
    waiting = asyncio.create_task(session.carry_out(1, asyncio.sleep(30, "slept"), "given up"))
    await asyncio.sleep(0)
    with session.stream() as over:
        await sessions.end(session.key)
        assert over.done()
    assert await waiting == "given up"


async def test_draining_opens_no_more_and_leaves_what_is_under_way(sessions):
    session = sessions.open(TERMS)
    waiting = asyncio.create_task(session.carry_out(1, asyncio.sleep(0.01, "slept"), "given up"))
    await asyncio.sleep(0)
    with session.stream() as over:
        sessions.drain()
        assert over.done()
    assert sessions.open(TERMS) is None
    assert await waiting == "slept"


async def test_sessions_end_with_the_table_and_the_sweeper_too(lodging):
    before, tasks = lodging.runtime.census().instances, len(asyncio.all_tasks())
    sessions = Sessions(lodging)
    async with sessions.swept():
        await sessions.open(TERMS).instance()
    assert (len(sessions), lodging.runtime.census().instances) == (0, before)
    assert len(asyncio.all_tasks()) == tasks


async def test_sessions_end_with_the_table_at_once_and_not_one_after_the_other(
    lodging, monkeypatch
):
    sessions, all_there = Sessions(lodging), asyncio.Barrier(3)
    let_go = lodging.let_go

    async def let_go_with_the_others(instance: Instance) -> None:
        await all_there.wait()
        await let_go(instance)

    monkeypatch.setattr(lodging, "let_go", let_go_with_the_others)
    async with asyncio.timeout(10), sessions.swept():
        for _ in range(3):
            await sessions.open(TERMS).instance()
    assert not all_there.broken


def snapshot(size: int) -> Snapshot:
    return Snapshot("notebook", "", 0, 0, b"x" * size, b"")


def test_the_oldest_snapshots_are_let_go_where_there_are_too_many():
    kept = KeptSnapshots()
    names = [kept.add(snapshot(1)) for _ in range(snapshots.MOST_SNAPSHOTS + 2)]
    assert list(kept) == names[2:]
    assert kept.get(names[0]) is None
    assert kept.get(names[-1]) is not None


def test_the_newest_snapshot_is_kept_however_large_it_is(monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_BYTES", 10)
    kept = KeptSnapshots()
    kept.add(snapshot(6))
    kept.add(snapshot(6))
    assert list(kept) == ["2"]
    kept.add(snapshot(60))
    assert list(kept) == ["3"]


async def test_the_log_tells_which_session_of_which_world_and_not_its_whole_name(sessions, caplog):
    caplog.set_level("INFO", logger="awm.serve.mcp")
    session = sessions.open(Terms("notebook", 3, owner="me"))
    await sessions.end(session.key)
    told = [record for record in caplog.records if hasattr(record, "session")]
    assert [(record.world, record.task) for record in told] == [("notebook", 3)] * 2
    assert session.id not in caplog.text + str([record.session for record in told])
