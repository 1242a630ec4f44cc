"""An audit as one HTML file that a person browses: no network, no framework.

The page works without its script, which adds filters and sorting.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from string import Template
from typing import Final

from awm.audit.html_tasks import KINDS
from awm.audit.html_text import MARKS, verdict_tally
from awm.audit.html_worlds import COLUMNS, problem_list, world_row, world_section
from awm.audit.model import GRADES, Audit
from awm.pages import bar, escaped, page_head, page_part, plural, style

__all__ = ["audit_html"]

_VERDICTS: Final[Mapping[str, str]] = {
    "proven": "the oracle solves the task, and the verifier tells it from every near miss",
    "unproven": "there is no oracle, or no program that decides",
    "unsound": "the verifier accepts what is wrong, or rejects what is right",
    "blocked": "the oracle fails",
}


def audit_html(audit: Audit) -> str:
    """Write an audit as a page; equal audits give equal pages.

    Args:
        audit: What was found; every text in it is taken for a stranger's.
    """
    script = page_part("awm.audit", "report.js")
    return Template(page_part("awm.audit", "report.html")).substitute(
        head=page_head(f"Audit of {escaped(audit.folder)}", style(), script),
        script=script,
        folder=escaped(audit.folder),
        headline=_headline(audit),
        totals=_totals(audit),
        figures=_figures(audit),
        filters=_filters(audit),
        problems=_problems(audit),
        columns="".join(f'<th scope="col">{name}</th>' for name in COLUMNS),
        rows="\n".join(map(world_row, audit)),
        worlds="\n".join(map(world_section, audit)),
        grade_words=_words(GRADES.items()),
        verdict_words=_words(_VERDICTS.items()),
        kind_words=_words(
            (kind, f"has to be {'accepted' if accept else 'rejected'}: {meaning}")
            for kind, (accept, meaning) in KINDS.items()
        ),
    )


def _headline(audit: Audit) -> str:
    worlds, tasks = len(audit.worlds), audit.verdicts.total()
    return (
        f"{plural(worlds, 'world')}, {plural(tasks, 'task')} in {audit.seconds:,.1f} s"
        f" · seed {audit.seed}"
    )


def _totals(audit: Audit) -> str:
    grades = {grade: audit.grades[grade] for grade in GRADES}
    listed = ", ".join(f"{count} of grade {grade}" for grade, count in grades.items() if count)
    legend = " ".join(
        f'<span><b class="grade is-{grade}">{grade}</b> {count:,}</span>'
        for grade, count in grades.items()
        if count
    )
    verdicts = {verdict: audit.verdicts[verdict] for verdict in MARKS}
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items() if count)
    return (
        f'<div class="card"><h2>Worlds by grade</h2>{bar(grades, listed or "no worlds")}'
        f'<p class="legend">{legend or "no worlds"}</p></div>'
        f'<div class="card"><h2>Tasks by verdict</h2>{bar(verdicts, told or "no tasks")}'
        f'<p class="legend">{verdict_tally(verdicts)}</p></div>'
    )


def _figures(audit: Audit) -> str:
    tasks = [task for world in audit for task in world.tasks]
    problems = [*audit.problems, *(problem for world in audit for problem in world.problems)]
    severities = Counter(problem.severity for problem in problems)
    figures = {
        "tools called": sum(world.tools for world in audit),
        "calls of them": sum(world.calls for world in audit),
        "tool faults": sum(len(world.faults) for world in audit),
        "cases tried": sum(sum(task.tried.values()) for task in tasks),
        "counterexamples": sum(len(task.counterexamples) for task in tasks),
        "errors": severities["error"],
        "warnings": severities["warning"],
    }
    return "".join(f"<div><dt>{name}</dt><dd>{n:,}</dd></div>" for name, n in figures.items())


def _filters(audit: Audit) -> str:
    """Boxes to tick for what occurs; a filter with one choice is none."""
    grades = [grade for grade in GRADES if audit.grades[grade]]
    verdicts = [verdict for verdict in MARKS if audit.verdicts[verdict]]
    return _boxes("Grade", "grade", grades) + _boxes("Has tasks", "verdict", verdicts)


def _boxes(title: str, name: str, values: Iterable[str]) -> str:
    boxes = "".join(
        f'<label class="is-{value}"><input type="checkbox" name="{name}" value="{value}">'
        f"{value}</label>"
        for value in values
    )
    return f"<fieldset><legend>{title}</legend>{boxes}</fieldset>" if boxes else ""


def _problems(audit: Audit) -> str:
    if not audit.problems:
        return ""
    title = "Problems of the folder"
    return f'<section class="card"><h2>{title}</h2>{problem_list(audit.problems)}</section>'


def _words(meanings: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{word}</dt><dd>{escaped(meaning)}</dd>" for word, meaning in meanings)
