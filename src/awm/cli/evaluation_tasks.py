"""Which of the tasks that were asked for can be tried, found out before any is."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from awm.cli.console import counted, shorten, stderr
from awm.errors import UsageError
from awm.rollout import GradingMode, Job, TaskSelection, jobs_of
from awm.verify import VerifierMode
from awm.worlds import World

__all__ = ["Need", "gradable", "solvable", "tasks_to_try"]

_LISTED: Final = 120


@dataclass(frozen=True, slots=True)
class Need:
    """What a task has to have to be tried.

    Attributes:
        what: It, such as `an oracle`.
        of: The numbers of the tasks of a world that have it.
        hint: Where it comes from.
    """

    what: str
    of: Callable[[World], Set[int]]
    hint: str


def gradable(mode: GradingMode, *, judged: bool) -> Need:
    """A verifier that decides.

    Args:
        mode: Which verifiers grade.
        judged: Whether there is a judge, without whom those of mode `sql` decide nothing.
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

    return Need("a verifier that decides", graded, hint)


def solvable() -> Need:
    """A reference solution, which the policy `oracle` follows."""
    hint = "The policy oracle needs the gen_oracle.jsonl beside the worlds."
    return Need("an oracle", lambda world: set(world.oracles), hint)


def tasks_to_try(
    worlds: Mapping[str, World], selection: TaskSelection, rollouts: int, needs: Sequence[Need]
) -> tuple[Job, ...]:
    """The attempts at tasks that have all they need; which others were asked for is told.

    Args:
        worlds: By name.
        selection: Which tasks. Its limit is one of tasks that can be tried.
        rollouts: How often each is tried.
        needs: What a task has to have.

    Raises:
        UsageError: No task is as asked for, or none of those can be tried.
        WorldError: A world that was named is not there, or one cannot be read.
    """
    sieve = _Sieve(worlds, needs)
    jobs = jobs_of(worlds, selection, rollouts, sieve.lets_through)
    for need, missing in sieve.left_out():
        several, listed = counted(len(missing), "task"), shorten(", ".join(missing), _LISTED)
        if len(missing) == sieve.asked:
            raise UsageError(f"none of the {several} has {need.what}: {listed}.", need.hint)
        text = f"{several} without {need.what} left out: {listed}. {need.hint}"
        stderr().print(Text(text, style="yellow"), soft_wrap=True)
    if not jobs:
        raise UsageError("no task that was asked for can be tried.", "Ask for others.")
    return jobs


class _Sieve:
    """Which tasks have all they need. Each world is read once, when its first task comes.

    Attributes:
        asked: How many tasks came.
    """

    def __init__(self, worlds: Mapping[str, World], needs: Sequence[Need]) -> None:
        self.asked = 0
        self._worlds = worlds
        self._needs = needs
        self._having: dict[str, list[Set[int]]] = {}
        self._missing: list[list[str]] = [[] for _ in needs]

    def lets_through(self, name: str, task_idx: int) -> bool:
        """Whether a task has all; what it has not first is remembered."""
        self.asked += 1
        if name not in self._having:
            world = self._worlds[name]
            self._having[name] = [need.of(world) for need in self._needs]
        for having, missing in zip(self._having[name], self._missing, strict=True):
            if task_idx not in having:
                missing.append(f"{name} task {task_idx}")
                return False
        return True

    def left_out(self) -> list[tuple[Need, list[str]]]:
        """The tasks that were not let through, by what they have not."""
        return [pair for pair in zip(self._needs, self._missing, strict=True) if pair[1]]
