"""From a state diff to its effects: what was done, without what merely happened to it.

Left out are the numbers that added rows got, and what counts along with them; a reference to an
added row names the row; of a volatile cell it is kept whether it is NULL. What is left depends
neither on the order in which rows were added nor on when they were.

Known limits. A number that is written into a longer text (`Refund for OP-10019`) stays what it is.
And a table without AUTOINCREMENT gives the number of its last row anew once that is removed: a row
that was removed and one that was added after that read as one row that changed.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TypeAlias

from awm.runtime import Row, RowChange, Schema, StateDiff, TableDiff, TableSchema
from awm.verify.colours import Colouring
from awm.verify.effects import Added, Cell, Changed, Effects, Ref, Removed, Stamp
from awm.verify.references import AddedRow, References, numbering_column
from awm.verify.values import same_value

__all__ = ["effects_of"]

_Places: TypeAlias = Collection[tuple[str, str]]


def effects_of(diff: StateDiff, schema: Schema, volatile: _Places = ()) -> Effects:
    """What a state diff says was done.

    Args:
        diff: The difference between the state before and the state after.
        schema: The tables, as they were before.
        volatile: The volatile columns, by table and column, such as `volatile_by_schema` gives.

    Returns:
        Added rows in an order that follows from their content, with labels `<table>#<n>`; removed
        and changed rows in the order of the diff.
    """
    tables = sorted(diff, key=lambda table: table.table)
    remaining = {table.table: _without_rewrites(table, volatile) for table in tables}
    rows: list[AddedRow] = [
        (name, f"{name}#{number}", row)
        for name, (added, _) in remaining.items()
        for number, row in enumerate(added, start=1)
    ]
    references = References(schema, rows)
    added = [
        Added(name, label, _added_cells(name, row, references.of(name, row), schema, volatile))
        for name, label, row in rows
    ]
    removed = [
        Removed(table.table, _naming(row, table.key))
        for table in tables
        for row in remaining[table.table][1]
    ]
    changed = [
        Changed(table.table, _naming(change.before, table.key), cells)
        for table in tables
        for change in table.changed
        if (cells := _changed_cells(table.table, change, references, volatile))
    ]
    return _relabelled(Effects(tuple(added), tuple(removed), tuple(changed)))


def _added_cells(
    name: str, row: Row, references: Mapping[str, Ref], schema: Schema, volatile: _Places
) -> dict[str, Cell]:
    left_out = _numbering(schema.tables.get(name), row, schema)
    return {
        column: references.get(column) or _cell(value, stamped=(name, column) in volatile)
        for column, value in row.items()
        if column not in left_out
    }


def _numbering(table: TableSchema | None, row: Row, schema: Schema) -> set[str]:
    """The columns of an added row that say no more than its number."""
    number = numbering_column(table, schema) if table else None
    if table is None or number is None:
        return set()
    serial = {
        column
        for column in table.serial
        # Rows named `Room 1` to `Room 3` count along; a new one called `Sauna` does not.
        if column not in table.forms or table.forms[column].fits(row.get(column), row.get(number))
    }
    return {number, *serial}


def _changed_cells(
    name: str, change: RowChange, references: References, volatile: _Places
) -> dict[str, Cell]:
    found = references.of(name, change.after)
    cells: dict[str, Cell] = {}
    for column in change.columns:
        before, after = change.before[column], change.after[column]
        if column in found:
            cells[column] = found[column]
        elif (name, column) in volatile:
            if (before is None) is not (after is None):
                cells[column] = Stamp(after is not None)
        elif not same_value(before, after):
            cells[column] = after
    return cells


def _cell(value: Cell, *, stamped: bool) -> Cell:
    return Stamp(value is not None) if stamped else value


def _naming(row: Row, key: tuple[str, ...]) -> dict[str, int | float | str | bytes | None]:
    """What tells which row it is: its primary key, or all of it where that is missing or NULL."""
    named = key and all(row.get(column) is not None for column in key)
    return {column: row[column] for column in (key if named else row)}


def _without_rewrites(table: TableDiff, volatile: _Places) -> tuple[list[Row], list[Row]]:
    """The rows added and removed, without those that were only written again.

    Where rows have no primary key, one in which nothing but a volatile cell changed appears as one
    removed and one added.
    """
    if all(_is_named(row, table.key) for row in (*table.added, *table.removed)):
        return [*table.added], [*table.removed]
    stamped = {column for name, column in volatile if name == table.table}

    def essence(row: Row) -> frozenset[tuple[str, object]]:
        return frozenset(
            (column, Stamp(value is not None) if column in stamped else (type(value), value))
            for column, value in row.items()
        )

    both = Counter(map(essence, table.added)) & Counter(map(essence, table.removed))
    sides = []
    for rows in (table.added, table.removed):
        left, kept = both.copy(), []
        for row in rows:
            if left[essence(row)] > 0:
                left[essence(row)] -= 1
            else:
                kept.append(row)
        sides.append(kept)
    return sides[0], sides[1]


def _is_named(row: Row, key: tuple[str, ...]) -> bool:
    return bool(key) and all(row.get(column) is not None for column in key)


def _relabelled(effects: Effects) -> Effects:
    """The same effects, with added rows in an order that their numbers do not decide."""
    ordered = _in_order_of_content(effects)
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for row in ordered:
        counts[row.table] += 1
        names[row.label] = f"{row.table}#{counts[row.table]}"

    def renamed(cells: Mapping[str, Cell]) -> dict[str, Cell]:
        return {
            column: Ref(names[cell.row]) if isinstance(cell, Ref) else cell
            for column, cell in cells.items()
        }

    return Effects(
        tuple(Added(row.table, names[row.label], renamed(row.cells)) for row in ordered),
        effects.removed,
        tuple(Changed(row.table, row.key, renamed(row.cells)) for row in effects.changed),
    )


def _in_order_of_content(effects: Effects) -> list[Added]:
    """Added rows by table and colour; rows that nothing tells apart stay as they came."""
    (colours,) = Colouring([effects]).final
    return sorted(effects.added, key=lambda row: (row.table, colours[row.label]))
