"""What `awm verify` does: reads the run, finds its verifier, grades, writes, shows."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from awm.cli.console import new_table, print_json, shorten, stdout
from awm.cli.judging import judge_by
from awm.cli.outcome import EXIT_CHECK_FAILED
from awm.cli.signals import run as run_until_done
from awm.errors import TrajectoryError, UnknownWorldError, UsageError
from awm.llm import from_settings
from awm.runtime.chosen import pool_from_settings
from awm.settings import Settings
from awm.verify.grading import Grading, grade_run, grading_json
from awm.verify.judge import Judge
from awm.verify.rewards import SCHEMES
from awm.verify.run_dir import Run, open_run
from awm.verify.verdict import Verdict, VerifierMode
from awm.whole import write_whole
from awm.worlds import DEFAULT_CLOCK, VerifierProgram, World, WorldFile, open_files

__all__ = ["Request", "verify_run"]

_PARTS: Final[dict[VerifierMode, WorldFile]] = {
    "code": WorldFile.VERIFIER_CODE,
    "sql": WorldFile.VERIFIER_SQL,
}
_COLOURS: Final = {"complete": "bold green", "partial": "yellow", None: "bold red"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be graded, and how.

    Attributes:
        run: The run's folder.
        mode: How it is graded.
        initial, final: The databases, where they are not the folder's own.
        verifiers: The file of verifiers; that of the output folder if it is not given.
        repeat: How often.
    """

    run: Path
    mode: VerifierMode
    initial: Path | None
    final: Path | None
    verifiers: Path | None
    repeat: int


def verify_run(request: Request, chosen: Settings, *, as_json: bool) -> int:
    """Grade a run and write `verify.<mode>.json` into its folder.

    Returns:
        0, or 1 if it could not be graded.

    Raises:
        TrajectoryError: The run cannot be read.
        UsageError: There is no verifier for its task.
        AwmError: The settings do not make sense, or the machinery fails.
    """
    run = open_run(request.run, request.initial, request.final)
    world = _world_of(run, request, chosen)
    program = _program(world, run, request.mode)
    has_clock = world.has(WorldFile.DATABASE)
    clock = (world.clock if has_clock else DEFAULT_CLOCK).timestamp()
    grading = run_until_done(_grade(run, program, clock, request, chosen))
    document = grading_json(grading)
    target = run.path / f"verify.{request.mode}.json"
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        write_whole(target, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from error
    if as_json:
        print_json(document)
    else:
        _show(grading, target)
    return EXIT_CHECK_FAILED if grading.verdict.outcome is None else 0


async def _grade(
    run: Run, program: VerifierProgram, clock: float, request: Request, chosen: Settings
) -> Grading:
    async with _judge(request.mode, chosen) as judge, pool_from_settings(chosen) as pool:
        return await grade_run(run, program, pool, clock=clock, judge=judge, repeat=request.repeat)


@asynccontextmanager
async def _judge(mode: VerifierMode, chosen: Settings) -> AsyncIterator[Judge | None]:
    if mode == "code":
        yield None
        return
    llm = from_settings(chosen)
    try:
        yield judge_by(llm, chosen)
    finally:
        await llm.aclose()


def _world_of(run: Run, request: Request, chosen: Settings) -> World:
    """What is known of the run's world: its verifiers, and its clock if the schema lies beside."""
    part = _PARTS[request.mode]
    path = request.verifiers or chosen.output_dir / part
    option = "verifier_code_path" if request.mode == "code" else "verifier_path"
    if not path.is_file():
        raise UsageError(
            f"{path} is not there: no verifiers of mode {request.mode}.",
            f"Name their file with --{option}; `awm audit --fix` compiles them from oracles.",
        )
    beside = path.parent / WorldFile.DATABASE
    files: dict[WorldFile, str | Path] = {part: path}
    if beside.is_file():
        files[WorldFile.DATABASE] = beside
    worlds = open_files(files)
    try:
        return worlds[run.trajectory.world]
    except UnknownWorldError as error:
        raise TrajectoryError(
            f"{path} has no verifier for scenario {run.trajectory.world!r}.", error.hint
        ) from error


def _program(world: World, run: Run, mode: VerifierMode) -> VerifierProgram:
    task_idx = run.trajectory.task_idx
    program = world.verifier(task_idx, mode)
    if program is not None:
        return program
    there = ", ".join(str(one.task_idx) for one in world.verifiers if one.mode == mode)
    raise TrajectoryError(
        f"there is no verifier of mode {mode} for task {task_idx} of {run.trajectory.world!r}.",
        f"There are verifiers for task {there}." if there else "",
    )


def _show(grading: Grading, target: Path) -> None:
    verdict, console = grading.verdict, stdout()
    said = verdict.outcome or (verdict.error.kind if verdict.error else "judge_error")
    colour = _COLOURS.get(verdict.outcome, "yellow")
    title = f"{grading.run.trajectory.world} task {verdict.task_idx}: "
    console.print(Text(title).append(said.replace("_", " "), style=colour))
    console.print(Text(f"  {verdict.reason}"), soft_wrap=True)
    if verdict.error is not None and verdict.error.hint:
        console.print(Text(f"  {verdict.error.hint}", style="dim"), soft_wrap=True)
    for quote in verdict.cited:
        console.print(Text(f"  > {shorten(quote, 200)}", style="dim"), soft_wrap=True)
    if verdict.outcome is None:
        console.print(Text("  no reward: what cannot be graded is worth nothing known", "dim"))
    else:
        console.print(_rewards(verdict))
    if len(grading.verdicts) > 1:
        _show_reliability(grading)
    console.print(Text(f"written to {target}", style="dim"), soft_wrap=True)


def _rewards(verdict: Verdict) -> Table:
    table = new_table("Reward", "Total", "Of", right=("Total",))
    for name, scheme in SCHEMES.items():
        reward = scheme.reward(verdict)
        parts = ", ".join(f"{part.name} {part.value:+g}" for part in reward.components)
        table.add_row(name, "none" if reward.total is None else f"{reward.total:g}", parts)
    return table


def _show_reliability(grading: Grading) -> None:
    found = grading.reliability
    shares = [
        f"{name} {'unknown' if share is None else f'{share:.0%}'}"
        for name, share in (("agreement", found.agreement), ("flip rate", found.flip_rate))
    ]
    counts = ", ".join(f"{outcome} {count}" for outcome, count in found.counts.items())
    errors = f", not graded {found.errors}" if found.errors else ""
    stdout().print(Text(f"{found.n} times: {', '.join(shares)} ({counts}{errors})"), soft_wrap=True)
