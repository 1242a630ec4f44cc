"""The small parts of pages; whatever is a stranger's text is escaped here.

A world's names, tasks and exceptions are a stranger's text, and so is what a model writes. Markup
in it is escaped, and so are the characters that would not show: control characters, half surrogate
pairs (which UTF-8 cannot hold), and marks that turn the direction of writing around.
"""

import html
from collections.abc import Mapping
from typing import TypeVar

__all__ = ["bar", "cut", "escaped", "plural"]

_Name = TypeVar("_Name", bound=str)


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
