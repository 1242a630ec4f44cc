"""Tasks in the HTML report: verdict, cases, counterexamples, and what is not compared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from awm.audit.html_text import call_list, verdict_badge
from awm.audit.model import CaseKind, Counterexample, TaskAudit
from awm.pages import cut, escaped, plural

__all__ = ["KINDS", "task_details"]

KINDS: Final[Mapping[CaseKind, tuple[bool, str]]] = {
    "oracle": (True, "the oracle, with its answer"),
    "again": (True, "the same once more, in another process"),
    "later": (True, "the oracle at another time, with other dice"),
    "alternative": (True, "another solution that the oracle declares"),
    "reordering": (True, "the oracle's calls in another order that reaches the same state"),
    "nothing": (False, "no call at all"),
    "prefix": (False, "the oracle, broken off"),
    "value": (False, "the oracle with one value changed"),
    "entity": (False, "the oracle with one entity taken for another"),
    "stray": (False, "the oracle, and a change that nobody asked for"),
    "answer": (False, "the oracle's end state with a wrong answer, or with none"),
}
"""Whether a verifier has to accept a kind of case, and what it is."""

_SHOWN: Final = 12
"""Counterexamples to a task; the JSON report has all."""
_SENTENCE: Final = 2_000
_ANSWER: Final = 2_000


def task_details(task: TaskAudit) -> str:
    """One task, to be opened; open from the start where something is wrong with it."""
    wrong = task.verdict in ("unsound", "blocked")
    return (
        f'<details class="task" data-verdict="{task.verdict}"{" open" if wrong else ""}>'
        f"<summary>{verdict_badge(task.verdict)} <b>Task {task.task_idx}</b>"
        f" <span>{cut(task.task, _SENTENCE)}</span></summary>"
        f'<div class="inside"><p class="reason">{cut(task.reason, _SENTENCE)}</p>'
        f"{_facts(task)}{_cases(task)}{_counterexamples(task.counterexamples)}{_volatile(task)}"
        "</div></details>"
    )


def _facts(task: TaskAudit) -> str:
    oracle = "no oracle" if task.calls is None else f"oracle of {plural(task.calls, 'call')}"
    modes = " and ".join(task.modes)
    parts = [oracle, f"verifier of mode {modes}" if modes else "no verifier"]
    if task.state_hash:
        parts.append(f"end state <code>{escaped(task.state_hash[:16])}</code>")
    return f'<p class="facts">{" · ".join(parts)}</p>'


def _cases(task: TaskAudit) -> str:
    """The cases in two lines: those to accept, and those to reject."""
    lines = {
        "has to accept": "".join(_kinds(task, accept=True)),
        "has to reject": "".join(_kinds(task, accept=False)),
    }
    return "".join(
        f'<div class="cases"><span>{title}</span><ul>{kinds}</ul></div>'
        for title, kinds in lines.items()
        if kinds
    )


def _kinds(task: TaskAudit, *, accept: bool) -> Iterator[str]:
    for kind, (accepted, _) in KINDS.items():
        if accepted is accept and (tried := task.tried.get(kind, 0)):
            passed = task.passed.get(kind, 0)
            state = ' class="is-unsound"' if passed < tried else ""
            mark = "✓" if passed == tried else "✕"
            yield f"<li{state}>{mark} {kind} <b>{passed}/{tried}</b></li>"


def _counterexamples(found: Sequence[Counterexample]) -> str:
    if not found:
        return ""
    shown = _various(found)
    left = len(found) - len(shown)
    more = f'<p class="none">and {left:,} more, which the JSON report has.</p>' if left else ""
    return (
        f"<h4>{plural(len(found), 'counterexample')}</h4>"
        f"{''.join(map(_counterexample, shown))}{more}"
    )


def _various(found: Sequence[Counterexample]) -> list[Counterexample]:
    """Some of many, the first of each kind before others."""
    seen: set[tuple[str, CaseKind]] = set()
    firsts: list[Counterexample] = []
    others: list[Counterexample] = []
    for one in found:
        key = (one.mode, one.case.kind)
        (others if key in seen else firsts).append(one)
        seen.add(key)
    return [*firsts, *others][:_SHOWN]


def _counterexample(found: Counterexample) -> str:
    case = found.case
    return (
        f'<details class="counterexample"><summary><b class="kind">{case.kind}</b>'
        f" <span>{cut(found.what, _SENTENCE)}</span></summary>"
        f'<div class="inside"><p class="facts">{_outcome(found)}{_conditions(found)}</p>'
        f"{call_list(case.calls)}{_answer(case.answer)}</div></details>"
    )


def _outcome(found: Counterexample) -> str:
    if found.mode == "sql":
        return f"mode sql · gives <code>{escaped(found.got)}</code>"
    expected = "complete" if found.case.accept else "others"
    return f"mode code · should say <code>{expected}</code>, says <code>{escaped(found.got)}</code>"


def _conditions(found: Counterexample) -> str:
    case = found.case
    later = f" · {case.later} s later" if case.later else ""
    return f"{later} · seed {case.seed}" if case.seed or later else ""


def _answer(answer: str | None) -> str:
    if answer is None:
        return '<p class="none">No answer is given.</p>'
    quoted = cut(answer, _ANSWER) if answer else "<i>(empty)</i>"
    return f'<p class="answer"><b>Answer</b> <q>{quoted}</q></p>'


def _volatile(task: TaskAudit) -> str:
    if not task.volatile:
        return ""
    rows = "".join(
        f"<dt><code>{cut(column, 200)}</code></dt><dd>{cut(reason, 400)}</dd>"
        for column, reason in task.volatile.items()
    )
    count = plural(len(task.volatile), "column")
    return (
        f'<details class="volatile"><summary>{count} not compared</summary>'
        f"<dl>{rows}</dl></details>"
    )
