"""What the author that asks a model withstands, and what it gains by having no barrier.

    python benchmarks/llm_author.py [--quick] [--keep DIR] [--markdown FILE] [--json FILE]

The model is `awm.testing.ModelServer`: worlds of the builtin author, with faults and latencies at
given rates. Everything runs as people run it: `awm gen all`, in processes of its own.

* 15% of all answers are faulty, of every kind, and 100 scenarios with 10 tasks are to be proven.
* A run is killed at random, ten times in a row, and finished; its files are compared with those of
  a run that nobody disturbed, and every question that was answered twice is counted.
* With log-normal latencies, all scenarios flow through the stages on their own, or stage by stage
  with a barrier after each; as many are under way at a time either way.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from awm.llm import Gate, Journal, OpenAICompatible
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.desk import JournalDesk, Seat
from awm.synthesis.llm_author.office import CODE_STAGES
from awm.synthesis.llm_author.pipeline import Failure, Line
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Stage
from awm.synthesis.llm_author.together import together
from awm.synthesis.planning import Planner
from awm.testing import ModelServerProcess
from awm.worlds import WorldFile
from report import Figure, conclude, options_of

FAULTY, QUICK_FAULTY = 100, 2
RATE = 0.15
LEAST_PROVEN = 0.99
KILLED, QUICK_KILLED = 8, 2
KILLS, QUICK_KILLS = 10, 2
UNDER_WAY = 16
FLOWING, QUICK_FLOWING = 32, 4
MEDIAN, QUICK_MEDIAN = 4.0, 0.2
SIGMA = 1.0
LEAST_GAIN = 1.5
MODEL = "test-model"
SEED = 11


def seeds(folder: Path, count: int) -> Path:
    """A file of scenarios that the server knows."""
    path = folder / "seeds.jsonl"
    rows = [
        {
            "name": plan.title,
            "description": plan.description,
            "suitability_level": "high",
            "categories": [plan.category],
        }
        for plan in Planner(SEED).plans(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def server(cache: Path, count: int, *options: str) -> ModelServerProcess:
    """A server that knows so many worlds, and has made them."""
    known = ["--seed", str(SEED), "--known", str(count), "--prepared", str(count)]
    return ModelServerProcess([*known, "--cache", str(cache), "--models", MODEL, *options])


def command(folder: Path, seeds: Path, count: int, *more: str) -> list[str]:
    asked = ["--author", "llm", "--model", MODEL, "--target_count", str(count)]
    where = ["--input", str(seeds), "--output_dir", str(folder)]
    return [sys.executable, "-m", "awm", "gen", "all", *asked, *where, *more]


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "OPENAI_BASE_URL": url, "AWM_LLM_TIMEOUT_SECONDS": "20"}


def with_faults(folder: Path, cache: Path, count: int) -> list[Figure]:
    """Worlds from a model of which one answer in seven is faulty."""
    given = seeds(folder, count)
    out = folder / "faulty"
    options = ("--fault-rate", str(RATE), "--hang-seconds", "3")
    with server(cache, count, *options) as running:
        started = time.perf_counter()
        subprocess.run(command(out, given, count), env=environment(running.url), check=True)
        seconds = time.perf_counter() - started
        injected = running.injected
    report = json.loads((out / "llm_report.json").read_text())
    share = report["proven_worlds"] / count
    mended = sum(problem["times"] for stage in report["stages"] for problem in stage["mended"])
    told = ", ".join(f"{kind} {times}" for kind, times in injected.most_common())
    sys.stderr.write(f"injected: {told}\n")
    return [
        Figure(
            f"{count} scenarios x 10 tasks, {RATE:.0%} of answers faulty: worlds proven",
            "-",
            f"{report['proven_worlds']} of {count}, {report['proven']:,} of {count * 10:,} tasks,"
            f" in {seconds:,.0f} s",
            "-",
            f"at least {LEAST_PROVEN:.0%}",
            share >= LEAST_PROVEN,
        ),
        Figure(
            "faults injected; faulty answers mended (those told in the report)",
            "-",
            f"{sum(injected.values()):,} of {len(injected)} kinds; {mended:,}",
            "-",
            "all told",
            mended > 0,
        ),
    ]


def killed(folder: Path, cache: Path, count: int, kills: int) -> list[Figure]:
    """A run that is killed again and again."""
    given = seeds(folder, count)
    chance = random.Random(SEED)
    with server(cache, count, "--fault-rate", "0.1", "--hang-seconds", "3") as running:
        started = time.perf_counter()
        whole = command(folder / "whole", given, count)
        subprocess.run(whole, env=environment(running.url), check=True, capture_output=True)
        seconds = time.perf_counter() - started
    with server(cache, count, "--fault-rate", "0.1", "--hang-seconds", "3") as running:
        done = 0
        for _ in range(kills):
            process = subprocess.Popen(
                command(folder / "killed", given, count),
                env=environment(running.url),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(1, max(2.0, 1.5 * seconds / kills)))
            process.kill()
            done += process.wait() < 0
        last = command(folder / "killed", given, count)
        subprocess.run(last, env=environment(running.url), check=True, capture_output=True)
        twice = sum(times > 1 for times in running.answered.values())
        answered = len(running.answered)
    same = files(folder / "whole") == files(folder / "killed")
    return [
        Figure(
            f"{count} worlds, killed {done} times at random: the files of an undisturbed run",
            "-",
            "equal" if same else "different",
            "-",
            "equal",
            same and done == kills,
        ),
        Figure(
            "questions that were answered more than once",
            "-",
            f"{twice} of {answered:,}",
            "-",
            "none but those in flight",
            twice <= kills * UNDER_WAY,
        ),
    ]


def files(folder: Path) -> dict[str, bytes]:
    """The worlds of a folder and what they were ordered with, byte by byte."""
    kept = {"llm_journal.sqlite", "llm_log.jsonl", "llm_report.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in kept and not path.name.startswith(".")
    }


async def flowing(url: str, folder: Path, count: int, *, barrier: bool) -> float:
    """Seconds that worlds take, each on its own or all together stage by stage."""
    choices = Choices(tasks=2, proof=False, modes=("code",), seed=int(barrier))
    drafts = [
        Draft({WorldFile.SCENARIO: ({"name": plan.title, "description": plan.description},)})
        for plan in Planner(SEED).plans(count)
    ]
    stages = CODE_STAGES[:-1]
    llm = OpenAICompatible(url, None, MODEL, gate=Gate(UNDER_WAY))
    async with Runtime() as runtime, VerifierPool() as pool:
        with Journal(folder / "journal.sqlite") as journal:
            seat = Seat(llm, MODEL)
            desk = JournalDesk(journal, {stage.name: seat for stage in stages})
            bench = Bench(desk, runtime, pool, choices)
            started = time.perf_counter()
            for part in [(stage,) for stage in stages] if barrier else [stages]:
                drafts = await through(part, drafts, bench, folder)
            seconds = time.perf_counter() - started
    await llm.aclose()
    return seconds


async def through(
    stages: Sequence[Stage], drafts: Sequence[Draft], bench: Bench, folder: Path
) -> list[Draft]:
    """Take drafts through stages, so many at a time."""
    line = Line(stages, bench, Checkpoints(folder / "parts"), lambda _event: None)
    left = iter(enumerate(drafts))
    found: dict[int, Draft] = {}

    async def lane() -> None:
        for number, draft in left:
            passed = await line.carry_on(number, draft)
            assert not isinstance(passed, Failure), passed
            found[number] = passed

    await together(lane() for _ in range(UNDER_WAY))
    return [found[number] for number in sorted(found)]


def without_barrier(folder: Path, cache: Path, count: int, median: float) -> Figure:
    """What it brings that no scenario waits for the others."""
    took: Counter[str] = Counter()
    options = ("--latency", str(median), "--latency-sigma", str(SIGMA), "--tasks", "10")
    with server(cache, count, *options) as running:
        for name, barrier in (("barrier", True), ("flow", False)):
            place = folder / name
            place.mkdir()
            took[name] = asyncio.run(  # type: ignore[assignment]
                flowing(running.url, place, count, barrier=barrier)
            )
    gain = took["barrier"] / took["flow"]
    return Figure(
        f"{count} worlds, log-normal latencies (median {median:g} s, sigma {SIGMA:g}),"
        f" {UNDER_WAY} at a time",
        f"{took['barrier']:,.0f} s, stage by stage",
        f"{took['flow']:,.0f} s",
        f"{gain:.2f}x",
        f"at least {LEAST_GAIN}x faster",
        gain >= LEAST_GAIN,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="a folder for the worlds and the server's cache")
    options = options_of(parser)
    quick = options.quick
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        cache = folder / "cache"
        figures = [
            *with_faults(folder, cache, QUICK_FAULTY if quick else FAULTY),
            *killed(
                folder,
                cache,
                QUICK_KILLED if quick else KILLED,
                QUICK_KILLS if quick else KILLS,
            ),
            without_barrier(
                folder,
                cache,
                QUICK_FLOWING if quick else FLOWING,
                QUICK_MEDIAN if quick else MEDIAN,
            ),
        ]
    subject = "a server that answers with the builtin author's worlds, two cores"
    return conclude("Worlds that a model writes", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
