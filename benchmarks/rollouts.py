"""What it costs to have many agents act at once, verification included.

    python benchmarks/rollouts.py [--quick] [--worlds N] [--keep DIR] [--markdown FILE]

The worlds are the builtin author's (`awm gen all --author builtin`), made once in the folder of
`--keep`. Four things are measured: a thousand episodes of a policy that takes its time, in time
and in memory; how many episodes a second there are where the policy takes none; a tool call beside
one of an agent that speaks MCP to a server of its own, as the published one does; and whether two
evaluations write the same bytes. `--quick` does the same with 8 worlds and 64 episodes.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from awm.agents import Acting, Assignment, EpisodeLimits, Policy
from awm.agents.random_policy import RandomPolicy
from awm.agents.scripted_policy import ScriptedPolicy
from awm.cli.memory import memory_of, tree_memory
from awm.lanes import for_each
from awm.rollout.grading import Grader
from awm.rollout.job import Job
from awm.rollout.order import order_of
from awm.rollout.playing import Conditions, Player
from awm.rollout.policies import oracle_policy
from awm.rollout.progress import Surveyor
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of
from awm.rollout.store import EPISODES, EpisodeStore, read_evaluation
from awm.rollout.toolboxes import InstanceToolbox
from awm.runtime import Runtime, VerifierPool
from awm.types import ToolCall
from awm.worlds import World, WorldFolder, open_worlds
from ordinary import bare_rounds, ordinary_server
from plain_agent import seconds_of_calls, seconds_of_calls_in_one_session
from pondering import Pondering
from report import Figure, conclude, options_of

WORLDS, QUICK_WORLDS = 200, 8
EPISODES_AT_ONCE, QUICK_AT_ONCE = 1024, 64
TASKS, ROLLOUTS = 10, 16
"""Of each world, and of each task, where many act at once: a thousand at a time are in 13 worlds,
as in training, where each task is tried by a group."""
SECONDS, QUICK_SECONDS = (1.0, 5.0), (0.1, 0.5)
BATCH = 25
"""How many worlds are alive where only episodes are timed."""
IDLE = 8
"""How many verifiers' processes wait for another run, of some 13 MB each."""
WARM = 4
"""How often each task is tried there."""
LANES = 8
LANES_AT_FULL_SPEED = 32
"""So many that the next world is played in, or comes to life, while one is: each has one process,
and with eight lanes, all in the same world, a fifth of two cores is idle."""
TWICE, QUICK_TWICE = 20, 3
LEAST_A_SECOND = 100.0
MOST_MB = 1536
MOST_BESIDE = 0.1
LEAST_RATIO = 20
CONDITIONS = Conditions(limits=EpisodeLimits(turns=60))
_REPEATED = 5
_CLOCK = 1e-6  # seconds that are surely told apart
_LOOKING = 2.0  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation that was played.

    Attributes:
        outcomes: How its episodes ended.
        seconds: How long it took, without bringing up what runs programs.
        content: Its episodes, as they are written.
    """

    outcomes: Counter[str]
    seconds: float
    content: bytes

    @property
    def episodes(self) -> int:
        """How many there are."""
        return self.outcomes.total()


def make(folder: Path, count: int) -> WorldFolder:
    """The worlds of a folder, made unless they are there."""
    command = [sys.executable, "-m", "awm", "gen", "all", "--author", "builtin"]
    command += ["--target_count", str(count), "--output_dir", str(folder)]
    if not (folder / "generation.json").exists():
        subprocess.run(command, check=True)
    return open_worlds(folder)


@asynccontextmanager
async def playing(
    *, idle_workers: int = 4, is_surveyed: bool = False
) -> AsyncIterator[tuple[Player, Runtime]]:
    """A player, and where its worlds live; it may say how far attempts came that fell short."""
    async with (
        Runtime(idle_workers=idle_workers) as runtime,
        VerifierPool(idle_workers=IDLE) as pool,
    ):
        surveyor = Surveyor(runtime) if is_surveyed else None
        yield Player(runtime, Grader(pool), CONDITIONS, surveyor), runtime


async def played(
    player: Player,
    worlds: Mapping[str, World],
    jobs: Sequence[Job],
    policy: Policy,
    *,
    lanes: int = LANES,
) -> Run:
    """Play and grade attempts, and write them down."""
    order = order_of(
        worlds,
        jobs,
        policy={"name": policy.name},
        conditions=CONDITIONS,
        selection=TaskSelection(),
        grading={"mode": "auto"},
    )
    with tempfile.TemporaryDirectory(prefix="awm-rollouts-") as temporary:
        folder = Path(temporary) / "run"
        with EpisodeStore.open(folder, order) as store:
            began = time.perf_counter()
            await evaluate(player, worlds, jobs, policy, store, concurrency=lanes)
            seconds = time.perf_counter() - began
        evaluation = read_evaluation(folder)
        outcomes: Counter[str] = Counter(one.outcome for one in evaluation.episodes)
        return Run(outcomes, seconds, (folder / EPISODES).read_bytes())


async def many_at_once(worlds: WorldFolder, *, quick: bool) -> list[Figure]:
    """A policy that takes its time: what comes on top of that, and the memory of all processes."""
    lanes = QUICK_AT_ONCE if quick else EPISODES_AT_ONCE
    count = -(-2 * lanes // (TASKS * ROLLOUTS))
    jobs = jobs_of(worlds, TaskSelection(worlds=_first(worlds, count)), ROLLOUTS)
    policy = Pondering(RandomPolicy((4, 12)), QUICK_SECONDS if quick else SECONDS)
    async with playing(is_surveyed=True) as (player, _):  # as `awm eval` plays with a model
        watching = asyncio.create_task(_most_memory())
        run = await played(player, worlds, jobs, policy, lanes=lanes)
        watching.cancel()
        most = await watching
    alone = policy.alone(lanes)
    beside = run.seconds / alone - 1
    shortest, longest = QUICK_SECONDS if quick else SECONDS
    name = f"{lanes:,} episodes at once in {count} worlds, {shortest:g} to {longest:g} s a reply"
    return [
        Figure(
            f"{name}: time",
            f"{alone:.1f} s (replies alone)",
            f"{run.seconds:.1f} s for {run.episodes:,} episodes",
            f"{beside:+.1%}",
            "under 10% more",
            beside < MOST_BESIDE,
        ),
        Figure(
            f"{name}: memory, all processes",
            "-",
            f"{most:,.0f} MB",
            "-",
            f"under {MOST_MB:,} MB",
            most < MOST_MB,
        ),
        Figure(
            f"{name}: accounted for",
            "-",
            f"{run.episodes:,} of {len(jobs):,}, {run.outcomes['infrastructure_error']} unscored",
            "-",
            "all",
            run.episodes == len(jobs) and not run.outcomes["infrastructure_error"],
        ),
    ]


async def at_full_speed(worlds: WorldFolder) -> list[Figure]:
    """A policy that takes no time: the reference solutions, and chance."""
    jobs = jobs_of(worlds, TaskSelection(), 1)
    async with playing() as (player, _):
        oracle = await played(
            player, worlds, jobs, oracle_policy(worlds), lanes=LANES_AT_FULL_SPEED
        )
        chance = await played(player, worlds, jobs, RandomPolicy(), lanes=LANES_AT_FULL_SPEED)
    alive, seconds = 0, 0.0
    names = list(worlds)
    for start in range(0, len(names), BATCH):
        held = {name: worlds[name] for name in names[start : start + BATCH]}
        async with playing(idle_workers=BATCH) as (player, runtime):
            await for_each(_preparing(runtime, held), held)
            again = jobs_of(held, TaskSelection(), WARM)
            run = await played(player, held, again, oracle_policy(held), lanes=LANES_AT_FULL_SPEED)
            alive, seconds = alive + run.episodes, seconds + run.seconds
    solved, lucky = oracle.outcomes["complete"], chance.outcomes["complete"]
    return [
        Figure(
            f"reference solutions of {len(jobs):,} tasks in {len(worlds)} worlds",
            "-",
            f"{solved:,} complete",
            "-",
            "all",
            solved == len(jobs),
        ),
        _speed("episodes a second, worlds brought to life in between", len(jobs) / oracle.seconds),
        _speed(f"episodes a second, worlds alive, {WARM} rollouts", alive / seconds),
        Figure(
            "the same tasks by chance",
            "-",
            f"{lucky} complete",
            f"{lucky / len(jobs):.2%}",
            "under 1%",
            lucky < 0.01 * len(jobs),
        ),
    ]


async def beside_an_ordinary_agent(world: World, rounds: int) -> Figure:
    """The calls of a world's reference solutions, here and by an agent that speaks MCP.

    What the handlers take by themselves is no overhead of either; it is measured without anything
    around them, and taken off both.
    """
    calls = [call for oracle in world.oracles.values() for call in oracle.solution.calls]
    written = [(call.name, json.dumps(dict(call.arguments))) for call in calls]
    apart, kept, ours = [], [], []
    async with Runtime() as runtime:
        ready = await runtime.prepare(world)
        for _ in range(rounds):
            with ordinary_server(ready) as server:
                apart.append(await seconds_of_calls(server.url, calls))
                kept.append(await seconds_of_calls_in_one_session(server.url, calls))
            ours += [await _seconds_here(runtime, world, calls) for _ in range(_REPEATED)]
        bare = bare_rounds(ready, written, rounds * _REPEATED)
    # The first calls of all fill caches, and other programs can only make a round slower.
    alone, here = (statistics.quantiles(each)[0] / len(calls) for each in (bare, ours))
    one, same = (min(each) / len(calls) for each in (apart, kept))
    beside = max(here - alone, _CLOCK)
    ratio, ratio_same = (one - alone) / beside, (same - alone) / beside
    return Figure(
        f"a tool call beyond its handler ({alone * 1e3:.2f} ms), the model answering at once",
        f"{(one - alone) * 1e3:.1f} ms, {(same - alone) * 1e3:.1f} ms in one session",
        f"{beside * 1e3:.2f} ms",
        f"{ratio:.0f}x less, {ratio_same:.1f}x",
        f"at least {LEAST_RATIO}x less",
        ratio >= LEAST_RATIO,
    )


async def twice(worlds: WorldFolder, count: int) -> Figure:
    """Two evaluations of everything alike."""
    jobs = jobs_of(worlds, TaskSelection(worlds=_first(worlds, count)), 2)
    contents = set()
    for lanes in (LANES, 2 * LANES):
        async with playing() as (player, _):
            contents.add((await played(player, worlds, jobs, RandomPolicy(), lanes=lanes)).content)
    return Figure(
        f"two evaluations of {len(jobs)} episodes, {LANES} and {2 * LANES} at once",
        "-",
        "equal" if len(contents) == 1 else "different",
        "-",
        "equal byte by byte",
        len(contents) == 1,
    )


async def measure(worlds: WorldFolder, *, quick: bool) -> list[Figure]:
    """All figures."""
    first = worlds[next(iter(worlds))]
    return [
        *await many_at_once(worlds, quick=quick),
        *await at_full_speed(worlds),
        await beside_an_ordinary_agent(first, 1 if quick else 3),
        await twice(worlds, QUICK_TWICE if quick else TWICE),
    ]


def _first(worlds: WorldFolder, count: int) -> tuple[str, ...]:
    return tuple(worlds)[:count]


def _preparing(runtime: Runtime, worlds: Mapping[str, World]) -> Callable[[str], Awaitable[None]]:
    async def prepare(name: str) -> None:
        await runtime.prepare(worlds[name])

    return prepare


async def _most_memory() -> float:
    """The most memory that all processes have at a time until this is cancelled, in MB."""
    most = 0
    try:
        while True:
            tree = await asyncio.to_thread(tree_memory)
            most = max(most, (tree.total_bytes if tree else 0) + memory_of(os.getpid()))
            await asyncio.sleep(_LOOKING)
    except asyncio.CancelledError:
        return most / (1 << 20)


async def _seconds_here(runtime: Runtime, world: World, calls: Sequence[ToolCall]) -> float:
    policy = ScriptedPolicy({(world.name, 0): [*calls, ""]})
    limits = EpisodeLimits(turns=len(calls) + 1)
    async with await runtime.launch(world) as instance:
        task = Assignment(world.name, 0, "")
        acting = Acting(policy, task, InstanceToolbox(instance), limits)
        began = time.perf_counter()
        await acting.run()
        return time.perf_counter() - began


def _speed(name: str, rate: float) -> Figure:
    met = rate >= LEAST_A_SECOND
    return Figure(name, "-", f"{rate:.0f}", "-", f"at least {LEAST_A_SECOND:.0f}", met)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, help="how many worlds to play in")
    parser.add_argument("--keep", type=Path, help="a folder to make them in, or that has them")
    options = options_of(parser)
    count = options.worlds or (QUICK_WORLDS if options.quick else WORLDS)
    with tempfile.TemporaryDirectory(prefix="awm-rollouts-") as temporary:
        worlds = make(options.keep or Path(temporary) / "worlds", count)
        figures = asyncio.run(measure(worlds, quick=options.quick))
    subject = f"{len(worlds)} worlds of `awm gen all --author builtin`"
    return conclude("Many agents at once", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
