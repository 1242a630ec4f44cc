"""Strings that match a regular expression, made from the expression and never by trying.

A tool's input schema may demand a `pattern`, and the pattern is a stranger's: to match against it
can take longer than the age of the universe. So it is read here as the small language that schemas
use (the part that ECMA-262, Python and Rust agree on, see
https://json-schema.org/understanding-json-schema/reference/regular_expressions), and strings are
built from what was read. Matching is left to `re`, and only for patterns that cannot explode.
"""

import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

__all__ = ["Pattern", "PatternError", "read_pattern"]

_PRINTABLE: Final = string.ascii_letters + string.digits + " " + string.punctuation
_WORD: Final = string.ascii_letters + string.digits + "_"
_CLASSES: Final = {"d": string.digits, "w": _WORD, "s": " "}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_ANCHORS: Final = "bBAZzG"
_HEX_DIGITS: Final = {"x": 2, "u": 4}

_DEEPEST: Final = 30
_LONGEST: Final = 10_000
_MANY: Final = 20
"""A repetition that may go on for longer than this counts as one without an end."""
_MATCHED: Final = 100
"""The longest text that is matched: the cube of it is still nothing for `re`."""
_ATTEMPTS: Final = 30
_STRETCH: Final = 1000
"""Texts that have to be longer than this are given up: making them would take seconds."""


class PatternError(ValueError):
    """A pattern says something that is not understood here, such as a look-ahead."""


@dataclass(frozen=True, slots=True)
class _Chars:
    """One of these characters."""

    choices: str


@dataclass(frozen=True, slots=True)
class _Sequence:
    """One after the other."""

    parts: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """Any one of them."""

    options: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    """The same again, `low` to `high` times; None is without an end."""

    part: "_Node"
    low: int
    high: int | None

    @property
    def is_open(self) -> bool:
        return self.high is None or self.high > _MANY


_Node: TypeAlias = _Chars | _Sequence | _Choice | _Repeat


class Pattern:
    """A regular expression that was understood.

    Args:
        text: The expression.

    Raises:
        PatternError: It was not.
    """

    def __init__(self, text: str) -> None:
        self._root = _Reader(text).read()
        if _shortest(self._root) > _LONGEST:
            raise PatternError("it demands very long text")
        self._compiled = _compiled(text) if _is_tame(self._root) else None

    def sample(self, dice: random.Random, shortest: int = 0, longest: int | None = None) -> str:
        """A text that matches, of that many characters if it can be had in a few attempts."""
        text = ""
        for attempt in range(_ATTEMPTS):
            stretch = attempt * min(max(1, shortest), _STRETCH) // 8
            text = "".join(_made(self._root, dice, stretch))
            if shortest <= len(text) <= (_LONGEST if longest is None else longest):
                break
        return text

    def matches(self, text: str) -> bool | None:
        """Whether the text matches; None where to find out could take for ever."""
        if self._compiled is None or len(text) > _MATCHED:
            return None
        return self._compiled.search(text) is not None


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern | None:
    """The pattern, or None where it is not understood."""
    try:
        return Pattern(text)
    except PatternError:
        return None


def _compiled(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):  # another dialect than Python's
        return None


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def read(self) -> _Node:
        node = self._choice()
        if self._at < len(self._text):
            raise PatternError("a parenthesis is closed that was not opened")
        return node

    def _choice(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError("it is nested too deeply")
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        self._depth -= 1
        return options[0] if len(options) == 1 else _Choice(tuple(options))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._quantified(self._atom()))
        return parts[0] if len(parts) == 1 else _Sequence(tuple(parts))

    def _atom(self) -> _Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        if char == ".":
            return _Chars(_PRINTABLE)
        if char in "^$":
            return _Sequence(())
        if char in "*+?":
            raise PatternError(f"nothing is there to repeat before {char}")
        return _Chars(char)

    def _group(self) -> _Node:
        if self._skip("?"):
            named = re.compile(r":|[imsux]+\)|P?<[A-Za-z_]\w*>").match(self._text, self._at)
            if named is None:
                raise PatternError("it looks ahead or behind, or refers back")
            self._at = named.end()
            if named[0].endswith(")"):
                return _Sequence(())
        node = self._choice()
        if not self._skip(")"):
            raise PatternError("a parenthesis is not closed")
        return node

    def _set(self) -> _Node:
        negated = self._skip("^")
        chosen = ""
        first = True
        while first or not self._skip("]"):
            first = False
            chosen += self._range()
        if negated:
            chosen = "".join(char for char in _PRINTABLE if char not in chosen)
        if not chosen:
            raise PatternError("a set of characters is empty")
        return _Chars(chosen)

    def _range(self) -> str:
        start = self._member()
        following = self._text[self._at : self._at + 2]
        if len(start) != 1 or following[:1] != "-" or following[1:] in ("]", ""):
            return start
        self._at += 1
        end = self._member()
        if len(end) != 1 or ord(end) < ord(start):
            raise PatternError("a range of characters runs backwards")
        # Of a large range the beginning stands for all of it.
        return "".join(map(chr, range(ord(start), min(ord(end), ord(start) + 255) + 1)))

    def _member(self) -> str:
        char = self._next()
        if char == "[" and self._text[self._at : self._at + 1] == ":":
            raise PatternError("it names a POSIX class")
        if char != "\\":
            return char
        if self._text[self._at : self._at + 1] == "b":
            self._at += 1
            return "\b"
        node = self._escape()
        return node.choices if isinstance(node, _Chars) else ""

    def _escape(self) -> _Node:
        char = self._next()
        if char.lower() in _CLASSES:
            chosen = _CLASSES[char.lower()]
            if char.isupper():
                chosen = "".join(other for other in _PRINTABLE if other not in chosen)
            return _Chars(chosen)
        if char in _CONTROLS:
            return _Chars(_CONTROLS[char])
        if char in _HEX_DIGITS:
            digits = self._text[self._at : self._at + _HEX_DIGITS[char]]
            if not re.fullmatch(r"[0-9a-fA-F]{2,4}", digits):
                raise PatternError("a character's number is malformed")
            self._at += len(digits)
            return _Chars(chr(int(digits, 16)))
        if char in _ANCHORS:
            return _Sequence(())
        if char.isalnum():
            raise PatternError(f"\\{char} is not understood")
        return _Chars(char)

    def _quantified(self, node: _Node) -> _Node:
        found = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}").match(self._text, self._at)
        if found is None or found[0] in ("{}", "{,}"):
            return node
        self._at = found.end()
        if self._text[self._at : self._at + 1] in ("?", "+"):
            self._at += 1  # lazy or possessive: the same texts, found in another order
        low, high = _bounds(found)
        if high is not None and high < low:
            raise PatternError("a repetition ends before it begins")
        return _Repeat(node, low, high)

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("it breaks off")
        self._at += 1
        return self._text[self._at - 1]

    def _skip(self, char: str) -> bool:
        found = self._text.startswith(char, self._at)
        self._at += len(char) if found else 0
        return found


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if found[0] in simple:
        return simple[found[0]]
    if max(len(found[1]), len(found[3])) > len(str(_LONGEST)):
        raise PatternError("it repeats too often")
    low = int(found[1] or 0)
    if not found[2]:
        return low, low
    return low, int(found[3]) if found[3] else None


def _shortest(node: _Node) -> int:
    match node:
        case _Chars():
            return 1
        case _Sequence(parts):
            return sum(map(_shortest, parts))
        case _Choice(options):
            return max(map(_shortest, options))
        case _Repeat(part, low, _):
            # At least one for each round: rounds of nothing take their time too.
            return low * max(1, _shortest(part))


def _made(node: _Node, dice: random.Random, stretch: int) -> Iterator[str]:
    match node:
        case _Chars(choices):
            yield dice.choice(choices)
        case _Sequence(parts):
            for part in parts:
                yield from _made(part, dice, stretch)
        case _Choice(options):
            yield from _made(dice.choice(options), dice, stretch)
        case _Repeat(part, low, high):
            most = low + 2 + stretch if high is None else min(high, low + 2 + stretch)
            for _ in range(dice.randint(low, most)):
                yield from _made(part, dice, 0)


def _is_tame(root: _Node) -> bool:
    """Whether matching takes polynomial time of a low degree: few open repeats, none in another."""
    return len(list(_open_repeats(root))) <= 3 and not any(
        _branches(repeat.part) for repeat in _open_repeats(root)
    )


def _open_repeats(node: _Node) -> Iterator[_Repeat]:
    if isinstance(node, _Repeat) and node.is_open:
        yield node
    for part in _parts(node):
        yield from _open_repeats(part)


def _branches(node: _Node) -> bool:
    return isinstance(node, _Choice | _Repeat) or any(map(_branches, _parts(node)))


def _parts(node: _Node) -> tuple[_Node, ...]:
    match node:
        case _Chars():
            return ()
        case _Sequence(parts):
            return parts
        case _Choice(options):
            return options
        case _Repeat(part, _, _):
            return (part,)
