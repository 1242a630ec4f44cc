"""What a runtime promises: worlds come to life once, share workers, and leave nothing behind."""

import asyncio
import gc
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from awm.errors import IsolationError, RuntimeClosedError, UsageError, WorldLoadError
from awm.runtime import Census, Isolation, Limits, Runtime, nursery
from tests.conftest import make_world
from tests.runtime.world_code import (
    NOTEBOOK,
    SHORT,
    descriptors,
    eventually,
    resident_mb,
    workers_of,
    zygotes,
)

WORLD = make_world(NOTEBOOK)
BROKEN = make_world("raise OSError('no luck')", name="Broken")
ENDLESS = make_world("while True: pass", name="Endless")


@pytest.fixture
async def fresh() -> AsyncIterator[Runtime]:
    """A runtime that nothing else uses, at the end of which nothing of it is left."""
    before = zygotes()
    async with Runtime(limits=SHORT, idle_workers=2) as running:
        (zygote,) = zygotes() - before
        yield running
    assert zygotes() == before
    assert workers_of(zygote) == set()


def _workers(runtime: Runtime) -> set[int]:
    assert runtime._nursery.zygote is not None
    return workers_of(runtime._nursery.zygote._process.pid)


# --- outside its time


async def test_a_runtime_that_was_not_entered_refuses_everything() -> None:
    runtime = Runtime()
    for attempt in (runtime.launch, runtime.prepare):
        with pytest.raises(RuntimeClosedError, match="async with"):
            await attempt(WORLD)
    with pytest.raises(RuntimeClosedError):
        _ = runtime.isolation
    with pytest.raises(RuntimeClosedError):
        _ = runtime.examiner


async def test_a_runtime_that_was_left_refuses_everything_and_so_do_its_instances() -> None:
    async with Runtime(limits=SHORT) as runtime:
        instance = await runtime.launch(WORLD)
        snapshot = await instance.snapshot()
    with pytest.raises(RuntimeClosedError):
        await runtime.launch(WORLD)
    for attempt in (
        instance.list_tools, instance.snapshot, instance.reset, instance.fork, instance.diff,
        instance.state_hash, lambda: instance.call_tool("list_notes"),
        lambda: instance.restore(snapshot),
    ):  # fmt: skip
        with pytest.raises(RuntimeClosedError):
            await attempt()
    await instance.close()


async def test_a_runtime_can_be_entered_again_but_not_twice_at_once() -> None:
    runtime = Runtime(limits=SHORT)
    for _ in range(2):
        async with runtime:
            with pytest.raises(UsageError, match="running already"):
                await runtime.__aenter__()
            async with await runtime.launch(WORLD) as instance:
                assert not (await instance.call_tool("list_notes")).is_error


async def test_leaving_amid_calls_refuses_them_and_cancels_nobody() -> None:
    runtime = Runtime(limits=SHORT)
    async with runtime:
        instances = [await runtime.launch(WORLD) for _ in range(8)]
        calls = [asyncio.create_task(each.call_tool("hang")) for each in instances]
        calls += [asyncio.create_task(each.state_hash()) for each in instances]
        calls += [asyncio.create_task(runtime.launch(WORLD)) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {RuntimeClosedError}


async def test_leaving_amid_launches_refuses_them_and_leaves_no_process() -> None:
    before = zygotes()
    for moments in (0, 3, 100):
        runtime = Runtime(limits=SHORT)
        async with runtime:
            (zygote,) = zygotes() - before
            worlds = [WORLD, ENDLESS, make_world(name="Other"), WORLD]
            launches = [asyncio.create_task(runtime.launch(world)) for world in worlds]
            for _ in range(moments):
                await asyncio.sleep(0)
        outcomes = await asyncio.gather(*launches, return_exceptions=True)
        refused = {type(each) for each in outcomes if isinstance(each, BaseException)}
        assert refused <= {RuntimeClosedError}
        assert RuntimeClosedError in refused
        assert zygotes() == before
        assert workers_of(zygote) == set()


async def test_leaving_while_a_worker_is_being_replaced_cancels_nobody() -> None:
    async with Runtime(limits=SHORT) as runtime:
        instance = await runtime.launch(WORLD)
        instance._host._slot.current.retire()
        call = asyncio.create_task(instance.call_tool("list_notes"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(RuntimeClosedError):
        await call


async def test_a_platform_that_cannot_jail_is_refused_unless_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weak = Isolation("weak", 0, False, ("this is a test",))
    closed = []

    class WeakZygote:
        @classmethod
        async def start(cls, terms: object, module: str) -> SimpleNamespace:
            async def close() -> None:
                closed.append(terms)

            return SimpleNamespace(isolation=weak, closed=False, close=close)

    monkeypatch.setattr(nursery, "Zygote", WeakZygote)
    with pytest.raises(IsolationError, match=r"this is a test.*allow_weak=True"):
        await Runtime().__aenter__()
    assert len(closed) == 1
    async with Runtime(allow_weak=True) as runtime:
        assert runtime.isolation == weak
    assert len(closed) == 2


# --- worlds


async def test_a_world_launched_by_many_at_once_is_loaded_once(fresh: Runtime) -> None:
    instances = await asyncio.gather(*(fresh.launch(WORLD) for _ in range(32)))
    assert len({each.worker_process for each in instances}) == 1
    assert len(_workers(fresh)) == 2  # its worker, and the examiner
    await asyncio.gather(*(each.close() for each in instances))


async def test_equal_worlds_share_a_worker_and_worlds_that_differ_do_not(fresh: Runtime) -> None:
    worlds = [WORLD, make_world(NOTEBOOK), make_world(NOTEBOOK + "\n"),
              make_world(NOTEBOOK, foreign_keys=True)]  # fmt: skip
    processes = [(await fresh.launch(world)).worker_process for world in worlds]
    assert processes[0] == processes[1]
    assert len(set(processes)) == 3


async def test_a_world_that_fails_fails_for_all_who_wait_and_is_then_tried_anew(
    fresh: Runtime,
) -> None:
    for _ in range(2):
        outcomes = await asyncio.gather(
            *(fresh.launch(BROKEN) for _ in range(4)), return_exceptions=True
        )
        assert {type(outcome) for outcome in outcomes} == {WorldLoadError}
    assert len(fresh._preparing) == 0
    await eventually(lambda: len(_workers(fresh)) == 1)


async def test_one_who_gives_up_launching_spoils_it_for_nobody(fresh: Runtime) -> None:
    impatient = asyncio.create_task(fresh.launch(WORLD))
    patient = asyncio.create_task(fresh.launch(WORLD))
    await asyncio.sleep(0)
    impatient.cancel()
    async with await patient as instance:
        assert not (await instance.call_tool("list_notes")).is_error
    assert impatient.cancelled()


async def test_a_prepared_world_tells_its_tools_without_an_instance(fresh: Runtime) -> None:
    ready = await fresh.prepare(WORLD)
    assert ready is await fresh.prepare(WORLD)
    async with await fresh.launch(WORLD) as instance:
        assert instance.world is ready
        assert tuple(await instance.list_tools()) == ready.tools


# --- workers


async def test_workers_that_nobody_needs_are_ended_beyond_a_few(fresh: Runtime) -> None:
    for number in range(6):
        instance = await fresh.launch(make_world(name=f"World {number}"))
        await instance.close()
    await eventually(lambda: len(_workers(fresh)) == 1 + 2)  # the examiner, and idle_workers
    async with await fresh.launch(make_world(name="World 0")) as instance:
        assert not (await instance.call_tool("list_notes")).is_error


async def test_worlds_that_are_not_called_rest_and_their_instances_go_on() -> None:
    worlds = [make_world(NOTEBOOK, name=f"World {number}") for number in range(5)]
    async with Runtime(limits=SHORT, live_workers=2) as runtime:
        instances = [await runtime.launch(world, seed=1) for world in worlds]
        for title in ("first", "second"):
            for instance in instances:
                await instance.call_tool("add_note", {"title": title})
                assert runtime.census().workers <= 2
        assert runtime.census() == Census(worlds=5, instances=5, workers=2, losses=0)
        for instance in instances:
            listed = (await instance.call_tool("list_notes")).text
            assert "first" in listed
            assert "second" in listed
            await instance.close()


async def test_a_world_can_be_spread_over_several_workers() -> None:
    async with Runtime(limits=SHORT, workers_per_world=3) as runtime:
        instances = [await runtime.launch(WORLD) for _ in range(9)]
        processes = [each.worker_process for each in instances]
        assert sorted(processes.count(process) for process in set(processes)) == [3, 3, 3]
        twin = await instances[4].fork()
        assert twin.worker_process == instances[4].worker_process


async def test_dozens_of_workers_can_be_started_at_once() -> None:
    async with Runtime(limits=SHORT, process_per_instance=True) as runtime:
        first = await runtime.launch(WORLD)
        forks = await asyncio.gather(*(first.fork() for _ in range(40)))
        assert len({each.worker_process for each in (first, *forks)}) == 41
        results = await asyncio.gather(*(each.call_tool("list_notes") for each in forks))
        assert not any(result.is_error for result in results)


async def test_thousands_of_launches_and_closes_leak_nothing(fresh: Runtime) -> None:
    async def turn_over(times: int) -> None:
        for _ in range(times // 20):
            instances = await asyncio.gather(*(fresh.launch(WORLD) for _ in range(20)))
            await asyncio.gather(*(each.call_tool("count") for each in instances[:4]))
            await asyncio.gather(*(each.close() for each in instances))

    await turn_over(400)
    gc.collect()
    held = descriptors(), len(asyncio.all_tasks()), len(_workers(fresh))
    memory = resident_mb()
    await turn_over(1000)
    gc.collect()
    assert (descriptors(), len(asyncio.all_tasks()), len(_workers(fresh))) == held
    assert resident_mb() - memory < 5


async def test_workers_that_come_and_go_leak_nothing(fresh: Runtime) -> None:
    instance = await fresh.launch(WORLD)

    async def turn_over(times: int) -> None:
        for _ in range(times):
            await instance.call_tool("exit_process")

    await turn_over(5)
    held = descriptors(), len(asyncio.all_tasks()), len(fresh._nursery.zygote._endings)
    await turn_over(15)
    assert (descriptors(), len(asyncio.all_tasks()), len(fresh._nursery.zygote._endings)) == held
    await instance.close()


async def test_the_limits_are_the_worlds_own_to_read() -> None:
    limits = Limits(call_seconds=0.2, grace_seconds=0.2)
    async with Runtime(limits=limits) as runtime, await runtime.launch(WORLD) as instance:
        result = await instance.call_tool("hang")
        assert (result.fault, "within 0.2 seconds" in result.text) == ("timeout", True)


async def test_a_jail_that_cannot_be_built_is_not_taken_for_the_worlds_fault() -> None:
    limits = Limits(memory_mb=16)  # less than a worker inherits
    async with Runtime(limits=limits) as small:
        with pytest.raises(IsolationError, match="bytes are mapped already"):
            await small.launch(make_world())
