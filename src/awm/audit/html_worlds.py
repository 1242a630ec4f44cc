"""Worlds in the HTML report: a row in the table, and a section that opens."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from awm.audit.faults import ToolFault, problem_of
from awm.audit.html_tasks import task_details
from awm.audit.html_text import MARKS, call_list, verdict_tally
from awm.audit.model import GRADES, WorldAudit
from awm.errors import Problem
from awm.pages import cut, escaped, plural

__all__ = ["COLUMNS", "problem_list", "world_row", "world_section"]

COLUMNS: Final = (
    "World",
    "Grade",
    "Tools",
    "Tables",
    "Proven",
    "Unproven",
    "Unsound",
    "Blocked",
    "Errors",
    "Warnings",
    "Seconds",
)

_PROBLEMS: Final = 20
"""Problems that are shown at once; the others open."""
_TEXT: Final = 2_000


def world_row(world: WorldAudit) -> str:
    """The world's row in the table."""
    name = escaped(world.world).replace("_", "_<wbr>")  # where a phone breaks it
    warnings = len(world.problems) - len(world.errors)
    link = f'<a href="#{_anchor(world, quoted=True)}">{name}</a>'
    verdicts = "".join(_count(world.verdicts[verdict], f"is-{verdict}") for verdict in MARKS)
    return (
        f'<tr{_keys(world)}><th scope="row">{link}</th>'
        f"<td>{_grade(world)}</td>"
        f"{_count(world.tools)}{_count(world.tables)}{verdicts}"
        f"{_count(len(world.errors), 'is-unsound')}{_count(warnings, 'is-blocked')}"
        f"<td>{world.seconds:.1f}</td></tr>"
    )


def world_section(world: WorldAudit) -> str:
    """All that was found out about a world, to be opened."""
    # The target of links is inside: browsers open what a target is in, not what it is.
    return (
        f'<details class="world"{_keys(world)}><summary>{_grade(world)} <h3>{escaped(world.world)}'
        f'</h3> <span class="tally">{verdict_tally(world.verdicts)}{_trouble(world)}</span>'
        f'</summary><div class="inside" id="{_anchor(world)}" tabindex="-1">{_about(world)}'
        f"{_problems(world)}{_faults(world)}{_tasks(world)}</div></details>"
    )


def problem_list(problems: Sequence[Problem]) -> str:
    """Problems with what to do about them, errors first; of many the rest opens."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    shown = "".join(map(_problem, ordered[:_PROBLEMS]))
    rest = "".join(map(_problem, ordered[_PROBLEMS:]))
    more = (
        f"<details><summary>{len(ordered) - _PROBLEMS:,} more</summary>"
        f'<ul class="problems">{rest}</ul></details>'
    )
    return f'<ul class="problems">{shown}</ul>{more if rest else ""}'


def _anchor(world: WorldAudit, *, quoted: bool = False) -> str:
    return f"world-{quote(world.world, errors='replace') if quoted else escaped(world.world)}"


def _keys(world: WorldAudit) -> str:
    """What the filters go by."""
    verdicts = " ".join(verdict for verdict in MARKS if world.verdicts[verdict])
    return f' data-grade="{world.grade}" data-verdicts="{verdicts}"'


def _grade(world: WorldAudit) -> str:
    meaning = escaped(GRADES[world.grade])
    return f'<b class="grade is-{world.grade}" title="{meaning}">{world.grade}</b>'


def _count(count: int, colour: str = "") -> str:
    if not count:
        return '<td class="zero">0</td>'
    return f'<td class="{colour}">{count:,}</td>' if colour else f"<td>{count:,}</td>"


def _trouble(world: WorldAudit) -> str:
    errors, warnings = len(world.errors), len(world.problems) - len(world.errors)
    said = [plural(errors, "error")] if errors else []
    said += [plural(warnings, "warning")] if warnings else []
    return f" · {', '.join(said)}" if said else ""


def _about(world: WorldAudit) -> str:
    figures = " · ".join(
        (
            plural(world.tools, "tool"),
            plural(world.tables, "table"),
            f"{plural(world.calls, 'call')} made to try its tools",
            f"{world.seconds:.1f} s",
        )
    )
    scenario = "" if world.scenario == world.world else f"<b>{cut(world.scenario, 200)}</b> "
    alive = "" if world.alive else '<p class="reason">It does not come to life.</p>'
    return (
        f'<p class="about">{scenario}{cut(world.description, _TEXT)}</p>'
        f'<p class="facts">{figures}</p>{alive}'
    )


def _problems(world: WorldAudit) -> str:
    """The problems, but for those that `_faults` shows with their calls."""
    shown = {problem_of(world.world, fault) for fault in world.faults}
    problems = [problem for problem in world.problems if problem not in shown]
    return f"<h4>Problems</h4>{problem_list(problems)}" if problems else ""


def _problem(problem: Problem) -> str:
    where = f'<span class="where">{cut(problem.where, 300)}</span> ' if problem.where else ""
    hint = f' <span class="hint">{cut(problem.hint, _TEXT)}</span>' if problem.hint else ""
    return f"<li>{_severity(problem)}<div>{where}{cut(problem.what, _TEXT)}{hint}</div></li>"


def _faults(world: WorldAudit) -> str:
    if not world.faults:
        return ""
    found = [(problem_of(world.world, fault), fault) for fault in world.faults]
    found.sort(key=lambda one: one[0].severity != "error")
    shown = "".join(_fault(problem, fault) for problem, fault in found)
    return f"<h4>Tools that fail, and the calls that show it</h4>{shown}"


def _fault(problem: Problem, fault: ToolFault) -> str:
    status = "" if fault.status is None else f" {fault.status}"
    cause = f": {cut(fault.what, 400)}" if fault.what else ""
    facts = [
        cut(problem.hint, _TEXT),
        f"arguments: {cut(fault.label, 200)}",
        f"seen {plural(fault.times, 'time')}",
        f"seed {fault.seed}",
    ]
    if not fault.reproduced:
        facts.append("did not happen again when it was repeated")
    return (
        f'<details class="fault"><summary>{_severity(problem)}<b>{cut(fault.tool, 200)}</b>'
        f" <span>{fault.kind.replace('_', ' ')}{status}{cause}</span></summary>"
        f'<div class="inside"><p class="facts">{" · ".join(facts)}</p>{call_list(fault.calls)}'
        "</div></details>"
    )


def _severity(problem: Problem) -> str:
    return f'<b class="badge is-{problem.severity}">{problem.severity}</b> '


def _tasks(world: WorldAudit) -> str:
    if not world.tasks:
        return ""
    return f"<h4>{plural(len(world.tasks), 'task')}</h4>{''.join(map(task_details, world.tasks))}"
