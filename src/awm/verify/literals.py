"""Writes values as Python source that people can read: one line where it fits, else one each."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Name", "literal", "text_literal"]

_STEP: Final = 4
_SHORTEST: Final = 30
"""Characters. However deep a text stands, its pieces are not cut smaller than that."""


@dataclass(frozen=True, slots=True)
class Name:
    """Source that stands for itself, such as a variable's name or a call."""

    source: str


def literal(value: Any, *, indent: int = 0, width: int = 100) -> str:
    """Source whose value is `value`: a scalar, a `Name`, or mappings, lists and tuples of such.

    Args:
        value: What to write.
        indent: How far the line is indented on which the literal ends, in columns.
        width: How long lines may get, in columns. Texts are cut to fit.

    Returns:
        Several lines where one is too short. The first one has no indentation.
    """
    return _literal(value, indent, indent, width)


def _literal(value: Any, indent: int, start: int, width: int) -> str:
    """As `literal`; the source starts at the column `start`."""
    flat = _flat(value)
    if not value or start + len(flat) + 1 <= width:  # nothing cannot be cut
        return flat
    inner = indent + _STEP
    if isinstance(value, tuple) and len(value) > 1 and isinstance(value[-1], Mapping):
        head = f"({', '.join(map(_flat, value[:-1]))}, "
        if start + len(head) < width:
            return f"{head}{_literal(value[-1], indent, start + len(head), width)})"
    opening, closing = "()"
    if isinstance(value, str):
        lines = _pieces(value, max(width - inner, _SHORTEST))
    elif isinstance(value, bytes):
        room = max((width - inner) // _STEP, _SHORTEST)  # a byte may take four columns
        lines = [repr(value[at : at + room]) for at in range(0, len(value), room)]
    elif isinstance(value, Mapping):
        opening, closing = "{}"
        lines = _filled(
            (
                f"{_flat(key)}: {_literal(part, inner, inner + len(_flat(key)) + 2, width)},"
                for key, part in value.items()
            ),
            width - inner,
        )
    elif isinstance(value, list | tuple):
        opening, closing = "[]" if isinstance(value, list) else "()"
        parts = [f"{_literal(part, inner, inner, width)}," for part in value]
        plain = not any(isinstance(part, Mapping | list | tuple) for part in value)
        lines = _filled(parts, width - inner) if plain else parts
    else:
        return flat
    margin = " " * inner
    return "\n".join([opening, *(margin + line for line in lines), " " * indent + closing])


def text_literal(text: str) -> str:
    """Source of a text, in double quotes where that needs no escapes."""
    source = repr(text)
    if source[0] == "'" and '"' not in text and "\\" not in source:
        return f'"{source[1:-1]}"'
    return source


def _flat(value: Any) -> str:
    match value:
        case Name():
            source = value.source
        case str():
            source = text_literal(value)
        case float() if not math.isfinite(value):
            source = f'float("{value}")'
        case Mapping():
            pairs = (f"{_flat(key)}: {_flat(part)}" for key, part in value.items())
            source = f"{{{', '.join(pairs)}}}"
        case list():
            source = f"[{', '.join(map(_flat, value))}]"
        case tuple():
            source = f"({', '.join(map(_flat, value))}{',' * (len(value) == 1)})"
        case _:
            source = repr(value)
    return source


def _filled(parts: Iterable[str], room: int) -> list[str]:
    """As many parts on a line as it has room for; those of several lines by themselves."""
    lines: list[str] = []
    for part in parts:
        joins = lines and "\n" not in part + lines[-1]
        if joins and len(lines[-1]) + 1 + len(part) <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _pieces(text: str, room: int) -> list[str]:
    """Literals of at most `room` columns that make up the text, cut behind spaces if possible."""
    pieces = []
    while text:
        end = len(text)
        while len(text_literal(text[:end])) > room and end > 1:
            end = max(1, min(end - 1, end * room // len(text_literal(text[:end]))))
        if end < len(text) and (space := text.rfind(" ", 0, end)) > 0:
            end = space + 1
        pieces.append(text_literal(text[:end]))
        text = text[end:]
    return pieces
