"""The words, badges and figures that all parts of an evaluation's page share."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from awm.pages import cut, escaped
from awm.types import Outcome
from awm.verify.excerpt import excerpt_json, plain_json

__all__ = [
    "MARKS",
    "NONE",
    "STOPS",
    "beginning",
    "commonest",
    "figure_list",
    "folded",
    "json_block",
    "number",
    "outcome_badge",
    "percent",
    "spaced",
    "text_block",
    "word_list",
]

NONE: Final = "-"
"""What stands where there is no figure."""

MARKS: Final[Mapping[Outcome, str]] = {
    "complete": "✓",
    "partial": "◐",
    "agent_error": "✕",
    "environment_error": "■",
    "infrastructure_error": "○",
}
"""A mark for each outcome, so that colour is never all that tells them apart."""

STOPS: Final[Mapping[str, str]] = {
    "answered": "the agent gave its answer",
    "max_turns": "it had no turns left",
    "budget": "it had no calls or tokens left",
    "timeout": "it had no time left",
    "format_violation": "it broke a rule of the format, or went astray too often in a row",
    "cancelled": "somebody stopped it",
}
"""What the reasons for stopping mean."""

_MOST_COMMON: Final = 3
_LARGE: Final = 100
_AT_ONCE: Final = 400
_LINES_AT_ONCE: Final = 8
_FIRST_LINE: Final = 90
_ON_ONE_LINE: Final = 72


def beginning(text: str, length: int) -> str:
    """As much of a text as a line or two have room for, as HTML; the whole stands elsewhere."""
    short = text if len(text) <= length else f"{text[:length].rstrip()}…"
    return escaped(" ".join(short.split()))


def spaced(name: str) -> str:
    """A name of ours in words: `agent_error` is `agent error`."""
    return name.replace("_", " ")


def commonest(counts: Mapping[str, int]) -> str:
    """The most frequent with their counts, and the others together: `answered 12, max_turns 3`.

    Args:
        counts: How many there are of each, the most frequent first.
    """
    pairs = [*counts.items()]
    told = [f"{name} {count:,}" for name, count in pairs[:_MOST_COMMON]]
    left = sum(count for _, count in pairs[_MOST_COMMON:])
    return ", ".join([*told, f"others {left:,}"] if left else told) or NONE


def outcome_badge(outcome: Outcome) -> str:
    """An outcome, with its mark."""
    mark = f'<i aria-hidden="true">{MARKS[outcome]}</i>'
    return f'<b class="badge is-{outcome}">{mark} {spaced(outcome)}</b>'


def percent(share: float | None, digits: int = 0) -> str:
    """A share as percent; a dash where there is none."""
    return NONE if share is None else f"{100 * share:.{digits}f}%"


def number(value: float | None, digits: int = 1) -> str:
    """A figure; whole and large ones without digits, and a dash where there is none."""
    if value is None:
        return NONE
    return (
        f"{value:,.0f}" if value == int(value) or abs(value) >= _LARGE else f"{value:,.{digits}f}"
    )


def figure_list(figures: Iterable[tuple[str, str]]) -> str:
    """Figures with what they are of, ready to stand in a `dl`."""
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures)


def word_list(meanings: Iterable[tuple[str, str]]) -> str:
    """Words with what they mean, ready to stand in a `dl`."""
    return "".join(f"<dt>{word}</dt><dd>{escaped(meaning)}</dd>" for word, meaning in meanings)


def folded(summary: str, body: str, kind: str = "") -> str:
    """Something to be opened.

    Args:
        summary: What is seen before, as HTML.
        body: What is seen then, as HTML.
        kind: Its class.
    """
    named = f' class="{kind}"' if kind else ""
    return f"<details{named}><summary>{summary}</summary>{body}</details>"


def text_block(text: str, longest: int) -> str:
    """A stranger's text as it is, folded where it is long, and cut where it is longer than that."""
    block = f"<pre>{cut(text, longest)}</pre>"
    if len(text) <= _AT_ONCE and text.count("\n") < _LINES_AT_ONCE:
        return block
    first = " ".join(text[: 4 * _FIRST_LINE].split())[:_FIRST_LINE]
    size = f"{len(text):,} characters"
    return folded(f'<code>{escaped(first)}…</code> <span class="size">{size}</span>', block)


def json_block(value: Any, longest: int) -> str:
    """JSON on one line where it fits there, and else one member a line, as `text_block`."""
    plain = plain_json(value)
    short = excerpt_json(plain, longest)
    line = " ".join(part.strip() for part in short.splitlines())
    if len(line) <= _ON_ONE_LINE:
        return f"<code>{escaped(line)}</code>"
    return text_block(short, longest)
