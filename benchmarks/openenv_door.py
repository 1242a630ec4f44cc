"""What OpenEnv's clients get of `awm serve openenv`.

    python benchmarks/openenv_door.py [--quick] [--markdown FILE] [FOLDER ...]

The server is a process of its own; the clients are in this one, and speak through WebSockets as
OpenEnv's do. Three things are measured: what one client waits for; the stress test of the AWM
environment that is published for OpenEnv (1,024 episodes, 64 at once, in each a list of tools and
3 to 20 calls of tools drawn by lot, with no arguments), without its pauses for thought; and what
is left of many sessions that end in every way there is. `--quick` does less of each.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awm.runtime import Runtime, VerifierPool
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind
from awm.serve.lodging import Lodging
from awm.serve.openenv.importing import light_openenv
from awm.serve.web import serve_door
from awm.worlds import World, WorldFolder, open_worlds
from report import Figure, conclude, folders_of, options_of

with light_openenv():
    from awm.serve.openenv.application import application
    from awm.serve.openenv.client import AwmEnvClient, CallToolAction, ListToolsAction

EPISODES, QUICK_EPISODES = 1024, 128
AT_ONCE = 64
TURNS = (3, 20)
ALONE, QUICK_ALONE = 500, 100
SESSIONS, QUICK_SESSIONS = 20_000, 600
WORLD, TOOL = "coworking_space", "get_my_profile"
"""One of the package's, and a tool of it that takes no arguments and changes nothing."""

MOST_RESET_MS = 20.0
MOST_CALL_MS = 5.0
LEAST_A_SECOND = 400.0
MOST_GROWTH_MB = 16.0
_READY = "serving "
_ANSWERED = frozenset({"tool_call_ok", "invalid_args", "server_error", "timeout"})


@dataclass
class Stress:
    """What came of the stress test.

    Attributes:
        calls: How many calls of tools were answered.
        failures: What went wrong, episode by episode.
        seconds: How long it took.
    """

    calls: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def serve(folders: Sequence[str]) -> None:
    """Serve the worlds of these folders until the process is ended."""
    worlds = _together([open_worlds(folder) for folder in folders])
    async with Lodging(worlds, Runtime(), VerifierPool()) as lodging:
        listener = bind("127.0.0.1", 0)
        counters = Counters(lodging.runtime)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await serve_door(
            application(lodging, counters=counters),
            listener,
            terms=GateTerms(),
            counters=counters,
            ready=lambda: print(f"{_READY}{url}", flush=True),
        )


@contextmanager
def server(folders: Sequence[str]) -> Iterator[tuple[str, int]]:
    """A server of these folders: its address, and the number of its process."""
    command = [sys.executable, __file__, "--serve", *folders]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line.startswith(_READY):
                raise SystemExit("the server does not start")
            yield line.removeprefix(_READY).strip(), process.pid
        finally:
            process.terminate()


async def alone(url: str, repeated: int) -> tuple[float, float]:
    """What one client waits for, in milliseconds at the median: a reset, and a call."""
    resets, calls = [], []
    async with AwmEnvClient(url) as env:
        for number in range(repeated):
            resets.append(
                await _seconds(env.reset(scenario=WORLD, task_idx=number % 10, seed=number))
            )
            calls.append(await _seconds(env.call_tool(TOOL)))
    return 1e3 * statistics.median(resets), 1e3 * statistics.median(calls)


async def stress(url: str, episodes: int) -> Stress:
    """The published stress test, without pauses."""
    async with AwmEnvClient(url) as env:
        names = [world["name"] for world in await env.list_scenarios()]
    found = Stress()
    dice = random.Random(0)
    plans = [
        (names[number % len(names)], number % 10, random.Random(dice.random()))
        for number in range(episodes)
    ]

    async def play(plan: tuple[str, int, random.Random]) -> None:
        try:
            calls = await _episode(url, *plan)  # awaited first: others add to the sum meanwhile
            found.calls += calls
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
            found.failures.append(repr(error))

    began = time.perf_counter()
    await _at_once(play, plans)
    found.seconds = time.perf_counter() - began
    return found


async def come_and_go(url: str, process: int, sessions: int) -> tuple[float, int]:
    """Have sessions begin and end in every way; by how much memory (MB) and descriptors grew."""
    dice = random.Random(1)
    ways = [dice.choice((_close, _vanish, _vanish_in_a_call)) for _ in range(sessions)]

    async def visit(way: Callable[[AwmEnvClient], Awaitable[None]]) -> None:
        env = AwmEnvClient(url)
        await env.connect()
        await env.reset(scenario=WORLD, task_idx=0)
        await way(env)

    quarter = sessions // 4  # what is made once is there by then
    await _at_once(visit, ways[:quarter])
    await asyncio.sleep(1.0)
    memory, descriptors = _held(process)
    await _at_once(visit, ways[quarter:])
    await asyncio.sleep(1.0)
    memory_after, descriptors_after = _held(process)
    return memory_after - memory, descriptors_after - descriptors


async def measure(url: str, process: int, *, quick: bool) -> list[Figure]:
    """All figures."""
    reset, call = await alone(url, QUICK_ALONE if quick else ALONE)
    found = await stress(url, QUICK_EPISODES if quick else EPISODES)
    for failure in found.failures[:5]:
        print(failure)
    sessions = QUICK_SESSIONS if quick else SESSIONS
    grown, descriptors = await come_and_go(url, process, sessions)
    rate = found.calls / found.seconds
    episodes = f"{QUICK_EPISODES if quick else EPISODES} episodes, {AT_ONCE} at once"
    flat = grown <= MOST_GROWTH_MB and descriptors <= AT_ONCE // 8
    return [
        _at_most("a reset, alone", reset, MOST_RESET_MS),
        _at_most(f"a call of `{TOOL}`, alone", call, MOST_CALL_MS),
        _figure(
            f"{episodes}: calls a second",
            f"{rate:.0f}",
            f"at least {LEAST_A_SECOND:g}",
            rate >= LEAST_A_SECOND,
        ),
        _figure(f"{episodes}: failures", f"{len(found.failures)}", "none", not found.failures),
        _figure(
            f"{sessions} sessions that end or are left: growth",
            f"{grown:.1f} MB, {descriptors} descriptors",
            f"at most {MOST_GROWTH_MB:g} MB",
            flat,
        ),
    ]


async def _episode(url: str, world: str, task_idx: int, dice: random.Random) -> int:
    """How many calls an episode had."""
    async with AwmEnvClient(url, message_timeout_s=120, connect_timeout_s=60) as env:
        begun = await env.reset(scenario=world, task_idx=task_idx)
        _require(begun.observation.reward_type == "reset_ok", begun)
        listed = await env.step(ListToolsAction())
        names = [tool.name for tool in listed.observation.tools]
        turns = dice.randint(*TURNS)
        for _ in range(turns):
            told = await env.step(CallToolAction(tool_name=dice.choice(names), arguments={}))
            _require(told.observation.reward_type in _ANSWERED, told)
        _require((await env.done()).done, "done does not end the episode")
    return turns


async def _close(env: AwmEnvClient) -> None:
    await env.close()


async def _vanish(env: AwmEnvClient) -> None:
    env._ws.transport.abort()  # noqa: SLF001 - a client that is killed says nothing


async def _vanish_in_a_call(env: AwmEnvClient) -> None:
    await env._send({"type": "step", "data": {"type": "list_tools"}})  # noqa: SLF001 - likewise
    await _vanish(env)


def _held(process: int) -> tuple[float, int]:
    """The memory that a process holds, in MB, and its descriptors."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    descriptors = sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, descriptors


async def _at_once(work: Callable[[Any], Awaitable[None]], parts: Sequence[Any]) -> None:
    """Do the same work with each part, so many at a time."""
    remaining = iter(parts)

    async def lane() -> None:
        for part in remaining:
            await work(part)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(lane())


async def _seconds(call: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await call
    return time.perf_counter() - began


def _require(holds: bool, told: object) -> None:
    if not holds:
        raise AssertionError(told)


def _at_most(name: str, milliseconds: float, most: float) -> Figure:
    return _figure(name, f"{milliseconds:.2f} ms", f"at most {most:g} ms", milliseconds <= most)


def _figure(name: str, ours: str, target: str, met: bool) -> Figure:
    return Figure(name, "-", ours, "-", target, met)


def _together(folders: Sequence[WorldFolder]) -> WorldFolder:
    """One folder of the worlds of several."""
    where = {name: folder for folder in folders for name in folder}

    def load(name: str) -> World:
        return where[name][name]

    titles = {name: folder.title(name) for name, folder in where.items()}
    return WorldFolder(folders[0].path, titles, load)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = options_of(parser)
    if options.serve:
        asyncio.run(serve(options.folders))
        return 0
    folders = list(folders_of(options))
    with server(folders) as (url, process):
        figures = asyncio.run(measure(url, process, quick=options.quick))
    subject = f"the worlds of {', '.join(Path(folder).name for folder in folders)}"
    return conclude("OpenEnv", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
