"""The small parts of the HTML report; everything that comes from a world is escaped here.

A world's names, tasks and exceptions are a stranger's text. Markup in it is escaped, and so are the
characters that would not show: control characters, half surrogate pairs (which UTF-8 cannot hold),
and marks that turn the direction of writing around.
"""

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from awm.audit.model import TaskVerdict
from awm.types import JsonObject, ToolCall
from awm.verify.excerpt import excerpt_json, plain_json

__all__ = [
    "MARKS",
    "bar",
    "call_list",
    "cut",
    "escaped",
    "plural",
    "verdict_badge",
    "verdict_tally",
]

_Name = TypeVar("_Name", bound=str)

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


def escaped(text: str) -> str:
    """Text as HTML, for an element or a quoted attribute."""
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text
        )
    return html.escape(text)


def cut(text: str, length: int) -> str:
    """At most so many characters of a text, as HTML, with a note of how many are left out."""
    if len(text) <= length:
        return escaped(text)
    return f"{escaped(text[:length])}… <i>({len(text) - length:,} more characters)</i>"


def plural(count: int, noun: str) -> str:
    """A number and what it counts: `1 world`, `2 worlds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bar(counts: Mapping[_Name, int], label: str) -> str:
    """A bar whose parts are as wide as the counts, each of the class that it is named after.

    Args:
        counts: How many of what; the names are ours, not a world's.
        label: What the bar shows, for those who do not see it.
    """
    total = sum(counts.values())
    parts, left = [], 0.0
    for name, count in counts.items():
        if count:
            width = 100 * count / total
            parts.append(f'<rect class="is-{name}" x="{left:.2f}%" width="{width:.2f}%"/>')
            left += width
    return f'<svg class="bar" role="img" aria-label="{escaped(label)}">{"".join(parts)}</svg>'


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
