"""What `awm audit` shows a person: a table, what is wrong with tasks, and then all the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from awm.audit import GRADES, Audit, Grade, Requirement, TaskVerdict, WorldAudit
from awm.audit.plain import KeptFault
from awm.audit.repeating import Outcome, Repeated
from awm.cli.console import counted, new_table, shorten, stderr, stdout
from awm.cli.outcome import show_problems
from awm.errors import Problem

__all__ = ["show_audit", "show_repeated", "show_shortfall"]

_TASKS: Final = 40
"""Tasks that are named one by one."""
_REASON: Final = 240
_COLOURS: Final[dict[TaskVerdict, str]] = {
    "proven": "green",
    "unproven": "default",
    "unsound": "bold red",
    "blocked": "bold yellow",
}
_GRADE_COLOURS: Final[dict[Grade, str]] = {
    "A": "bold green",
    "B": "cyan",
    "C": "default",
    "D": "yellow",
    "F": "bold red",
}
_OUTCOME_COLOURS: Final[dict[Outcome, str]] = {"holds": "red", "gone": "green", "unknown": "yellow"}
_ASKED: Final[dict[Requirement, str]] = {
    "proven": "every task proven",
    "sound": "no task unsound or blocked",
}


def show_audit(found: Audit, json_file: str | None, html_file: Path | None) -> None:
    """Show the worlds in a table, then the tasks with something wrong, then the problems.

    Args:
        found: What was found.
        json_file: Where the JSON was written, if anywhere.
        html_file: Where the page was written, if anywhere.
    """
    console = stdout()
    console.print(_worlds(found))
    _show_tasks(found, _where_all(json_file, html_file))
    grades = ", ".join(f"{found.grades[grade]} {grade}" for grade in GRADES if found.grades[grade])
    line = f"\n{counted(len(found.worlds), 'world')} ({grades or 'none'}), "
    line += f"{_tally(found.verdicts)}, {found.seconds:.1f} s."
    console.print(line, markup=False, soft_wrap=True)
    for path in (json_file, html_file):
        if path:
            console.print(f"The report is in {path}", markup=False, soft_wrap=True)
    problems = [*found.problems, *(problem for world in found for problem in world.problems)]
    show_problems(_readable(problems), named=True, where_all=_where_all(json_file, html_file))


def show_shortfall(found: Audit, required: Requirement) -> bool:
    """Say on standard error which worlds are not what is required.

    Returns:
        Whether all of them are, and the folder itself could be read.
    """
    unread = [problem for problem in found.problems if problem.severity == "error"]
    failing = [world for world in found if not world.meets(required)]
    if not (unread or failing):
        return True
    console = stderr()
    console.print("required:", style="bold red", end=" ")
    console.print(_ASKED[required], markup=False, soft_wrap=True)
    for world in failing:
        console.print(f"  {world.world}: {_why(world, required)}", markup=False, soft_wrap=True)
    if unread:
        text = f"  {found.folder}: {counted(len(unread), 'line')} could not be read"
        console.print(text, markup=False, soft_wrap=True)
    return False


def show_repeated(found: Sequence[Repeated]) -> None:
    """Show what came of each finding that was carried out again."""
    console = stdout()
    if not found:
        console.print("Nothing in this report can be repeated: it found no fault.", markup=False)
        return
    for one in found:
        console.print(f"{one.outcome:<8}", style=_OUTCOME_COLOURS[one.outcome], end="")
        text = f"{_name(one)}: {shorten(one.what, _REASON)}"
        console.print(text, markup=False, soft_wrap=True)
    outcomes = [one.outcome for one in found]
    counts = ", ".join(
        f"{outcomes.count(outcome)} {word}"
        for outcome, word in (("holds", "still hold"), ("gone", "gone"), ("unknown", "unknown"))
        if outcome in outcomes
    )
    console.print(f"\n{counted(len(found), 'finding')}: {counts}.", markup=False)


def _worlds(found: Audit) -> Table:
    right = ("Tools", "Errors", "Warnings", "Seconds")
    columns = ("World", "Grade", "Tools", "Errors", "Warnings", "Seconds", "Tasks")
    table = new_table(*columns, right=right)
    for world in found:
        table.add_row(
            Text(world.world),
            Text(world.grade, style=_GRADE_COLOURS[world.grade]),
            str(world.tools),
            str(len(world.errors)),
            str(len(world.problems) - len(world.errors)),
            f"{world.seconds:.1f}",
            _tasks(world),
        )
    return table


def _tasks(world: WorldAudit) -> Text:
    parts = [
        Text(f"{count} {verdict}", style=colour)
        for verdict, colour in _COLOURS.items()
        if (count := world.verdicts[verdict])
    ]
    return Text(", ").join(parts) if parts else Text("none")


def _tally(verdicts: Mapping[TaskVerdict, int]) -> str:
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in _COLOURS if verdicts[verdict]]
    return f"{counted(sum(verdicts.values()), 'task')} ({', '.join(parts) or 'none'})"


def _show_tasks(found: Audit, where_all: str) -> None:
    """The unsound and blocked tasks, with why."""
    wrong = [
        (world, task)
        for verdict in ("unsound", "blocked")
        for world in found
        for task in world.tasks
        if task.verdict == verdict
    ]
    console = stdout()
    if wrong:
        console.print()
    for world, task in wrong[:_TASKS]:
        console.print(f"{task.verdict}", style=_COLOURS[task.verdict], end=" ")
        text = f"{world.world} task {task.task_idx}: {shorten(task.reason, _REASON)}"
        console.print(text, markup=False, soft_wrap=True)
    if len(wrong) > _TASKS:
        console.print(f"and {len(wrong) - _TASKS} more; {where_all} has all", markup=False)


def _why(world: WorldAudit, required: Requirement) -> str:
    if not world.alive:
        return "it does not come to life"
    if not world.tasks:
        return "it has no tasks"
    accepted: set[TaskVerdict] = {"proven"} if required == "proven" else {"proven", "unproven"}
    parts = []
    for verdict in _COLOURS:
        numbers = [str(task.task_idx) for task in world.tasks if task.verdict == verdict]
        if numbers and verdict not in accepted:
            noun = "task" if len(numbers) == 1 else "tasks"
            parts.append(f"{noun} {shorten(', '.join(numbers), 60)} {verdict}")
    return "; ".join(parts)


def _name(one: Repeated) -> str:
    """Which finding it is, in a few words."""
    finding = one.finding
    if isinstance(finding, KeptFault):
        return f"{finding.world}: {shorten(finding.fault.tool, 80)}"
    case = finding.counterexample.case
    return f"{finding.world} task {finding.task_idx}: {case.kind}: {shorten(case.why, 120)}"


def _where_all(json_file: str | None, html_file: Path | None) -> str:
    return str(html_file or json_file or "--html FILE or --json FILE")


def _readable(problems: Sequence[Problem]) -> list[Problem]:
    """The same, each cut to what can be read in a terminal."""
    return [
        replace(
            problem,
            where=shorten(problem.where, _REASON),
            what=shorten(problem.what, _REASON),
            hint=shorten(problem.hint, _REASON),
        )
        for problem in problems
    ]
