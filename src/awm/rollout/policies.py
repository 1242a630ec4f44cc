"""Policies that come with worlds: the reference solutions, and scripts of their form."""

from collections.abc import Iterable, Mapping, Sequence

from awm.agents import Actor, Assignment
from awm.agents.scripted_policy import Script, ScriptedPolicy
from awm.errors import Problem, UsageError, WorldFileError
from awm.types import JsonObject, ToolSpec
from awm.worlds import Oracle, Solution, World, WorldFile, normalise
from awm.worlds.shapes import find_faults

__all__ = ["OraclePolicy", "oracle_policy", "script_policy"]


class OraclePolicy:
    """Makes the calls of each task's reference solution, and gives its answer.

    Args:
        worlds: By name. Each is read when its first task comes; only its oracles are kept.

    Attributes:
        name: `oracle`.
    """

    name = "oracle"

    def __init__(self, worlds: Mapping[str, World]) -> None:
        self._worlds = worlds
        self._scripted: dict[str, ScriptedPolicy] = {}

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """An actor that solves the task, whatever the seed.

        Raises:
            UsageError: The task has no oracle.
            WorldError: Its world is not there, or cannot be read.
        """
        name = assignment.world
        if name not in self._scripted:
            scripts = {
                (name, number): _script(oracle.solution)
                for number, oracle in self._worlds[name].oracles.items()
            }
            self._scripted[name] = ScriptedPolicy(scripts, self.name)
        if (name, assignment.task_idx) not in self._scripted[name].scripts:
            raise UsageError(
                f"{name} task {assignment.task_idx} has no oracle.",
                f"Select tasks of which {WorldFile.ORACLE} tells how they are solved.",
            )
        return self._scripted[name].actor(assignment, tools, seed)


def oracle_policy(worlds: Mapping[str, World]) -> OraclePolicy:
    """The policy that solves every task that has an oracle; see `OraclePolicy`."""
    return OraclePolicy(worlds)


def script_policy(
    rows: Iterable[JsonObject], source: str, name: str = "scripted"
) -> ScriptedPolicy:
    """A policy that follows scripts, written as oracles are.

    Args:
        rows: Of the form of `gen_oracle.jsonl`: `scenario`, `task_idx`, `calls` with `tool` and
            `arguments`, and `answer`.
        source: Where they come from, for messages.
        name: What to call the policy in reports.

    Raises:
        WorldFileError: A row is not of that form.
    """
    scripts: dict[tuple[str, int], Script] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, 1):
        faults = [*find_faults(WorldFile.ORACLE, row)]
        where = f"{source}: row {number}"
        problems += (Problem("", f"{where}: {fault.key}", fault.what) for fault in faults)
        if not faults:
            oracle = Oracle.from_row(row)
            scripts[normalise(row["scenario"]), oracle.task_idx] = _script(oracle.solution)
    if problems:
        hint = f"Write them as the rows of {WorldFile.ORACLE}."
        raise WorldFileError("", f"{source} holds no scripts.", hint, problems)
    return ScriptedPolicy(scripts, name)


def _script(solution: Solution) -> Script:
    return (*solution.calls, solution.answer or "")
