"""Which columns name added rows, as an expectation shows: what a compiled verifier follows."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from awm.errors import OracleError
from awm.runtime import Reference, Schema
from awm.verify.effects import Cell, Effects, Ref
from awm.verify.expected import Expectation
from awm.verify.naming import reference_stem, tables_called, words_of

__all__ = ["Rule", "find_rules"]

Rule: TypeAlias = tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[str, str] | None]
"""A table, columns of it, the table that they lead to and the columns there; and, where the same
column may lead to several tables, the cell beside it that says to which."""

_KINDS: Final = ("_type", "_table", "_kind", "Type", "Table", "Kind")
"""How the column is called that says where its neighbour leads; see `awm.verify.references`."""


def find_rules(world: str, expectation: Expectation, schema: Schema) -> list[Rule]:
    """The rules by which the references to added rows in an expectation can be found again.

    A declared foreign key is a rule. Any other column that is expected to name an added row does so
    by that row's key or by what counts along with it.

    Returns:
        Sorted, without columns in which no added row is expected to be named: what stands there is
        compared as it is.

    Raises:
        OracleError: An added row is named although its table has nothing to name it by.
    """
    found: dict[Rule, None] = {}
    for outcome in expectation.outcomes:
        tables = {row.label: row.table for row in outcome.effects.added}
        for table, cells in _rows(outcome.effects):
            for column, cell in cells.items():
                if isinstance(cell, Ref):
                    rules = [*_rules(table, column, cells, tables[cell.row], schema)]
                    if not rules:
                        raise OracleError(
                            world,
                            f"{table}.{column} is expected to name a row added to "
                            f"{tables[cell.row]}, which has no key to name it by.",
                        )
                    found |= dict.fromkeys(rules)
    return sorted(found, key=repr)


def _rows(effects: Effects) -> Iterator[tuple[str, Mapping[str, Cell]]]:
    for added in effects.added:
        yield added.table, added.cells
    for changed in effects.changed:
        yield changed.table, changed.cells


def _rules(
    table: str, column: str, cells: Mapping[str, Cell], target: str, schema: Schema
) -> Iterator[Rule]:
    declared = [*_declared(table, column, target, schema)]
    if declared:
        for reference in declared:
            yield table, reference.columns, target, reference.targets, None
        return
    known = schema.tables.get(target)
    if known is None:
        return
    condition = _condition(column, cells, schema)
    for name in ((*known.key,) if len(known.key) == 1 else (), *((one,) for one in known.serial)):
        if name:
            yield table, (column,), target, name, condition


def _declared(table: str, column: str, target: str, schema: Schema) -> Iterator[Reference]:
    known = schema.tables.get(table)
    for reference in known.references if known else ():
        if column in reference.columns and reference.table == target:
            yield reference


def _condition(column: str, cells: Mapping[str, Cell], schema: Schema) -> tuple[str, str] | None:
    stem = reference_stem(column)
    if stem is None:
        return None
    for ending in _KINDS:
        kind = cells.get(f"{stem}{ending}")
        if isinstance(kind, str):
            return f"{stem}{ending}", kind
    kind = cells.get(stem)
    told = isinstance(kind, str) and tables_called(words_of(kind), schema.tables, within=True)
    return (stem, kind) if isinstance(kind, str) and told else None
