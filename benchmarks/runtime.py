"""What the runtime costs, side by side with one server process per instance.

    python benchmarks/runtime.py [--quick] [--markdown FILE] [--json FILE] [FOLDER...]

Both ways of hosting run the same worlds here, in the same run, and what counts are the ratios:
absolute figures depend on the machine and on who else is using it. The baseline is the ordinary
way: for each instance a Python process that serves the world over MCP from a database file of its
own (`mcp_server.py`). Only a tool call is compared with less than that: with the handlers alone.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awm
from awm.cli.memory import memory_of, tree_memory
from awm.worlds import WorldFile
from calls import plausible_calls
from ordinary import bare_rounds, ordinary_server
from report import Figure, conclude, folders_of, options_of

MB = 1 << 20
CORES = 2
"""The machine that the figures are promised for; a server's start keeps one core busy."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are repeated."""

    servers: int
    rounds: int
    instances: int


async def measure(world: awm.World, everything: list[awm.World], effort: Effort) -> list[Figure]:
    """All figures that need a running runtime."""
    async with awm.Runtime() as runtime:
        ready = await runtime.prepare(world)
        starts, memories = [], []
        for _ in range(effort.servers):
            with ordinary_server(ready) as server:
                starts.append(server.seconds)
                memories.append(server.memory)
        start, memory = statistics.median(starts), statistics.median(memories)
        return [
            *await _many_instances(runtime, world, effort, start, memory),
            *await _state_moves(runtime, world, effort, start),
            await _calls(runtime, world, effort),
            await _one_more_world(everything, effort),
        ]


async def _many_instances(
    runtime: awm.Runtime, world: awm.World, effort: Effort, start: float, memory: float
) -> list[Figure]:
    count = effort.instances
    own = memory_of(os.getpid())
    began = time.perf_counter()
    instances = await asyncio.gather(*(runtime.launch(world, seed=n) for n in range(count)))
    launched = time.perf_counter() - began
    reading = await _reading_call(instances[0])
    began = time.perf_counter()
    await asyncio.gather(*(instance.call_tool(*reading) for instance in instances))
    called = time.perf_counter() - began
    # Zygote, examiner and workers, and what the gateway has grown by.
    tree = tree_memory()
    used = (tree.total_bytes if tree else 0) + memory_of(os.getpid()) - own
    await asyncio.gather(*(instance.close() for instance in instances))
    servers_start = count * start / CORES
    ratio = (count * memory * servers_start) / (used * launched)
    return [
        Figure(
            f"{count:,} live instances: time",
            f"{servers_start:,.0f} s",
            f"{launched:.2f} s (a call in each: {called:.2f} s)",
            f"{servers_start / launched:,.0f}x less",
            "under 1 s",
            launched < 1,
        ),
        Figure(
            f"{count:,} live instances: memory",
            f"{count * memory / MB:,.0f} MB",
            f"{used / MB:,.0f} MB",
            f"{count * memory / used:,.0f}x less",
            "under 600 MB",
            used < 600 * MB,
        ),
        Figure(
            f"{count:,} live instances: memory-time",
            f"{count * memory / MB * servers_start:,.0f} MB s",
            f"{used / MB * launched:,.0f} MB s",
            f"{ratio:,.0f}x less",
            "at least 300x less",
            ratio >= 300,
        ),
    ]


async def _state_moves(
    runtime: awm.Runtime, world: awm.World, effort: Effort, start: float
) -> list[Figure]:
    async with await runtime.launch(world) as instance:
        for tool, arguments in plausible_calls(await instance.list_tools(), 20, seed=1):
            await instance.call_tool(tool, json.loads(arguments))
        seeds = itertools.count(1)  # an instance that is where it shall go is left alone

        async def go_back() -> None:
            await instance.reset(next(seeds))

        reset = await _seconds_of(go_back, 20 * effort.rounds)
        for tool, arguments in plausible_calls(await instance.list_tools(), 20, seed=1):
            await instance.call_tool(tool, json.loads(arguments))
        twins: list[awm.Instance] = []

        async def fork() -> None:
            twins.append(await instance.fork())

        forked = await _seconds_of(fork, 10 * effort.rounds)
        size = len((await instance.snapshot()).delta)
        await asyncio.gather(*(twin.close() for twin in twins))
    return [
        Figure(
            "reset",
            f"{start * 1e3:,.0f} ms (a new server)",
            f"{reset * 1e6:,.0f} us",
            f"{start / reset:,.0f}x faster",
            "at least 1,000x faster",
            start / reset >= 1000,
        ),
        Figure(
            "fork, after 20 calls",
            "-",
            f"{forked * 1e6:,.0f} us, {size / 1024:.0f} KB",
            f"{forked / reset:.2f}x a reset",
            "at most 4x",
            forked / reset <= 4,
        ),
    ]


async def _calls(runtime: awm.Runtime, world: awm.World, effort: Effort) -> Figure:
    """Every tool of the world, in turn, here and without anything around the handlers."""
    async with await runtime.launch(world) as instance:
        tools = await instance.list_tools()
        calls = plausible_calls(tools, len(tools), seed=2)
        ours = []
        for _ in range(effort.rounds + 1):
            began = time.perf_counter()
            for tool, arguments in calls:
                await instance.call_tool(tool, json.loads(arguments))
            ours.append(time.perf_counter() - began)
        ready = instance.world
    # The lower quartile: other programs on the machine can only make a round slower.
    here = statistics.quantiles(ours[1:])[0] / len(calls)
    bare = statistics.quantiles(bare_rounds(ready, calls, effort.rounds))[0] / len(calls)
    return Figure(
        f"a tool call, mean of {len(calls)} tools",
        f"{bare * 1e6:,.0f} us (bare ASGI)",
        f"{here * 1e6:,.0f} us, jailed",
        f"{here / bare:.2f}x",
        "at most 1.6x",
        here / bare <= 1.6,
    )


async def _one_more_world(everything: list[awm.World], effort: Effort) -> Figure:
    """What `env check_all` pays for one more world, checking as many at once as there are cores.

    Each world is compared with its own server, as large worlds take longer both ways.
    """
    theirs: dict[str, float] = {}
    cores = os.cpu_count() or 1
    async with awm.Runtime() as runtime:
        for world in everything:
            with ordinary_server(await runtime.prepare(world)) as server:
                theirs[world.name] = server.seconds
        fresh = [_copy(world, n) for n in range(2 * effort.servers) for world in everything]
        places = asyncio.Semaphore(cores)

        async def check(world: awm.World) -> None:
            async with places:
                await runtime.prepare(world)

        began = time.perf_counter()
        await asyncio.gather(*map(check, fresh))
        cost = (time.perf_counter() - began) / len(fresh)
    start = statistics.mean(theirs.values())
    return Figure(
        f"check one more of {len(fresh)} worlds",
        f"{start * 1e3:,.0f} ms (its server)",
        f"{cost * 1e3:,.0f} ms, {cores} at once",
        f"{cost / start:.2f}x",
        "at most 0.2x",
        cost / start <= 0.2,
    )


def _copy(world: awm.World, number: int) -> awm.World:
    """The same world with other code, as far as the runtime can tell: nothing is known of it."""
    (row,) = world.records[WorldFile.ENVIRONMENT]
    code = f"{row['full_code']}\n# copy {number}\n"
    return awm.World.from_records(
        {**world.records, WorldFile.ENVIRONMENT: [{**row, "full_code": code}]}
    )


def compare_replays(folders: list[str]) -> Figure:
    """The same 40 calls in every world, in two processes with different wall clocks."""
    script = str(Path(__file__).with_name("replay.py"))
    outcomes = []
    for date in ("2026-03-01", "2031-12-24T23:59:58"):
        finished = subprocess.run(
            [sys.executable, script, date, *folders], stdout=subprocess.PIPE, check=True
        )
        outcomes.append(json.loads(finished.stdout))
    same = sum(outcomes[0][name] == outcomes[1].get(name) for name in outcomes[0])
    return Figure(
        "40 calls replayed, other clock",
        "-",
        f"{same} of {len(outcomes[0])} worlds equal",
        "-",
        "all",
        same == len(outcomes[0]),
    )


async def _reading_call(instance: awm.Instance) -> tuple[str, dict[str, Any]]:
    """A call that succeeds and changes nothing."""
    before = await instance.snapshot()
    for tool, arguments in plausible_calls(await instance.list_tools(), 200, seed=3):
        result = await instance.call_tool(tool, json.loads(arguments))
        after = await instance.snapshot()
        if not result.is_error and after.delta == before.delta:
            await instance.reset()
            return tool, json.loads(arguments)
        before = after
    raise RuntimeError("no tool of this world could be called without changing something")


async def _seconds_of(action: Callable[[], Awaitable[object]], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world", help="the world that is measured; by default the last one")
    parser.add_argument("--instances", type=int, default=1024)
    options = options_of(parser)
    folders = list(folders_of(options))
    worlds = {name: world for at in folders for name, world in awm.open_worlds(at).items()}
    name = options.world or list(worlds)[-1]
    effort = Effort(2, 10, options.instances) if options.quick else Effort(5, 60, options.instances)
    figures = asyncio.run(measure(worlds[name], list(worlds.values()), effort))
    figures.append(compare_replays(folders))
    title = "One server process per instance, and the runtime"
    return conclude(title, f"the world `{name}`", figures, options)


if __name__ == "__main__":
    sys.exit(main())
