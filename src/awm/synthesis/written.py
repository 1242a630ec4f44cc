"""Values as files and callers give them: what a whole number is, and what a text is."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from awm.types import SEEDS

__all__ = ["INTEGERS", "MisreadError", "Written", "is_whole", "shown"]

INTEGERS: Final = range(-(1 << 63), 1 << 63)
"""What SQLite holds, too."""

_SHOWN: Final = 60


class MisreadError(ValueError):
    """A value is not what it has to be; says which and why, in a clause."""


def is_whole(value: Any, among: range = INTEGERS) -> TypeGuard[int]:
    """Whether a value is an integer of a range; `true` and `1.0` are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value in among


def shown(value: Any) -> str:
    """A value as a message shows it: in one line, and no more than its beginning."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class Written:
    """An object out of a file, read value by value.

    Args:
        content: What is said to be one.
        where: How messages call it, before the names of its keys.

    Raises:
        MisreadError: It is no object. Every method raises it too, of the value that it reads.
    """

    def __init__(self, content: Any, where: str = "") -> None:
        if not isinstance(content, Mapping):
            raise MisreadError(f"{where or 'it'} is {shown(content)} and no object")
        self._content = content
        self._where = where

    def only(self, keys: frozenset[str]) -> None:
        """See that there are no other keys."""
        for key in self._content:
            if key not in keys:
                raise MisreadError(f"{self._place(key)} is a key that nobody knows")

    def part(self, key: str) -> "Written":
        """An object inside."""
        return Written(self._get(key), self._place(key))

    def whole(self, key: str, among: range = INTEGERS) -> int:
        """An integer."""
        value = self._get(key)
        if not is_whole(value, among):
            far = among in (INTEGERS, SEEDS)
            what = "no integer" if far else f"no integer from {among[0]} to {among[-1]}"
            raise MisreadError(f"{self._place(key)} is {shown(value)} and {what}")
        return value

    def flag(self, key: str) -> bool:
        """Yes or no."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise MisreadError(f"{self._place(key)} is {shown(value)} and neither true nor false")
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None, longest: int = 1000) -> str:
        """A text in one line, all of it as the pattern says if there is one."""
        return self._as_text(self._place(key), self._get(key), pattern, longest)

    def texts(self, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        """A list of different texts."""
        found = tuple(
            self._as_text(f"{self._place(key)}[{place}]", value, pattern, 1000)
            for place, value in enumerate(self.listed(key))
        )
        if len(set(found)) < len(found):
            raise MisreadError(f"{self._place(key)} says the same twice")
        return found

    def listed(self, key: str) -> list[Any]:
        """A list."""
        value = self._get(key)
        if not isinstance(value, (list, tuple)):
            raise MisreadError(f"{self._place(key)} is {shown(value)} and no list")
        return list(value)

    def has(self, key: str) -> bool:
        """Whether there is a value, other than null."""
        return self._content.get(key) is not None

    def _get(self, key: str) -> Any:
        if key not in self._content:
            raise MisreadError(f"{self._place(key)} is missing")
        return self._content[key]

    def _place(self, key: Any) -> str:
        return f"{self._where}.{key}" if self._where else str(key)

    @staticmethod
    def _as_text(where: str, value: Any, pattern: re.Pattern[str] | None, longest: int) -> str:
        if not isinstance(value, str):
            raise MisreadError(f"{where} is {shown(value)} and no text")
        if len(value) > longest:
            raise MisreadError(f"{where} is longer than {longest:,} characters")
        if not value.isprintable():  # line ends, null bytes, halves of surrogate pairs
            raise MisreadError(f"{where} has characters that cannot be shown: {shown(value)}")
        if pattern is not None and not pattern.fullmatch(value):
            raise MisreadError(f"{where} is {shown(value)}, which cannot be its value")
        return value
