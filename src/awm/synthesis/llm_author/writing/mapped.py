"""Reads which tables and columns the SQLAlchemy classes of a source stand for, without running it.

Where a class and the schema disagree, every tool that touches the class fails, each in its own
words. Said once and precisely, it is mended once.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from awm.runtime import Schema, TableSchema
from awm.synthesis.llm_author.writing.databases import nearest

__all__ = ["Disagreement", "MappedClass", "disagreements", "mapped_classes"]

_COLUMNS: Final = frozenset({"Column", "mapped_column"})
_MAPPED: Final = "Mapped"


@dataclass(frozen=True, slots=True)
class MappedClass:
    """A class that stands for a table.

    Attributes:
        name: Of the class.
        table: Which table.
        columns: The column that each attribute stands for.
        line: Where it begins, from 1.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that a class says otherwise than the schema.

    Attributes:
        where: The class.
        what: What it says.
        hint: What the schema says.
        breaks: Whether its tools cannot work; if not, only some calls may fail.
    """

    where: str
    what: str
    hint: str
    breaks: bool


def mapped_classes(source: str) -> tuple[MappedClass, ...]:
    """The classes of a source that name a table, in order; columns of base classes included.

    Raises:
        SyntaxError: It is no Python.
    """
    tree = ast.parse(source)
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found = []
    for name, node in classes.items():
        table = _table_name(node)
        if table is not None:
            columns = dict(_columns(node, classes, frozenset()))
            found.append(MappedClass(name, table, columns, node.lineno))
    return tuple(found)


def disagreements(classes: Sequence[MappedClass], schema: Schema) -> Iterator[Disagreement]:
    """What classes say otherwise than a schema; SQLite minds no case of ASCII letters."""
    tables = {name.lower(): table for name, table in schema.tables.items()}
    for each in classes:
        where = f"class {each.name} (line {each.line})"
        table = tables.get(each.table.lower())
        if table is None:
            what = f"it stands for table {each.table}, which is not in the schema"
            yield Disagreement(
                where, what, f"there are: {nearest(each.table, schema.tables)}", True
            )
        else:
            yield from _in_columns(where, each, table)


def _in_columns(where: str, each: MappedClass, table: TableSchema) -> Iterator[Disagreement]:
    known = {column.name.lower() for column in table.columns}
    names = [column.name for column in table.columns]
    for attribute, column in each.columns.items():
        if column.lower() not in known:
            meant = f"{table.name}.{column}"
            what = f"{each.name}.{attribute} stands for column {meant}, which is not there"
            yield Disagreement(where, what, f"there are: {nearest(column, names)}", True)
    mapped = {column.lower() for column in each.columns.values()}
    left_out = [name for name in names if name.lower() not in mapped]
    if left_out:
        what = f"it leaves out columns of {table.name}: {', '.join(left_out)}"
        yield Disagreement(where, what, "add those that tools read or have to fill", False)


def _table_name(node: ast.ClassDef) -> str | None:
    for target, _, value in _assignments(node):
        if target == "__tablename__" and isinstance(value, ast.Constant):
            return value.value if isinstance(value.value, str) else None
    return None


def _columns(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], above: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for base in node.bases:
        known = classes.get(base.id) if isinstance(base, ast.Name) else None
        if known is not None and known.name not in above and _table_name(known) is None:
            yield from _columns(known, classes, above | {node.name})
    for target, annotation, value in _assignments(node):
        if isinstance(value, ast.Call):
            if _called(value.func) in _COLUMNS:
                yield target, _written_name(value) or target
        elif value is None and annotation is not None and _is_mapped(annotation):
            yield target, target


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Names that a class body assigns or declares, with annotation and value."""
    for part in node.body:
        if isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name):
                    yield target.id, None, part.value
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id, part.annotation, part.value


def _written_name(call: ast.Call) -> str | None:
    """The column's name where it is written out: the first argument, if that is a text."""
    first = call.args[0] if call.args else None
    named = next((word.value for word in call.keywords if word.arg == "name"), first)
    written = named.value if isinstance(named, ast.Constant) else None
    return written if isinstance(written, str) else None


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_mapped(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Subscript) and _called(annotation.value) == _MAPPED
