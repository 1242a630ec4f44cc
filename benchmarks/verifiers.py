"""What running verifiers costs, side by side with one process for each run.

    python benchmarks/verifiers.py [--quick] [--markdown FILE] [--json FILE] [FOLDER...]

Both ways run the same programs on the same pairs of databases, as many at once, in turns; what
counts is the ratio. The baseline is the ordinary way: for each run a Python process that executes
the program on two files (`verify_files.py`). It is not jailed, and ours is.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import awm
from awm.runtime import ProgramRun, VerifierPool
from calls import plausible_calls
from report import Figure, conclude, folders_of, options_of

CALLS = 30
ANSWERS = (None, "", "The cheapest is Maria G. at $18.00, then Ben at $20.00.")
SCRIPT = Path(__file__).with_name("verify_files.py")


@dataclass(frozen=True, slots=True)
class PlainRun:
    """The same run as a `ProgramRun`, of files: the process's arguments and what it reads."""

    command: tuple[str, ...]
    answer: str


async def gather_runs(worlds: list[awm.World]) -> list[ProgramRun]:
    """Every verifier of the worlds, on the initial state and on one after some calls."""
    runs = []
    async with awm.Runtime() as runtime:
        for world in worlds:
            async with await runtime.launch(world, seed=7) as instance:
                initial = await instance.database_image()
                for tool, arguments in plausible_calls(await instance.list_tools(), CALLS, seed=7):
                    await instance.call_tool(tool, json.loads(arguments))
                final = await instance.database_image()
            clock = world.clock.timestamp()
            runs += [
                ProgramRun(world.name, "code", program.code, initial, state, answer, clock)
                for program in world.verifiers
                if program.mode == "code"
                for state, answer in zip((initial, initial, final), ANSWERS, strict=True)
            ]
    return runs


def write_runs(runs: list[ProgramRun], folder: Path) -> list[PlainRun]:
    """Put programs and databases into files."""
    plain = []
    for number, run in enumerate(runs):
        paths = [folder / f"{number}{suffix}" for suffix in (".py", "-initial.db", "-final.db")]
        for path, content in zip(paths, (run.code.encode(), run.initial, run.final), strict=True):
            path.write_bytes(content)
        command = (sys.executable, "-I", str(SCRIPT), *map(str, paths))
        plain.append(PlainRun(command, json.dumps(run.answer)))
    return plain


def run_plainly(run: PlainRun) -> object:
    finished = subprocess.run(run.command, input=run.answer.encode(), stdout=-1, check=True)
    return json.loads(finished.stdout)


async def measure(runs: list[ProgramRun], rounds: int) -> list[Figure]:
    """Both ways in turns, so that whatever else goes on slows both."""
    processes = os.cpu_count() or 1
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(processes) as threads:
        plain = write_runs(runs, Path(folder))
        async with VerifierPool(processes=processes) as pool:
            for _ in range(rounds + 1):
                began = time.perf_counter()
                expected = list(threads.map(run_plainly, plain))
                theirs.append(time.perf_counter() - began)
                began = time.perf_counter()
                reports = await asyncio.gather(*map(pool.run, runs))
                ours.append(time.perf_counter() - began)
    # The first round fills caches on both sides.
    ordinary, here = (len(runs) / statistics.quantiles(taken[1:])[0] for taken in (theirs, ours))
    first = len(runs) / ours[0]
    same = sum(report.result == result for report, result in zip(reports, expected, strict=True))
    programs = len({run.code for run in runs})
    return [
        Figure(
            f"{programs} verifiers, {len(runs)} runs, {processes} at once",
            f"{ordinary:,.0f}/s (a process each)",
            f"{here:,.0f}/s, jailed (the first round: {first:,.0f}/s)",
            f"{here / ordinary:.1f}x",
            "at least 3x",
            here / ordinary >= 3,
        ),
        Figure(
            "the same verdicts",
            "-",
            f"{same} of {len(runs)}",
            "-",
            "all",
            same == len(runs),
        ),
    ]


def main() -> int:
    options = options_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    worlds = [
        world
        for folder in folders_of(options)
        for world in awm.open_worlds(folder).values()
        if any(program.mode == "code" for program in world.verifiers)
    ]
    if not worlds:
        print("None of these worlds has verifiers: nothing is measured.", file=sys.stderr)
        return 0
    runs = asyncio.run(gather_runs(worlds))
    figures = asyncio.run(measure(runs, 4 if options.quick else 12))
    subject = f"the verifiers of {', '.join(f'`{world.name}`' for world in worlds)}"
    return conclude("One process per verification, and the pool", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
