"""Laying out Python: what fits on a line stays on it, what does not is broken at its brackets.

A document is a text, or several in a row, with places at which it may be broken. The method is
Wadler's, "A prettier printer" (1998): a group is laid out flat if the rest of its line fits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = [
    "BREAK",
    "INDENT",
    "LINE",
    "SOFT",
    "WIDTH",
    "Doc",
    "Group",
    "IfBroken",
    "Indent",
    "Line",
    "bracketed",
    "called",
    "flat",
    "joined",
    "long_text",
    "parenthesised",
    "quote",
    "render",
    "words",
]

WIDTH: Final = 99
"""Columns."""

INDENT: Final = "    "

_WORD: Final = re.compile(r" |[^ ]+ ?")


@dataclass(frozen=True, slots=True)
class Line:
    """A place to break at; `flat` stands there where nothing is broken. None: it always is."""

    flat: str | None = " "


@dataclass(frozen=True, slots=True)
class IfBroken:
    """A text that only stands in a group that is broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Indent:
    """A document whose broken lines are indented once more."""

    inner: "Doc"


@dataclass(frozen=True, slots=True)
class Group:
    """A document that is broken at all of its own places or at none of them."""

    inner: "Doc"


Doc: TypeAlias = str | Line | IfBroken | Indent | Group | Sequence["Doc"]

LINE: Final = Line()
SOFT: Final = Line("")
BREAK: Final = Line(None)


def joined(parts: Sequence[Doc], between: Doc) -> Doc:
    """Documents with another between each two of them."""
    found: list[Doc] = []
    for part in parts:
        found += [between, part] if found else [part]
    return found


def bracketed(opening: str, parts: Sequence[Doc], closing: str) -> Doc:
    """Parts in brackets: on one line, or each on its own."""
    if not parts:
        return f"{opening}{closing}"
    inside = [joined(parts, [",", LINE]), IfBroken(",")]
    return Group([opening, Indent([SOFT, inside]), SOFT, closing])


def called(name: str, arguments: Sequence[Doc], brackets: tuple[str, str] = ("(", ")")) -> Doc:
    """A call: on one line, or its arguments on one line inside, or each on its own."""
    opening, closing = brackets
    if not arguments:
        return f"{name}{opening}{closing}"
    comma = [IfBroken(",")] if len(arguments) > 1 else []
    inner = Group([joined(arguments, [",", LINE]), *comma])
    return Group([f"{name}{opening}", Indent([SOFT, inner]), SOFT, closing])


def parenthesised(inner: Doc) -> Doc:
    """A document with parentheses around it if it has to be broken."""
    return Group([IfBroken("("), Indent([SOFT, Group(inner)]), SOFT, IfBroken(")")])


def long_text(text: str, room: int) -> Doc:
    """A text as a literal, in parentheses and several lines if it has more characters than fit."""
    if len(quote(text)) <= room:
        return quote(text)
    lines = [""]
    for word in words(text):
        if lines[-1] and len(quote(lines[-1] + word)) > room:
            lines.append("")
        lines[-1] += word
    return Group(["(", Indent([SOFT, joined([quote(line) for line in lines], BREAK)]), SOFT, ")"])


def words(text: str) -> list[str]:
    """The words of a text, each with the space behind it."""
    return _WORD.findall(text)


def quote(text: str, mark: str = '"') -> str:
    """A text as a literal."""
    if text.isprintable() and "\\" not in text and mark not in text:
        return f"{mark}{text}{mark}"
    escaped = {"\\": "\\\\", mark: f"\\{mark}"}
    inside = "".join(
        escaped.get(each) or (each if each.isprintable() else repr(each)[1:-1]) for each in text
    )
    return f"{mark}{inside}{mark}"


def render(doc: Doc, indent: int = 0, *, first: str = "", last: str = "") -> str:
    """Lay a document out.

    Args:
        doc: What to lay out.
        indent: By how many levels its lines are indented.
        first: What stands before it on its first line.
        last: What stands after it on its last line.
    """
    written: list[str] = [INDENT * indent]
    column = len(written[0])
    widths: dict[int, int | None] = {}
    waiting: list[tuple[int, bool, Doc]] = [(indent, True, [first, doc, last])]
    while waiting:
        level, broken, part = waiting.pop()
        match part:
            case str():
                written.append(part)
                column += len(part)
            case Line(flat=text):
                column = len(INDENT) * level if broken else column + len(text or "")
                written.append(f"\n{INDENT * level}" if broken else text or "")
            case IfBroken(text=text):
                written.append(text if broken else "")
                column += len(text) if broken else 0
            case Indent(inner=inner):
                waiting.append((level + 1, broken, inner))
            case Group(inner=inner):
                width = _width(inner, widths)
                if width is not None and _fits(waiting, WIDTH - column - width):
                    written.append(flat(inner))
                    column += width
                else:
                    waiting.append((level, True, inner))
            case _:
                waiting += [(level, broken, each) for each in reversed(part)]
    return "\n".join(line.rstrip() for line in "".join(written).split("\n"))


def flat(doc: Doc) -> str:
    """A document on one line, however long."""
    match doc:
        case str():
            return doc
        case Line(flat=text):
            return text or ""
        case IfBroken():
            return ""
        case Indent(inner=inner) | Group(inner=inner):
            return flat(inner)
    return "".join(flat(each) for each in doc)


def _width(doc: Doc, known: dict[int, int | None]) -> int | None:
    """How long a document is on one line; None where it has to be broken.

    Args:
        doc: Which.
        known: The widths that were asked for before, by identity.
    """
    match doc:
        case str():
            return len(doc)
        case Line(flat=text):
            return None if text is None else len(text)
        case IfBroken():
            return 0
        case Indent(inner=inner) | Group(inner=inner):
            if id(doc) not in known:
                known[id(doc)] = _width(inner, known)
            return known[id(doc)]
    total = 0
    for each in doc:
        width = _width(each, known)
        if width is None:
            return None
        total += width
    return total


def _fits(behind: Sequence[tuple[int, bool, Doc]], room: int) -> bool:
    """Whether there is room for what follows up to the next place where a line may end."""
    parts: list[tuple[bool, Doc]] = []
    left = len(behind)
    while room >= 0 and (parts or left):
        if not parts:
            left -= 1
            parts.append(behind[left][1:])
        broken, part = parts.pop()
        match part:
            case str():
                room -= len(part)
            case Line(flat=text):
                if broken or text is None:
                    return True
                room -= len(text)
            case IfBroken(text=text):
                room -= len(text) if broken else 0
            case Indent(inner=inner):
                parts.append((broken, inner))
            case Group(inner=inner):
                parts.append((broken, inner))  # a group that follows may be broken yet
            case _:
                parts += [(broken, each) for each in reversed(part)]
    return room >= 0
