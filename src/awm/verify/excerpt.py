"""JSON for a reader with little room: the whole if it fits, or else what matters most of it.

Long texts lose their middle first, the longest ones before the others, because what a tool answers
says most at its ends; then long lists lose theirs. Each gap says how much is gone.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["excerpt_json", "to_text"]

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

_DEEPEST: Final = 200


def excerpt_json(value: Any, characters: int) -> str:
    """Write a value as JSON in at most so many characters, with gaps where it is longer.

    Args:
        value: JSON; anything else in it is written as Python shows it.
        characters: At least 200.
    """
    plain = _plain(value, _DEEPEST)
    text = to_text(plain)
    for longest_text, most_members in _LIMITS:
        if len(text) <= characters:
            return text
        text = to_text(_shortened(plain, longest_text, most_members))
    # Many small parts in many small lists: one text, which a gap can be made in anywhere.
    share = characters
    while len(text) > characters:
        share = share * 3 // 4
        text = to_text(_without_middle(to_text(plain), share))
    return text


def to_text(value: Any) -> str:
    """JSON in UTF-8 with one member a line, so that only strings hold what others wrote."""
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return text.encode(errors="replace").decode()  # half of a surrogate pair is no character


def _plain(value: Any, depth: int) -> Any:
    """The value with everything made JSON that is none."""
    if depth == 0:
        return "(nested too deeply to be shown)"
    if isinstance(value, Mapping):
        return {str(key): _plain(member, depth - 1) for key, member in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [_plain(member, depth - 1) for member in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.hex() if isinstance(value, bytes) else repr(value)


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
    return f"{text[:before]}{gap}{text[-behind:]}"
