"""Which cells of a state diff name a row that was added.

Such a cell says which row was meant, not which number it happened to get. A declared foreign key
says so itself; where none is declared, the column's name and its neighbours do.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from awm.runtime import Row, Schema, TableSchema
from awm.verify.effects import Ref
from awm.verify.naming import reference_stem, tables_called, words_of
from awm.verify.values import name_of

__all__ = ["AddedRow", "References", "numbering_column"]

AddedRow: TypeAlias = tuple[str, str, Row]
"""A row that was added: its table, its label, its content."""

_KINDS: Final = ("_type", "_table", "_kind", "Type", "Table", "Kind")
"""How a neighbour's name ends that says to which table a polymorphic reference leads."""

_Names: TypeAlias = tuple[str | None, ...]
_Name = TypeVar("_Name", bound=Hashable)


def numbering_column(table: TableSchema, schema: Schema) -> str | None:
    """The column of a table that only numbers its rows.

    A key such as `user_id` of `loyalty_balances` does not: it says whose row it is, even where
    SQLite would number it and no foreign key is declared.
    """
    if table.numbered is None:
        return None
    stem = reference_stem(table.numbered)
    called = tables_called(words_of(stem), schema.tables) if stem else []
    return table.numbered if not called or table.name in called else None


class References:
    """Finds the added rows that cells name.

    Args:
        schema: The tables.
        rows: The rows that were added.
    """

    def __init__(self, schema: Schema, rows: Iterable[AddedRow]) -> None:
        self._schema = schema
        self._rows: dict[str, list[tuple[str, Row]]] = defaultdict(list)
        for table, label, row in rows:
            self._rows[table].append((label, row))
        self._indexes: dict[tuple[str, Sequence[str]], Mapping[_Names, str]] = {}
        self._called: dict[tuple[str, bool], list[str]] = {}
        self._texts = self._telling_texts()

    def of(self, table: str, row: Row) -> dict[str, Ref]:
        """The cells of a row that name an added row, and which one, by column."""
        known = self._schema.tables.get(table)
        if known is None or not self._rows:
            return {}
        found: dict[str, Ref] = {}
        declared: set[str] = set()
        for reference in known.references:
            declared.update(reference.columns)
            names = tuple(name_of(row.get(column)) for column in reference.columns)
            label = self._index(reference.table, reference.targets).get(names)
            if label is not None:
                # A key of several columns names one row with all of them together.
                found |= {column: Ref(label) for column in reference.columns}
        for column in row:
            if column not in declared and (label := self._undeclared(known, row, column)):
                found[column] = Ref(label)
        return found

    def _undeclared(self, table: TableSchema, row: Row, column: str) -> str | None:
        name = name_of(row[column])
        stem = reference_stem(column)
        if name is None:
            return None
        own = table.key == (column,) and column == numbering_column(table, self._schema)
        targets = [] if stem is None or own else self._targets(table, row, stem)
        labels = [
            label
            for target in targets
            if (label := self._index(target, self._key(target)).get((name,)))
        ]
        if labels:
            return labels[0] if len(labels) == 1 else None
        names_itself = column in table.serial or table.key == (column,)
        return None if names_itself else self._texts.get(name)

    def _targets(self, table: TableSchema, row: Row, stem: str) -> list[str]:
        """The tables that a column could lead to, by what stands beside it or by its name."""
        for ending in _KINDS:
            kind = row.get(stem + ending)
            if isinstance(kind, str):
                return self._tables_called(kind, within=True)
        # Beside `entity_id`, `entity` may say the kind; `user` more likely is somebody's name.
        kind = row.get(stem)
        if isinstance(kind, str) and (told := self._tables_called(kind)):
            return told
        called = self._tables_called(stem)
        return called or ([table.name] if words_of(stem) == ("parent",) else [])

    def _tables_called(self, name: str, *, within: bool = False) -> list[str]:
        if (name, within) not in self._called:
            tables = tables_called(words_of(name), self._schema.tables, within=within)
            self._called[name, within] = tables
        return self._called[name, within]

    def _key(self, table: str) -> Sequence[str]:
        return self._schema.tables[table].key

    def _index(self, table: str, columns: Sequence[str]) -> Mapping[_Names, str]:
        """The labels of a table's added rows, by what they are called in some columns."""
        place = table, columns
        if place not in self._indexes:
            self._indexes[place] = _unique(
                (tuple(name_of(row.get(column)) for column in columns), label)
                for label, row in self._rows.get(table, ())
            )
        return self._indexes[place]

    def _telling_texts(self) -> Mapping[str, str]:
        """The labels of added rows by texts that name them wherever they stand.

        Those are serial texts, such as `OP-10019`, and keys that are texts.
        """
        texts: list[tuple[str, str]] = []
        for table in self._schema:
            columns = (*table.serial, *(table.key if len(table.key) == 1 else ()))
            for label, row in self._rows.get(table.name, ()):
                values = (row.get(column) for column in columns)
                texts += [
                    (value, label)
                    for value in values
                    if isinstance(value, str) and not value.isdecimal()
                ]
        return _unique(texts)


def _unique(names: Iterable[tuple[_Name, str]]) -> dict[_Name, str]:
    """What names exactly one row. A name with a NULL in it names none."""
    found: dict[_Name, str | None] = {}
    for name, label in names:
        found[name] = None if name in found else label
    return {
        name: label
        for name, label in found.items()
        if label is not None and not (isinstance(name, tuple) and None in name)
    }
