"""Values and sentences as a person writes them."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from awm.synthesis.blueprints import Field, FieldKind
from awm.synthesis.dry import money
from awm.synthesis.tasks.grammar import singular, with_articles

__all__ = ["DateStyle", "date_words", "joined", "number_words", "sentence", "tidy", "value_words"]

DateStyle: TypeAlias = Literal["british", "american", "iso"]

_DOUBLED: Final = re.compile(
    r"\b(?:the|a|an) ((?:the|every|each|all|that|this|its|their|whichever)\b)", re.IGNORECASE
)
_UNDERSCORED: Final = re.compile(r"(?<![.\w])[a-z]+(?:_[a-z]+)+\b(?![@.])")
_POSSESSIVE: Final = re.compile(r"s's\b")
_QUOTES: Final = re.compile(r'("[^"]*")')
_ONE_OF_MANY: Final = re.compile(r"(?<![\w$.,:/-])(1) ([a-z]{3,}(?<![sui])s)\b")
_NAME_BEFORE: Final = re.compile(r"[A-Z]\w* $")
_ENDS: Final = ".!?"
_PLAIN: Final = re.compile(r"\S+@\S+|\+[\d ]+\d")
"""Addresses and telephone numbers: nobody puts them in quotes."""


def date_words(day: dt.date, style: DateStyle = "british") -> str:
    """A date: `12 March 2026`, `March 12, 2026` or `2026-03-12`."""
    if style == "iso":
        return day.isoformat()
    month = day.strftime("%B")
    return (
        f"{month} {day.day}, {day.year}" if style == "american" else f"{day.day} {month} {day.year}"
    )


def value_words(field: Field, value: Any, style: DateStyle = "british") -> str:
    """The value of a field, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, dt.date):
        return date_words(value, style)
    return _WORDS.get(field.kind, str)(value)


_WORDS: Final[Mapping[FieldKind, Callable[[Any], str]]] = {
    "money": money,
    "bool": lambda value: "yes" if value else "no",
    "choice": lambda value: str(value).replace("_", " "),
    "state": lambda value: str(value).replace("_", " "),
    "text": lambda value: value if _PLAIN.fullmatch(value) else f'"{value}"',
}


def tidy(text: str) -> str:
    """Mend what filling in templates leaves behind: `the the`, `a order`, `1 hours`, spaces.

    What stands in quotes is to be entered as it is, and is left alone.
    """
    parts = _QUOTES.split(text)
    parts[::2] = [_mended(part) for part in parts[::2]]
    return "".join(parts).strip()


def _mended(text: str) -> str:
    text = _DOUBLED.sub(lambda match: match[1], text)
    text = text.replace(" that that ", " that this ")
    if "_" in text:
        text = _UNDERSCORED.sub(lambda match: match[0].replace("_", " "), text)
    text = _ONE_OF_MANY.sub(_one, text)
    text = with_articles(text)
    text = _POSSESSIVE.sub("s'", text)
    return re.sub(r" +", " ", text)


def _one(match: re.Match[str]) -> str:
    """One of something, unless the number ends a name: `Room 1 opens` is left alone."""
    if _NAME_BEFORE.search(match.string[: match.start()]):
        return match[0]
    return f"1 {singular(match[2])}"


def sentence(text: str) -> str:
    """With a capital at the start and a stop at the end."""
    text = tidy(text)
    text = text[:1].upper() + text[1:]
    return text if text.endswith(tuple(_ENDS)) else f"{text}."


def number_words(number: int) -> str:
    """Small numbers as words."""
    small = ("no", "one", "two", "three", "four", "five", "six")
    return small[number] if 0 <= number < len(small) else str(number)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Several as a list: `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
