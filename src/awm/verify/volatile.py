"""Which columns say when and by which chance something was done, and not what.

Such a column is volatile: two attempts that do the same write different values into it, so of its
cells only whether they are NULL is compared. There are two ways to know one. Its schema may tell:
it has a default that asks the clock, or the name that such columns have by convention. And the
same calls may be made twice, at another time and with other dice: what then differs is volatile.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from awm.runtime import Row, RowChange, Schema, StateDiff, TableDiff, TableSchema
from awm.verify.naming import words_of
from awm.verify.references import References, numbering_column
from awm.verify.values import same_value

__all__ = ["Volatile", "numbering", "volatile_by_replay", "volatile_by_schema"]

Volatile: TypeAlias = Mapping[tuple[str, str], str]
"""Why a column is volatile, by table and column."""

_TOKEN: Final = re.compile(r"'((?:[^']|'')*)'|\"(?:[^\"]|\"\")*\"|(\w+)|(\S)")
_KEYWORDS: Final = {"current_timestamp", "current_date", "current_time"}
_CLOCKS: Final = {"date", "datetime", "julianday", "strftime", "time", "unixepoch"}
_NOW: Final = {"now", "subsec", "subsecond"}
_CHANCE: Final = {"random", "randomblob"}

_DONE: Final = (
    r"(?:created?|creation|updated?|modified|modification|inserted|changed|edited|deleted)"
)
_AUDIT: Final = re.compile(
    rf"""(?:row_|record_)?
      (?: (?:last_)?{_DONE}_(?:at|on|time|ts|date|datetime|timestamp)(?:_utc|_ms)?
        | last_{_DONE}
        | (?:date|time|timestamp)_{_DONE}
        | (?P<bare>created|updated|modified|deleted|inserted) )""",
    re.VERBOSE,
)
_MOMENT: Final = re.compile("DATE|TIME")
_MOST_PAIRED: Final = 400
"""Rows of a table that are paired by how much they have in common; more are paired in order."""
_SHOWN: Final = 40


def volatile_by_schema(schema: Schema) -> Volatile:
    """The columns that the schema itself shows to be volatile, and why.

    A default that asks for the time or for a random value is one sign. A conventional name is the
    other: `created_at`, `updatedAt`, `last_modified`, `date_created`; not `starts_at`, `due_on` or
    `expires_at`, which somebody decides. A bare `created` counts where its type is a time.
    """
    found = {}
    for table in schema:
        for column in table.columns:
            if reason := _by_default(column.default) or _by_name(column.name, column.type):
                found[table.name, column.name] = reason
    return found


def numbering(schema: Schema, diff: StateDiff) -> Volatile:
    """The columns that only number the rows that were added, and why they are not compared.

    A column that counts along is left out where a row was given something else in it, and where it
    was changed in a row that was there before: then it is compared.
    """
    found = {}
    for table in diff:
        known = schema.tables.get(table.table)
        number = numbering_column(known, schema) if known else None
        if known is None or number is None or not table.added:
            continue
        found[table.table, number] = "SQLite numbers new rows"
        changed = {column for change in table.changed for column in change.columns}
        for column in known.serial:
            if column not in changed and all(
                _counts_along(known, column, row, row.get(number)) for row in table.added
            ):
                found[table.table, column] = f"counts along with {number}"
    return found


def _counts_along(table: TableSchema, column: str, row: Row, number: object) -> bool:
    form = table.forms.get(column)
    return form is None or row.get(column) is None or form.fits(row.get(column), number)


@lru_cache(maxsize=1024)  # a schema is looked at for each of a world's tasks
def _by_default(default: str | None) -> str | None:
    tokens = [match.groups() for match in _TOKEN.finditer(default or "")]
    words = {word.lower() for _, word, _ in tokens if word}
    texts = {text.strip().lower() for text, _, _ in tokens if text is not None}
    if keyword := next(iter(words & _KEYWORDS), None):
        return f"its default is {keyword.upper()}"
    given = sum(text is not None or (word or "").isdecimal() for text, word, _ in tokens)
    # A function of time that is given no time takes the present one, as does strftime('%s').
    alone = not given or (given == 1 and "strftime" in words)
    if words & _CLOCKS and (texts & _NOW or alone):
        return f"its default is the time: {_shown(default)}"
    if words & _CHANCE:
        return f"its default is random: {_shown(default)}"
    return None


@lru_cache(maxsize=4096)
def _by_name(name: str, type_: str) -> str | None:
    match = _AUDIT.fullmatch("_".join(words_of(name)))
    if match is None or (match["bare"] and not _MOMENT.search(type_)):
        return None
    return "its name is one for the time of writing"


def volatile_by_replay(first: StateDiff, second: StateDiff, schema: Schema) -> Volatile:
    """The columns that differ after the same calls, made again at another time with other dice.

    Rows are paired by primary key. Those that have no partner, because their key was drawn by
    chance or because they have none, are paired with the row that has most in common with them.
    A cell that names an added row in both runs says the same in both, whatever that row is called.
    A cell that is NULL in only one of the two runs is reported too, although no comparison will
    then accept it: whether it is NULL is all that is kept.

    Args:
        first: What one run did.
        second: What the other one did, from the same initial state.
        schema: The tables, which say what a number of a row is.

    Returns:
        Why each such column is volatile, with the first pair of values that shows it.
    """
    found: dict[tuple[str, str], str] = {}
    ones = {table.table: table for table in first}
    twos = {table.table: table for table in second}
    namings = [_naming(diff, schema) for diff in (first, second)]
    for name in sorted(ones.keys() | twos.keys()):
        known = ones.get(name) or twos[name]
        untouched = TableDiff(name, known.key, (), (), ())
        for one, two in _pairs(ones.get(name, untouched), twos.get(name, untouched)):
            named = namings[0].of(name, one).keys() & namings[1].of(name, two).keys()
            for column in (one.keys() & two.keys()) - named:
                if not same_value(one[column], two[column]):
                    found.setdefault((name, column), _difference(one[column], two[column]))
    own = schema.numbered
    return {place: why for place, why in sorted(found.items()) if own.get(place[0]) != place[1]}


def _naming(diff: StateDiff, schema: Schema) -> References:
    """Which cells name the rows that were added."""
    rows = ((table.table, number, row) for table in diff for number, row in enumerate(table.added))
    return References(schema, ((table, f"{table}#{number}", row) for table, number, row in rows))


def _difference(one: object, other: object) -> str:
    """Why a column is volatile, from two values that were found in it."""
    if one is None or other is None:
        present = _shown(other if one is None else one)
        return f"the same calls made twice give NULL in one run and {present} in the other"
    return f"the same calls made twice give {_shown(one)} and {_shown(other)}"


def _shown(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _pairs(first: TableDiff, second: TableDiff) -> Iterator[tuple[Row, Row]]:
    """The rows as they are after each run, two by two."""
    yield from _changed_pairs(first, second)
    keyed = [_key(row, first.key) for row in first.added]
    partners = {key: row for row in second.added if (key := _key(row, second.key)) is not None}
    alone = []
    for key, row in zip(keyed, first.added, strict=True):
        if key is not None and key in partners:
            yield row, partners[key]
        else:
            alone.append(row)
    taken = {key for key in keyed if key is not None}
    rest = [
        row for row in second.added if (key := _key(row, second.key)) is None or key not in taken
    ]
    yield from _by_likeness(alone, rest)


def _changed_pairs(first: TableDiff, second: TableDiff) -> Iterator[tuple[Row, Row]]:
    """Rows that were there before, unless one run removed them.

    A row that only one run changed is, after the other run, as it was before.
    """
    ones, twos = _by_key(first), _by_key(second)
    gone = {_key(row, table.key) for table in (first, second) for row in table.removed}
    for key, change in (twos | ones).items():
        if key not in gone:
            yield (
                ones[key].after if key in ones else change.before,
                twos[key].after if key in twos else change.before,
            )


def _by_key(table: TableDiff) -> dict[tuple[object, ...] | None, RowChange]:
    return {_key(change.before, table.key): change for change in table.changed}


def _key(row: Row, key: tuple[str, ...]) -> tuple[object, ...] | None:
    """A row's primary key; None where it has none that names it."""
    values = tuple(row.get(name) for name in key)
    return None if not values or None in values else values


def _by_likeness(first: list[Row], second: list[Row]) -> Iterator[tuple[Row, Row]]:
    if max(len(first), len(second)) > _MOST_PAIRED:
        yield from zip(first, second, strict=False)
        return
    left = [*second]
    for row in first:
        if not left:
            return
        # max takes the first of equals, and rows come in the order in which they were added.
        best = max(left, key=lambda other: _in_common(row, other))
        left.remove(best)
        yield row, best


def _in_common(one: Row, other: Row) -> int:
    return sum(same_value(one[name], other[name]) for name in one.keys() & other.keys())
