r"""A reader of what is nearly JSON, by recursive descent (RFC 8259 is what it departs from).

Beyond JSON it reads: strings in single quotes, with raw line breaks, with quotes that should have
been escaped and escapes that are none; keys without quotes; comments; a comma before a closing
bracket, or none at the end of a line; `True`, `False`, `None`; `NaN`, `Infinity` and `undefined`,
which become null; numbers such as `+1`, `.5` and `1.`; and values that the text's end cuts off.
Words without quotes are no strings, and numbers such as `007` are refused: what they stand for
would be a guess.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

__all__ = ["CUT_OFF", "CutOffError", "NotJsonError", "read_value"]

CUT_OFF: Final = "end that was cut off closed"
"""The one repair after which something may be missing."""

_DEEPEST: Final = 100

_WORDS: Final = {"true": True, "false": False, "null": None}
_PYTHON_WORDS: Final = {"True": True, "False": False, "None": None}
_NO_NUMBERS: Final = {"NaN", "Infinity", "-Infinity", "nan", "inf", "-inf", "undefined"}
_ALL_WORDS: Final = (*_WORDS, *_PYTHON_WORDS, *_NO_NUMBERS)

_SPACE: Final = re.compile(r"\s*")
_LINE: Final = re.compile(r"[^\n]*")
_SCALAR: Final = re.compile(r"[\w.+-]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<rest>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_NEARLY_NUMBER: Final = re.compile(
    r"[+-]?(?=\.?[0-9])(?:0|[1-9][0-9]*)?(?P<rest>(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)"
)
_NAME: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_PLAIN: Final = {
    '"': re.compile(r'[^"\\\x00-\x1f]+'),
    "'": re.compile(r"[^'\\\x00-\x1f]+"),
}
_ESCAPES: Final = {
    '"': '"', "'": "'", "\\": "\\", "/": "/",
    "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_UNICODE: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_UNFINISHED_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")

_KEY: Final = r"""(?:
    "(?:[^"\\\n]|\\.)*+(?:"\s*(?::|\Z)|\\?\Z)
    | '(?:[^'\\\n]|\\.)*+(?:'\s*(?::|\Z)|\\?\Z)
    | [A-Za-z_$][\w$-]*+\s*(?::|\Z)
)"""  # as far as the end of the text leaves of it
_END: Final = r"(?: // | /\* | \# | ``` | \Z )"  # a comment, a fence, the end of the text
_ENDS_IN_OBJECT: Final = re.compile(
    rf"\s* (?: \}} | {_END} | ,\s*(?: {_KEY} | \}} | {_END} ) )", re.VERBOSE
)
_ENDS_IN_ARRAY: Final = re.compile(rf"\s* (?: [\],] | {_END} )", re.VERBOSE)
_NEXT_KEY: Final = re.compile(rf"\s*?\n\s*{_KEY}", re.VERBOSE)
_NEXT_STRING: Final = re.compile(r"""\s*?\n\s*["']""")


class NotJsonError(Exception):
    """There is no value; `place` is where that showed."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class CutOffError(Exception):
    """The text ended before the value did.

    Attributes:
        value: What there is of it, its brackets closed: a list or a dictionary. A number that the
            end may have cut is left out, a string is kept as far as it goes.
        repairs: What had to be mended.
    """

    def __init__(self, value: Any, repairs: tuple[str, ...]) -> None:
        super().__init__(repairs)
        self.value = value
        self.repairs = repairs


def read_value(text: str, start: int) -> tuple[Any, int, tuple[str, ...]]:
    """Read the object or the array that begins at `start`.

    Returns:
        The value, the place behind it, and what had to be mended, each kind once.

    Raises:
        NotJsonError: There is none that can be read in one way only.
        CutOffError: It does not end.
    """
    reader = _Reader(text, start)
    value = reader.value("")
    repairs = tuple(reader.repairs)
    if reader.ended:
        raise CutOffError(value, (*repairs, CUT_OFF))
    return value, reader.place, repairs


_NOTHING: Final = object()
"""What stands where the end of the text left no value."""


class _Reader:
    """Reads from a place on.

    Attributes:
        place: What comes next.
        ended: Whether the text ended inside a value; everybody then returns what there is.
        repairs: What had to be mended; an ordered set.
    """

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self.ended = False
        self.repairs: dict[str, None] = {}
        self._depth = 0

    def value(self, closing: str) -> Any:
        """Read a value in a container that ends with `closing`."""
        first = self._next()
        if not first:
            return _NOTHING
        if first == "{":
            return self._nested(self._object)
        if first == "[":
            return self._nested(self._array)
        if first in _PLAIN:
            return self._string(first, lambda: self._closes(closing))
        return self._scalar()

    def _nested(self, read: Callable[[], Any]) -> Any:
        if self._depth == _DEEPEST:
            raise NotJsonError(self.place)
        self._depth += 1
        self.place += 1
        found = read()
        self._depth -= 1
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (first := self._next()) and first != "}":
            key = self._key(first)
            colon = "" if self.ended else self._next()
            if not colon:
                return found
            if colon != ":":
                raise NotJsonError(self.place)
            self.place += 1
            value = self.value("}")
            if value is not _NOTHING:
                found[key] = value
            if self.ended:
                return found
            self._separator("}")
        self.place += 1
        return found

    def _array(self) -> list[Any]:
        found: list[Any] = []
        while (first := self._next()) and first != "]":
            value = self.value("]")
            if value is not _NOTHING:
                found.append(value)
            if self.ended:
                return found
            self._separator("]")
        self.place += 1
        return found

    def _key(self, first: str) -> str:
        if first in _PLAIN:
            return self._string(first, lambda: True)
        name = _NAME.match(self.text, self.place)
        if name is None:
            raise NotJsonError(self.place)
        self._mend("keys quoted")
        self.place = name.end()
        return name[0]

    def _separator(self, closing: str) -> None:
        """Go past what stands between two members, or up to the closing bracket."""
        before = self.place
        first = self._next()
        if first == ",":
            self.place += 1
            if self._next() == closing:
                self._mend("comma before a closing bracket removed")
        elif first and first != closing:
            if "\n" not in self.text[before : self.place]:
                raise NotJsonError(self.place)
            self._mend("missing comma added")

    def _scalar(self) -> Any:
        written = _SCALAR.match(self.text, self.place)
        if written is None:
            raise NotJsonError(self.place)
        word = written[0]
        at_end = written.end() == len(self.text)
        if word in _ALL_WORDS:
            value: Any = self._word(word)
        elif at_end and (_NEARLY_NUMBER.match(word) or _begins_word(word)):
            value = _NOTHING
        else:
            value = self._number(word)
        self.ended = at_end
        self.place = written.end()
        return value

    def _word(self, word: str) -> bool | None:
        if word in _WORDS:
            return _WORDS[word]
        if word in _PYTHON_WORDS:
            self._mend("Python's words replaced")
            return _PYTHON_WORDS[word]
        self._mend("what is no number made null")
        return None

    def _number(self, word: str) -> int | float:
        number = _NUMBER.fullmatch(word)
        if number is None:
            number = _NEARLY_NUMBER.fullmatch(word)
            self._mend("numbers rewritten")
        if number is None:
            raise NotJsonError(self.place)
        try:
            return float(word) if number["rest"] else int(word)
        except ValueError:  # more digits than Python converts
            raise NotJsonError(self.place) from None

    def _string(self, quote: str, closes: Callable[[], bool]) -> str:
        """Read a string whose opening quote comes next; `closes` judges a quote that may end it."""
        parts: list[str] = []
        self.place += 1
        if quote == "'":
            self._mend("single quotes replaced")
        while self.place < len(self.text):
            plain = _PLAIN[quote].match(self.text, self.place)
            if plain is not None:
                parts.append(plain[0])
                self.place = plain.end()
                continue
            first = self.text[self.place]
            if first == "\\":
                parts.append(self._escape())
                continue
            self.place += 1
            if first == quote and closes():
                return "".join(parts)
            self._mend("quotes escaped" if first == quote else "control characters escaped")
            parts.append(first)
        self.ended = True
        return "".join(parts)

    def _closes(self, closing: str) -> bool:
        """Whether the string ends that the quote just read may end, by what follows."""
        if closing == "}":
            ends, goes_on = _ENDS_IN_OBJECT, _NEXT_KEY
        else:
            ends, goes_on = _ENDS_IN_ARRAY, _NEXT_STRING
        return bool(ends.match(self.text, self.place) or goes_on.match(self.text, self.place))

    def _escape(self) -> str:
        code = _UNICODE.match(self.text, self.place)
        if code is not None:
            self.place = code.end()
            return str(json.loads(f'"{code[0]}"'))  # joins the halves of a surrogate pair
        if _UNFINISHED_ESCAPE.match(self.text, self.place):
            self.place = len(self.text)
            return ""
        letter = self.text[self.place + 1]
        if letter in _ESCAPES:
            self.place += 2
            if letter == "'":
                self._mend("escapes mended")
            return _ESCAPES[letter]
        self._mend("escapes mended")
        self.place += 1
        return "\\"

    def _next(self) -> str:
        """Skip space and comments; return what comes then, empty at the end of the text."""
        while True:
            self.place = _match_end(_SPACE, self.text, self.place)
            if self.place == len(self.text) or self.text.startswith("```", self.place):
                self.ended = True
                return ""
            two = self.text[self.place : self.place + 2]
            if two == "/*":
                end = self.text.find("*/", self.place + 2)
                self.place = len(self.text) if end < 0 else end + 2
            elif two == "//" or two[0] == "#":
                self.place = _match_end(_LINE, self.text, self.place)
            else:
                return two[0]
            self._mend("comments removed")

    def _mend(self, what: str) -> None:
        self.repairs[what] = None


def _begins_word(written: str) -> bool:
    return any(word.startswith(written) for word in _ALL_WORDS)


def _match_end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
