"""Values that are likely to mean something to a world: what stands in its rows and its answers.

A tool that takes a `booking_id` answers 404 to nearly every number there is. Whoever wants to see
more of it has to name a booking, and the columns of the database tell which there are.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from awm.runtime import StateDiff

__all__ = [
    "Hints",
    "Scalar",
    "add_hints",
    "hints_for",
    "hints_in_answer",
    "hints_in_rows",
    "named_in",
]

Scalar: TypeAlias = str | int | float
Hints: TypeAlias = Mapping[str, Sequence[Scalar]]
"""Values by the name of the argument that may want them, most promising first."""

_MOST: Final = 40
_LONGEST: Final = 200
_TEXT: Final = 600
"""Characters of a description that are read: a stranger's text may be long."""
_LONGEST_ANSWER: Final = 200_000
_DEEPEST: Final = 8
_QUOTED: Final = re.compile(r"""(?<!\w)['"`]([^'"`\n]{1,40})['"`]""")
_SEPARATOR: Final = re.compile(r"\s*[,|/]\s*(?:or\s+)?|\s+or\s+")
_LISTED: Final = re.compile(
    r"[(:]\s*((?:[\w-]{2,30}(?:\s*[,|/]\s*(?:or\s+)?|\s+or\s+))+[\w-]{2,30})"
)
_SUFFIXES: Final = ("_id", "_ids", "_name", "_names", "_code", "_codes", "_number", "_slug")
_NAMES_OF_ROWS: Final = frozenset({"id", "name", "title", "code", "slug", "number", "sku", "uuid"})


def hints_in_rows(state: StateDiff) -> dict[str, list[Scalar]]:
    """What the rows that were added say, by column, and by table and column for columns like `id`.

    Args:
        state: The difference between an empty database and the one to learn from.
    """
    found: dict[str, list[Scalar]] = {}
    for table in state:
        thing = _singular(table.table)
        for row in table.added:
            for column, value in row.items():
                _note(found, column.lower(), value)
                if column.lower() in _NAMES_OF_ROWS:
                    _note(found, f"{thing}_{column.lower()}", value)
    return found


def hints_in_answer(text: str) -> dict[str, list[Scalar]]:
    """What a tool's answer says, by key, and for keys like `id` also by what holds them."""
    found: dict[str, list[Scalar]] = {}
    if len(text) > _LONGEST_ANSWER:
        return found
    try:
        _walk(json.loads(text), "", found, 0)
    except (ValueError, RecursionError):  # plain text is an answer too
        return {}
    return found


def add_hints(hints: dict[str, list[Scalar]], more: Hints) -> None:
    """Put further hints behind those that are there."""
    for name, values in more.items():
        for value in values:
            _note(hints, name, value)


def hints_for(name: str, hints: Hints) -> Sequence[Scalar]:
    """The values that an argument of this name may want; empty if none is known.

    An exact name comes first, then its singular, then what it ends with: `from_account_id` may
    want an `account_id`.
    """
    for key in _spellings(_snake(name)):
        if key in hints:
            return hints[key]
    return ()


def _spellings(name: str) -> Iterator[str]:
    yield name
    yield _singular(name)
    words = name.split("_")
    for start in range(1, len(words)):
        shorter = "_".join(words[start:])
        # `starts_at` is no `at`: what is left has to name something by itself.
        if shorter.endswith(_SUFFIXES) or len(words) - start > 1:
            yield shorter
            yield _singular(shorter)
    if name.endswith(_SUFFIXES):
        yield _singular(words[-1])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _singular(name: str) -> str:
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "shes", "ches", "xes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 2 else name


def _walk(value: Any, holder: str, found: dict[str, list[Scalar]], depth: int) -> None:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for entry in value[:_MOST]:
            _walk(entry, holder, found, depth + 1)
    elif isinstance(value, dict):
        for key, part in value.items():
            name = _snake(key)
            if isinstance(part, dict | list):
                _walk(part, _singular(name), found, depth + 1)
                continue
            _note(found, name, part)
            if name in _NAMES_OF_ROWS and holder:
                _note(found, f"{holder}_{name}", part)


def _note(found: dict[str, list[Scalar]], name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return
    if isinstance(value, str) and (not value or len(value) > _LONGEST):
        return
    values = found.setdefault(name, [])
    if len(values) < _MOST and value not in values:
        values.append(value)


def named_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The values that descriptions spell out: in quotes, or as a list in parentheses."""
    found: dict[str, None] = {}
    for text in texts:
        quoted = _QUOTED.findall(text[:_TEXT])
        listed = _LISTED.findall(text[:_TEXT])
        choices = (word for part in listed for word in _SEPARATOR.split(part))
        found.update(dict.fromkeys((*quoted, *choices)))
    return tuple(found)[:_MOST]
