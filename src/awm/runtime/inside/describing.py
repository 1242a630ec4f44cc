"""Reads what a database's tables are made of: columns, keys, numbering, foreign keys.

Runs in the examiner's process; see `awm.runtime.inside.examiner` for why nothing else opens a
database. What the PRAGMAs tell is written down in https://www.sqlite.org/pragma.html.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from awm.runtime.inside.images import deserialise

__all__ = ["describe", "opened", "quoted", "table_names"]

_TABLES: Final = """
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT GLOB 'sqlite_*'
    ORDER BY name
"""
_COLUMNS: Final = """
    SELECT name, upper(type), dflt_value, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1
    ORDER BY cid
"""
_KEY_INDEX: Final = "SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'pk'"
_UNIQUE: Final = """
    SELECT min(part.name) FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS part
    WHERE list."unique" AND NOT list.partial GROUP BY list.name HAVING count(*) = 1
"""
_FOREIGN_KEYS: Final = """
    SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq
"""
_FEWEST_ROWS: Final = 3
"""Two numbers that count along may well be chance."""
_TRAILING_NUMBER: Final = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_NUMBERING: Final = re.compile(
    r"(?:(?:^|_)(?:code|no|nr|num|number|ref|reference|serial)"
    r"|[a-z](?:Code|No|Nr|Num|Number|Ref|Reference|Serial))\Z"
)
"""How the name of a column ends that numbers rows, rather than counts something about them."""
_GIVEN: Final = re.compile(
    r"\b(?:barcode|fax|house|isbn|mobile|page|phone|room|seat|street|tel|week|year|zip)\b"
)
"""Numbers that somebody gives, even where those of three sample rows happen to count along."""
_IDENTITY: Final = re.compile(r"\b(?:id|key|pk|rowid|seq|sequence|serial)\Z")
"""How the name of a key ends of which nobody minds which number it is."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_REFERRING: Final = re.compile(r"(?:_id|_ID|[a-z]Id|[a-z]ID)")


class _ForeignKey(NamedTuple):
    """A foreign key: columns of one table, and what they name in another, as it is written."""

    number: int
    columns: list[str]
    target: str
    targets: list[str]


class _Columns(NamedTuple):
    """A table's columns as `[name, type, default]`, and those of its primary key."""

    listed: list[list[Any]]
    key: list[str]


def describe(image: bytes) -> list[list[Any]]:
    """What a database is made of, as `Schema.from_plain` reads it.

    Returns:
        `[tables, dangling]`. A table is `[name, columns, key, numbered, serial, references]`: a
        column is `[name, type, default]`, a serial column `[name, prefix, offset]`, a reference
        `[columns, table, target columns]`, named as their table names them. Dangling rows are
        counted for each foreign key, as `[table, columns, target, rows]`. A foreign key to a table
        or to columns that are not there dangles in every row in which it is not NULL.
        A serial column counts along in at least three rows and in all in which it is not NULL; one
        without letters is serial only if it is unique or its name says that it numbers. One that is
        called after another table (`booking_code` of an invoice) names that one's rows.

    Raises:
        sqlite3.DatabaseError: The image is not a sound database.
    """
    tables: list[Any] = []
    dangling: list[Any] = []
    with opened(image) as connection:
        columns = {name: _columns(connection, name) for name in table_names(connection)}
        for name, (listed, key) in columns.items():
            foreign = list(_foreign_keys(connection, name, columns))
            numbered = _numbered(connection, name, columns[name], foreign)
            taken = {*key, *(column for one in foreign for column in one.columns)}
            free = [
                column
                for column, _, _ in listed
                if column not in taken and not _tells_of_another(column, name, columns)
            ]
            serial = _serial(connection, name, numbered, free) if numbered and free else []
            references = [[one.columns, one.target, one.targets] for one in foreign]
            tables.append([name, listed, key, numbered, serial, references])
            dangling += _dangling(connection, name, foreign)
    return [tables, dangling]


@contextmanager
def opened(image: bytes) -> Iterator[sqlite3.Connection]:
    """A connection to a database that is only read, whatever its schema would like to happen.

    Text that is not UTF-8 is read with lone surrogates (PEP 383).

    Raises:
        sqlite3.DatabaseError: The image is not a database.
    """
    connection = sqlite3.Connection(":memory:")
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        deserialise(connection, image)
        connection.execute("PRAGMA query_only=ON")
        yield connection
    finally:
        connection.close()


def table_names(connection: sqlite3.Connection) -> list[str]:
    """The tables that hold a world's rows: not SQLite's own, no shadow tables, no views."""
    return [name for (name,) in connection.execute(_TABLES)]


def quoted(name: str) -> str:
    """A name as SQL writes identifiers."""
    return '"' + name.replace('"', '""') + '"'


def _columns(connection: sqlite3.Connection, table: str) -> _Columns:
    rows = connection.execute(_COLUMNS, (table,)).fetchall()
    ranked = sorted((rank, name) for name, _, _, rank in rows if rank)
    return _Columns([[*row[:3]] for row in rows], [name for _, name in ranked])


def _foreign_keys(
    connection: sqlite3.Connection, table: str, columns: dict[str, _Columns]
) -> Iterator[_ForeignKey]:
    found: dict[int, _ForeignKey] = {}
    for number, target, here, there in connection.execute(_FOREIGN_KEYS, (table,)):
        one = found.setdefault(number, _ForeignKey(number, [], _spelt(target, columns), []))
        one.columns.append(here)
        if there is not None:
            one.targets.append(there)
    for one in found.values():
        known = columns.get(one.target, _Columns([], []))
        names = [name for name, _, _ in known.listed]
        # A foreign key that names no columns means the primary key.
        targets = [_spelt(name, names) for name in one.targets] or known.key
        yield one._replace(targets=targets)


def _spelt(name: str, known: dict[str, Any] | list[str]) -> str:
    """A name as it was declared: SQLite minds no ASCII case."""
    if name in known:
        return name
    return next((one for one in known if one.lower() == name.lower()), name)


def _numbered(
    connection: sqlite3.Connection, table: str, columns: _Columns, foreign: list[_ForeignKey]
) -> str | None:
    if len(columns.key) != 1:
        return None
    (key,) = columns.key
    declared = next(kind for name, kind, _ in columns.listed if name == key)
    # A key that is the row's own number needs no index. `INTEGER PRIMARY KEY DESC`, tables WITHOUT
    # ROWID and keys of any other type have one.
    ((indexes,),) = connection.execute(_KEY_INDEX, (table,))
    referring = any(key in one.columns for one in foreign)
    if declared != "INTEGER" or indexes or referring or _is_given(connection, table, key):
        return None
    return key


def _is_given(connection: sqlite3.Connection, table: str, key: str) -> bool:
    """Whether the numbers of a key say something, such as which room or which book it is.

    SQLite would number rows one after the other. What is called `id` is given by nobody, even
    where the sample has gaps.
    """
    name = " ".join(_words(key))
    if _IDENTITY.search(name):
        return False
    column = quoted(key)
    span = f"SELECT coalesce(max({column}) - min({column}) + 1, 0), count(*) FROM {quoted(table)}"  # noqa: S608
    ((numbers, rows),) = connection.execute(span)
    return _GIVEN.search(name) is not None or bool(numbers != rows)


def _serial(
    connection: sqlite3.Connection, table: str, numbered: str, columns: list[str]
) -> list[list[Any]]:
    """Columns whose text is constant but for a number, and that is off by a constant.

    A NULL tells nothing: a cart gets its order number when it becomes an order.
    """
    forms: dict[int, tuple[str, int]] = {}
    counts = dict.fromkeys(range(len(columns)), 0)
    wanted = ", ".join(map(quoted, [numbered, *columns]))
    for number, *values in connection.execute(f"SELECT {wanted} FROM {quoted(table)}"):  # noqa: S608
        for at in list(counts):
            if values[at] is None:
                continue
            form = _form(columns[at], values[at], number)
            if form is None or forms.setdefault(at, form) != form:
                del counts[at]
            else:
                counts[at] += 1
        if not counts:
            return []
    unique = {column for (column,) in connection.execute(_UNIQUE, (table,))}
    return [
        [column, *forms[at]]
        for at, column in enumerate(columns)
        if counts.get(at, 0) >= _FEWEST_ROWS
        and (re.search(r"[^\W\d_]", forms[at][0]) or _numbers(column, unique=column in unique))
    ]


def _numbers(column: str, *, unique: bool) -> bool:
    """Whether a column without letters is there to number rows, by its name.

    In a table of three rows a quantity, a day or a telephone number counts along by chance.
    """
    given = _GIVEN.search(" ".join(_words(column)))
    return not given and (unique or _NUMBERING.search(column) is not None)


def _tells_of_another(column: str, table: str, tables: Iterable[str]) -> bool:
    """Whether a column is called after another table than its own: what stands there names a row.

    It may well count along: the sample has an invoice for each booking.
    """
    words = _words(column)
    named = words[:-1] or words
    stems = [named[at:] for at in range(len(named))]  # the leading words may tell the role
    called = [one for one in tables if any(_is_plural(_words(one), stem) for stem in stems)]
    return bool(called) and table not in called


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_plural(table: list[str], stem: list[str]) -> bool:
    """Whether a table's name, or its end, is some words in the singular or the plural."""
    *before, last = table[-len(stem) :] or [""]
    forms = (stem[-1], f"{stem[-1]}s", f"{stem[-1]}es", f"{stem[-1].removesuffix('y')}ies")
    return before == stem[:-1] and last in forms


def _form(column: str, value: object, number: int) -> tuple[str, int] | None:
    if type(value) is int and _REFERRING.search(column[-3:]):
        return None  # an undeclared reference to the row of the same number in another table
    if type(value) not in (int, str):
        return None
    match = _TRAILING_NUMBER.fullmatch(str(value))
    return (match[1], int(match[2]) - number) if match else None


def _dangling(
    connection: sqlite3.Connection, table: str, foreign: list[_ForeignKey]
) -> Iterator[list[Any]]:
    if not foreign:
        return
    try:
        check = connection.execute("SELECT fkid FROM pragma_foreign_key_check(?)", (table,))
        counts = Counter(number for (number,) in check)
    except sqlite3.OperationalError:
        # One foreign key names columns that are no key there: SQLite then checks none of them.
        counts = Counter({one.number: _count(connection, table, one) for one in foreign})
    for one in foreign:
        if rows := counts[one.number]:
            yield [table, one.columns, one.target, rows]


def _count(connection: sqlite3.Connection, table: str, one: _ForeignKey) -> int:
    """Count the rows that lead nowhere, without the help of an index."""
    given = " AND ".join(f"child.{quoted(name)} IS NOT NULL" for name in one.columns)
    whole = f"SELECT count(*) FROM {quoted(table)} AS child WHERE {given}"  # noqa: S608
    here = ", ".join(f"child.{quoted(name)}" for name in one.columns)
    there = ", ".join(f"parent.{quoted(name)}" for name in one.targets)
    found = f"({here}) IN (SELECT {there} FROM {quoted(one.target)} AS parent)"  # noqa: S608
    ((total,),) = connection.execute(whole)
    try:
        ((dangling,),) = connection.execute(f"{whole} AND NOT coalesce({found}, 0)")
    except sqlite3.OperationalError:  # there is no such table, or no such column
        return int(total)
    return int(dangling)
