"""JSON for a reader with little room: the whole if it fits, or else what matters most of it.

Long texts lose their middle first, the longest ones before the others, because what a tool answers
says most at its ends; then long lists lose theirs. Each gap says how much is gone.
"""

import json
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

__all__ = ["excerpt_json", "plain_json", "to_text"]

_LIMITS: Final = (
    (16_000, 10_000),
    (8_000, 2_000),
    (4_000, 500),
    (2_000, 200),
    (1_000, 100),
    (500, 50),
    (250, 24),
    (120, 12),
    (60, 6),
)
"""What a text may have in characters, and a list or an object in members; tried from the top."""


def excerpt_json(value: Any, characters: int) -> str:
    """Write a value as JSON in at most so many characters, with gaps where it is longer.

    Args:
        value: Plain JSON (see `plain_json`).
        characters: At least 200.
    """
    text = to_text(value)
    for longest_text, most_members in _LIMITS:
        if len(text) <= characters:
            return text
        text = to_text(_shortened(value, longest_text, most_members))
    # Many small parts in many small lists: one text, which a gap can be made in anywhere.
    share = characters
    while len(text) > characters:
        share = share * 3 // 4
        text = to_text(_without_middle(to_text(value), share))
    return text


def plain_json(value: Any, deepest: int = 100) -> Any:
    """The value with everything made JSON that is none, and nothing nested deeper than asked."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return value.hex()
    nested = isinstance(value, Mapping | Sequence | Set)
    if nested and deepest == 0:
        return "(nested too deeply to be shown)"
    if isinstance(value, Mapping):
        return {str(name): plain_json(member, deepest - 1) for name, member in value.items()}
    return [plain_json(member, deepest - 1) for member in value] if nested else repr(value)


def to_text(value: Any) -> str:
    """Plain JSON with one member a line; line breaks of others' texts are escaped in it."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.encode(errors="replace").decode()  # half of a surrogate pair is no character


def _shortened(value: Any, longest_text: int, most_members: int) -> Any:
    if isinstance(value, str):
        return _without_middle(value, longest_text)
    if isinstance(value, list):
        members = [_shortened(member, longest_text, most_members) for member in value]
        if len(members) <= most_members:
            return members
        kept = most_members // 2
        gap = f"[... {len(members) - 2 * kept:,} entries left out ...]"
        return [*members[:kept], gap, *members[-kept:]]
    if isinstance(value, dict):
        names = list(value)
        shown = names if len(names) <= most_members else names[:most_members]
        short = {name: _shortened(value[name], longest_text, most_members) for name in shown}
        if len(shown) < len(names):
            short["..."] = f"[... {len(names) - len(shown):,} members left out ...]"
        return short
    return value


def _without_middle(text: str, longest: int) -> str:
    """The text with its middle replaced by a note, two thirds of what is kept before it."""
    if len(text) <= longest:
        return text
    behind = longest // 3
    before = longest - behind
    gap = f"[... {len(text) - longest:,} characters left out ...]"
    return f"{text[:before]}{gap}{text[len(text) - behind :]}"
