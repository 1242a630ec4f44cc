"""Whatever is killed, every instance goes on from the state after its last completed call."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import pytest

from awm.errors import WorldLoadError
from awm.runtime import Instance, Runtime
from awm.types import ToolResult
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK, SHORT, eventually, workers_of, zygotes

MANY = 64
WORLD = make_world(NOTEBOOK)
SCRIPT = ("add_slowly", "count", "add_note", "list_notes", "add_slowly")


@pytest.fixture(scope="module")
async def arena() -> AsyncIterator[Runtime]:
    async with Runtime(limits=SHORT) as running:
        yield running


class Busy:
    """Many instances playing the same script at once, and a moment at which to strike."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self.instances = instances
        self.completed = 0
        self._moments: dict[int, asyncio.Event] = {}

    async def play(self) -> list[list[ToolResult]]:
        return await asyncio.gather(
            *(self._play(number, instance) for number, instance in enumerate(self.instances))
        )

    async def until(self, completed: int) -> None:
        """Wait until so many calls are done."""
        await self._moments.setdefault(completed, asyncio.Event()).wait()

    async def _play(self, number: int, instance: Instance) -> list[ToolResult]:
        results = []
        for tool in SCRIPT:
            arguments = {"title": f"{number} at {instance.step}"} if "add" in tool else {}
            results.append(await instance.call_tool(tool, arguments))
            self.completed += 1
            self._moments.setdefault(self.completed, asyncio.Event()).set()
        return results


async def _outcome(
    runtime: Runtime, *strikes: tuple[int, Callable[[Instance], None]]
) -> tuple[list[list[ToolResult]], list[str]]:
    """What 64 busy instances answer, and what they are afterwards, with strikes on the way."""
    busy = Busy([await runtime.launch(WORLD, seed=number) for number in range(MANY)])

    async def strike() -> None:
        for completed, blow in strikes:
            await busy.until(completed)
            blow(busy.instances[0])

    results, _ = await asyncio.gather(busy.play(), strike())
    hashes = [await instance.state_hash() for instance in busy.instances]
    await asyncio.gather(*(instance.close() for instance in busy.instances))
    return results, hashes


@pytest.fixture(scope="module")
async def undisturbed(arena: Runtime) -> tuple[list[list[ToolResult]], list[str]]:
    results, hashes = await _outcome(arena)
    assert not any(result.is_error for each in results for result in each)
    assert len(set(hashes)) == MANY
    return results, hashes


def _kill(instance: Instance) -> None:
    assert instance.worker_process is not None
    os.kill(instance.worker_process, signal.SIGKILL)


async def test_a_worker_killed_amid_64_busy_instances_is_not_noticed(
    arena: Runtime, undisturbed: object
) -> None:
    assert await _outcome(arena, (100, _kill)) == undisturbed


async def test_a_worker_killed_again_and_again_is_not_noticed(
    arena: Runtime, undisturbed: object
) -> None:
    strikes = [(completed, _kill) for completed in (1, 70, 71, 180, 319)]
    assert await _outcome(arena, *strikes) == undisturbed


async def test_a_killed_zygote_takes_all_workers_along_and_is_not_noticed(
    undisturbed: object,
) -> None:
    before = zygotes()
    async with Runtime(limits=SHORT) as runtime:
        (zygote,) = zygotes() - before

        def kill_zygote(_: Instance) -> None:
            os.kill(zygote, signal.SIGKILL)

        assert await _outcome(runtime, (100, kill_zygote)) == undisturbed
        (successor,) = zygotes() - before
        assert successor != zygote
        await eventually(lambda: not workers_of(zygote))
    assert zygotes() == before


async def test_a_worker_each_gives_the_same_outcome(undisturbed: object) -> None:
    async with Runtime(limits=SHORT, process_per_instance=True) as runtime:
        first = await runtime.launch(WORLD, seed=0)
        second = await first.fork()
        third = await runtime.launch(WORLD, seed=2)
        processes = {each.worker_process for each in (first, second, third)}
        assert len(processes) == 3
        busy = Busy([first, third])
        _kill(third)
        results = await busy.play()
        await second.call_tool("add_note", {"title": "apart"})
        assert "apart" not in (await first.call_tool("list_notes")).text
        await third.close()
        gone = processes - {first.worker_process, second.worker_process}
        await eventually(lambda: not gone & workers_of(_zygote_of(runtime)))
    assert isinstance(undisturbed, tuple)
    assert results[0] == undisturbed[0][0]


async def test_a_worker_killed_twice_over_one_call_is_not_noticed(arena: Runtime) -> None:
    async with await arena.launch(WORLD) as instance:
        call = asyncio.create_task(instance.call_tool("wait_then_add", {"title": "second"}))
        killed = set()
        for _ in range(2):
            await eventually(lambda: _is_busy(instance) and instance.worker_process not in killed)
            killed.add(instance.worker_process)
            _kill(instance)
        result = await call
        assert (result.is_error, instance.step) == (False, 1)
        assert instance.worker_process not in killed


async def test_instances_opened_while_their_worker_is_killed_come_to_life(arena: Runtime) -> None:
    first = await arena.launch(WORLD)
    opening = [asyncio.create_task(arena.launch(WORLD)) for _ in range(MANY)]
    await asyncio.sleep(0)  # all have asked, and nobody has been answered
    _kill(first)
    instances = [first, *await asyncio.gather(*opening)]
    results = await asyncio.gather(*(each.call_tool("count") for each in instances))
    assert {result.text for result in results} == {"1"}
    await asyncio.gather(*(each.close() for each in instances))


async def test_a_stopped_worker_costs_the_call_it_was_serving_and_no_other(arena: Runtime) -> None:
    instances = [await arena.launch(WORLD) for _ in range(3)]
    process = instances[0].worker_process
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    results = await asyncio.gather(*(each.call_tool("count") for each in instances))
    assert [result.fault for result in results] == ["timeout", None, None]
    assert (await instances[0].call_tool("count")).text == "1"
    await eventually(lambda: process not in workers_of(_zygote_of(arena)))
    await asyncio.gather(*(each.close() for each in instances))


async def test_calls_behind_one_that_ends_the_process_are_served_all_the_same(
    arena: Runtime,
) -> None:
    guilty = await arena.launch(WORLD)
    others = [await arena.launch(WORLD) for _ in range(8)]
    results = await asyncio.gather(
        guilty.call_tool("exit_process"), *(other.call_tool("count") for other in others)
    )
    assert results[0].fault == "crash"
    assert "status 7" in results[0].text
    assert {result.text for result in results[1:]} == {"1"}
    assert "lost" not in (await guilty.call_tool("list_notes")).text
    await asyncio.gather(*(each.close() for each in (guilty, *others)))


async def test_an_instance_that_ends_worker_after_worker_starves_nobody(arena: Runtime) -> None:
    guilty, other = await arena.launch(WORLD), await arena.launch(WORLD)
    crashes = 0

    async def crash_for_ever() -> None:
        nonlocal crashes
        while True:
            await guilty.call_tool("exit_process")
            crashes += 1

    crashing = asyncio.create_task(crash_for_ever())
    async with asyncio.timeout(10):
        for expected in range(1, 6):
            assert (await other.call_tool("count")).text == str(expected)
        newcomer = await arena.launch(WORLD)
        assert (await newcomer.call_tool("count")).text == "1"
    assert crashes
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)
    await asyncio.gather(*(each.close() for each in (guilty, other, newcomer)))


async def test_what_a_handler_kept_in_a_global_survives_its_worker(arena: Runtime) -> None:
    async with await arena.launch(WORLD) as instance:
        await instance.call_tool("count")
        await instance.call_tool("count")
        _kill(instance)
        assert (await instance.call_tool("count")).text == "3"


@pytest.mark.parametrize("tool", ["hang", "wait_then_add", "exit_process"])
async def test_a_call_whose_caller_gives_up_has_not_been_made(arena: Runtime, tool: str) -> None:
    arguments = {"title": "never"} if tool == "wait_then_add" else {}
    async with await arena.launch(WORLD) as instance, await instance.fork() as twin:
        call = asyncio.create_task(instance.call_tool(tool, arguments))
        await eventually(lambda: _is_busy(instance))
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert call.cancelled()
        assert instance.step == 0
        for each in (instance, twin):
            await each.call_tool("add_note", {"title": "second"})
            assert (await each.call_tool("count")).text == "1"
        assert await instance.state_hash() == await twin.state_hash()
        assert "never" not in (await instance.call_tool("list_notes")).text


async def test_a_call_given_up_while_it_waits_for_its_turn_is_never_begun(arena: Runtime) -> None:
    async with await arena.launch(WORLD) as instance:
        first = asyncio.create_task(instance.call_tool("wait_then_add", {"title": "a"}))
        second = asyncio.create_task(instance.call_tool("add_note", {"title": "b"}))
        await eventually(lambda: _is_busy(instance))
        second.cancel()
        assert not (await first).is_error
        assert '"b"' not in (await instance.call_tool("list_notes")).text


async def test_a_world_that_does_not_load_again_says_so() -> None:
    async with Runtime(limits=SHORT) as runtime, await runtime.launch(WORLD) as instance:
        host = instance._host
        order = replace(host.world.order, code="raise OSError('the well has run dry')")
        host.world = replace(host.world, order=order)
        _kill(instance)
        with pytest.raises(WorldLoadError, match="the well has run dry"):
            await instance.call_tool("count")
        assert instance.step == 0


async def test_a_worker_that_is_retired_is_replaced_when_next_needed(arena: Runtime) -> None:
    async with await arena.launch(WORLD) as instance:
        process = instance.worker_process
        await instance.call_tool("count")
        instance._host._slot.current.retire()
        assert (await instance.call_tool("count")).text == "2"
        assert instance.worker_process != process


def _zygote_of(runtime: Runtime) -> int:
    assert runtime._nursery.zygote is not None
    return runtime._nursery.zygote._process.pid


def _is_busy(instance: Instance) -> bool:
    worker = instance._host._slot.current
    return worker is not None and not worker.lost and bool(worker._pending)
