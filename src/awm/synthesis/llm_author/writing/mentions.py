"""Which names the tasks of a world mention, and which of them stand in none of its rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

__all__ = ["names_in", "unknown_names"]

_QUOTED: Final = re.compile(
    r"\"([^\"\n]{2,80})\"|\u201c([^\u201d\n]{2,80})\u201d|(?<!\w)['\u2018]([^'\u2019\n]{2,80})['\u2019](?!\w)"
)
_CAPITALISED: Final = re.compile(r"(?:[A-Z][\w'\u2019-]+ )+[A-Z][\w'\u2019-]+")
_SENTENCE: Final = re.compile(r"(?<=[.!?:;])\s+|\n+(?:\d+\.\s+)?")
_POSSESSIVE: Final = re.compile(r"['\u2019]s?\Z")
_CALENDAR: Final = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August"
    r"|September|October|November|December"
)
_NEAR: Final = 3
_LONGEST: Final = 80


def names_in(task: str) -> tuple[str, ...]:
    """What a task quotes, and the names of two or more capitalised words in it, each once.

    The first word of a sentence is capitalised whatever it is, so it belongs to no name.
    """
    found = dict.fromkeys("".join(match.groups("")) for match in _QUOTED.finditer(task))
    for sentence in _SENTENCE.split(_QUOTED.sub(" ", task)):
        _, _, rest = sentence.strip().partition(" ")
        for match in _CAPITALISED.finditer(rest):
            name = _POSSESSIVE.sub("", match[0])
            if not _CALENDAR.search(name):
                found[name] = None
    return tuple(found)


def unknown_names(
    tasks: Sequence[str], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names in tasks that stand in no row, each with values that are like it."""
    lines = [
        " ".join(str(value) for value in row.values() if value is not None).casefold()
        for table in rows.values()
        for row in table
    ]
    whole = "\n".join(lines)
    values = {
        value
        for table in rows.values()
        for row in table
        for value in row.values()
        if isinstance(value, str) and len(value) <= _LONGEST
    }
    told: set[str] = set()
    for task in tasks:
        for name in names_in(task):
            if name.casefold() not in whole and name not in told:
                told.add(name)
                yield name, tuple(get_close_matches(name, sorted(values), n=_NEAR, cutoff=0.6))
