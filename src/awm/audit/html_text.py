"""What pages about audits have of their own: verdicts on tasks, and the calls of cases."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from awm.audit.model import TaskVerdict
from awm.pages import cut, escaped, plural
from awm.types import JsonObject, ToolCall
from awm.verify.excerpt import excerpt_json, plain_json

__all__ = ["MARKS", "call_list", "verdict_badge", "verdict_tally"]

MARKS: Final[Mapping[TaskVerdict, str]] = {
    "proven": "✓",
    "unproven": "○",
    "unsound": "✕",
    "blocked": "■",
}
"""A mark for each verdict, so that colour is never all that tells them apart."""

_ON_ONE_LINE: Final = 72
_LONGEST_ARGUMENTS: Final = 4_000
_MOST_CALLS: Final = 40


def verdict_badge(verdict: TaskVerdict) -> str:
    """A verdict, with its mark."""
    mark = f'<i aria-hidden="true">{MARKS[verdict]}</i>'
    return f'<b class="badge is-{verdict}">{mark} {verdict}</b>'


def verdict_tally(verdicts: Mapping[TaskVerdict, int]) -> str:
    """How many tasks came to what, verdicts without a task left out."""
    shown = [
        f'<span class="is-{verdict}"><i aria-hidden="true">{mark}</i> {count:,} {verdict}</span>'
        for verdict, mark in MARKS.items()
        if (count := verdicts.get(verdict, 0))
    ]
    return " ".join(shown) or "no tasks"


def call_list(calls: Sequence[ToolCall]) -> str:
    """Calls in order, with their arguments as JSON; very long ones are cut, and it says so."""
    if not calls:
        return '<p class="none">No call is made.</p>'
    shown = calls[-_MOST_CALLS:]
    earlier = len(calls) - len(shown)
    note = f"<p>{plural(earlier, 'call')} before these; the JSON report has them.</p>"
    start = f' start="{earlier + 1}"' if earlier else ""
    return f'{note if earlier else ""}<ol class="calls"{start}>{"".join(_calls(shown))}</ol>'


def _calls(calls: Sequence[ToolCall]) -> Iterator[str]:
    for call in calls:
        arguments = _json(call.arguments)
        element = "pre" if "\n" in arguments else "code"
        yield f"<li><b>{cut(call.name, 200)}</b> <{element}>{escaped(arguments)}</{element}></li>"


def _json(arguments: JsonObject) -> str:
    value = plain_json(arguments)
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= _ON_ONE_LINE:
        return line
    if len(line) <= _LONGEST_ARGUMENTS:
        return json.dumps(value, ensure_ascii=False, indent=2)
    return excerpt_json(value, _LONGEST_ARGUMENTS)
