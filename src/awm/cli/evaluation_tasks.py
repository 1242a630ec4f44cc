"""Which of the tasks that were asked for can be tried, found out before any is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from rich.text import Text

from awm.cli.console import counted, shorten, stderr
from awm.errors import UsageError
from awm.rollout import GradingMode, Job
from awm.verify import VerifierMode
from awm.worlds import World

__all__ = ["gradable", "solvable"]

_LISTED: Final = 120

Jobs: TypeAlias = tuple[Job, ...]


def gradable(
    jobs: Sequence[Job], worlds: Mapping[str, World], mode: GradingMode, *, judged: bool
) -> Jobs:
    """The attempts of which somebody can say what they are worth; which others there are is told.

    Args:
        jobs: Those that were asked for.
        worlds: By name.
        mode: Which verifiers grade.
        judged: Whether there is a judge, without whom those of mode `sql` decide nothing.

    Raises:
        UsageError: Nobody can grade any of them.
    """
    wanted: set[VerifierMode] = {"code", "sql"} if mode == "auto" else {mode}
    if not judged:
        wanted.discard("sql")
    hint = (
        "`awm audit --fix` compiles verifiers from oracles."
        if judged
        else "Verifiers that only gather evidence need --judge_model."
    )

    def graded(world: World) -> set[int]:
        return {program.task_idx for program in world.verifiers if program.mode in wanted}

    return _kept(jobs, worlds, graded, "a verifier that decides", hint)


def solvable(jobs: Sequence[Job], worlds: Mapping[str, World]) -> Jobs:
    """The attempts at tasks of which it is known how they are solved; the others are told.

    Raises:
        UsageError: Of none it is known.
    """
    hint = "The policy oracle needs the gen_oracle.jsonl beside the worlds."
    return _kept(jobs, worlds, lambda world: set(world.oracles), "an oracle", hint)


def _kept(
    jobs: Sequence[Job],
    worlds: Mapping[str, World],
    numbers: Callable[[World], set[int]],
    what: str,
    hint: str,
) -> Jobs:
    """Those whose tasks are among the numbers that their worlds give; each world is read once."""
    names = dict.fromkeys(job.world for job in jobs)
    there = {name: numbers(worlds[name]) for name in names}
    tasks = dict.fromkeys((job.world, job.task_idx) for job in jobs)
    missing = [f"{name} task {number}" for name, number in tasks if number not in there[name]]
    if not missing:
        return tuple(jobs)
    listed = shorten(", ".join(missing), _LISTED)
    if len(missing) == len(tasks):
        raise UsageError(f"none of the {counted(len(missing), 'task')} has {what}: {listed}.", hint)
    text = f"{counted(len(missing), 'task')} without {what} left out: {listed}. {hint}"
    stderr().print(Text(text, style="yellow"), soft_wrap=True)
    return tuple(job for job in jobs if job.task_idx in there[job.world])
