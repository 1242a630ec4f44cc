"""Finds where a world asks the machine's clock, so that it would be another world on another day.

What is written into columns that only say when a row was made is left out: nothing depends on it.
So is every world that names its clock in the row of its schema, because it is always served under
that clock. Some clocks cannot be served; those are found in any world.
"""

import ast
import contextlib
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from awm.errors import Problem, SnapshotError, WorldBuildError
from awm.runtime import PreparedWorld, Runtime, Schema, StateDiff
from awm.worlds import World, WorldFile
from awm.worlds.shapes import is_sound

__all__ = [
    "ClockUse",
    "asks_to_pin",
    "check_clocks",
    "columns_that_move",
    "find_clock_uses",
    "has_clock",
]

_LATER: Final = timedelta(days=40)
"""Long enough to be in another month, and for nearly every deadline to pass."""
_PLACES: Final = 6
_PIN: Final = f"name its time as `clock` in {WorldFile.DATABASE}; `awm audit --fix` does"

_ASKING: Final = frozenset(
    {
        *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
        *("datetime.date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime"),
        *("time.ctime", "time.asctime", "time.strftime"),
        *("sqlalchemy.func.now", "sqlalchemy.func.current_date", "sqlalchemy.func.current_time"),
        *("sqlalchemy.func.current_timestamp", "sqlalchemy.func.localtimestamp"),
    }
)
_STILL_REAL: Final = frozenset(
    {
        *("pydantic.PastDate", "pydantic.FutureDate"),
        *("pydantic.PastDatetime", "pydantic.FutureDatetime"),
        *("time.clock_gettime", "time.clock_gettime_ns"),
    }
)
"""See docs/formats.md, "What is still real"."""

_OTHER_WAYS: Final[Mapping[str, str]] = {
    "sqlalchemy.sql.func": "sqlalchemy.func",
    "sqlalchemy.sql.functions": "sqlalchemy.func",
    "sqlalchemy.sql.expression.func": "sqlalchemy.func",
    "pydantic.types": "pydantic",
}
_COLUMNS: Final = frozenset({"Column", "mapped_column"})
_DEFAULTS: Final = frozenset(
    {"default", "default_factory", "insert_default", "onupdate", "server_default"}
    | {"server_onupdate"}
)
_AUDIT_COLUMN: Final = re.compile(
    r"(date_|time_)?(created|updated|modified|inserted|changed|recorded|logged)(_at|_on|_time|_date)?"
    r"|last_(updated|modified|changed)(_at|_on)?|(create|update)(d)?_?(time|date)"
)
_SQL: Final = re.compile(
    r"\bcurrent_(date|time|timestamp)\b"
    r"|\b(date|time|datetime|julianday|strftime|unixepoch)\s*\(([^()]*,)?\s*'now'",
    re.IGNORECASE,
)

_STATEMENT: Final = re.compile(r"\b(select|insert|update|delete|where)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClockUse:
    """A place in a world's code that asks for the time.

    Attributes:
        line: Counted from 1.
        name: What it asks, such as `datetime.datetime.now`.
        is_real: Whether it is a clock that no runtime can replace.
    """

    line: int
    name: str
    is_real: bool


def has_clock(world: World) -> bool:
    """Whether the world says at which moment it stands."""
    rows = world.records.get(WorldFile.DATABASE, ())
    sound = (row for row in reversed(rows) if is_sound(WorldFile.DATABASE, row))
    return next(sound, {}).get("clock") is not None


def asks_to_pin(problem: Problem) -> bool:
    """Whether a problem of a world's is gone once the world names its clock."""
    return problem.hint == _PIN


async def check_clocks(runtime: Runtime, world: World, ready: PreparedWorld) -> list[Problem]:
    """Where the world depends on the day.

    Args:
        runtime: Builds the world's database a second time.
        world: The world.
        ready: The same, prepared.
    """
    uses = find_clock_uses(world.code)
    problems = list(_real_clocks(world, uses))
    if not has_clock(world):
        problems += _clocks_in_code(world, uses)
        problems += await _clocks_in_rows(runtime, world, ready)
    return problems


def _clocks_in_code(world: World, uses: list[ClockUse]) -> Iterator[Problem]:
    asking = [use for use in uses if not use.is_real]
    if asking:
        names = ", ".join(dict.fromkeys(use.name for use in asking))
        yield Problem(
            world.name,
            f"{WorldFile.ENVIRONMENT}: full_code: {_lines(asking)}",
            f"what it does depends on the day: it asks {names}",
            _PIN,
            "warning",
        )


def _real_clocks(world: World, uses: list[ClockUse]) -> Iterator[Problem]:
    for name in dict.fromkeys(use.name for use in uses if use.is_real):
        where = _lines([use for use in uses if use.name == name])
        yield Problem(
            world.name,
            f"{WorldFile.ENVIRONMENT}: full_code: {where}",
            f"{name} asks the machine's own clock, which no runtime can replace",
            "compare with datetime.now() in the handler or a validator",
            "warning",
        )


def _lines(uses: list[ClockUse]) -> str:
    lines = list(dict.fromkeys(use.line for use in uses))
    more = f" and {len(lines) - _PLACES} more" if len(lines) > _PLACES else ""
    plural = "s" if len(lines) > 1 else ""
    return f"line{plural} {', '.join(map(str, lines[:_PLACES]))}{more}"


async def _clocks_in_rows(runtime: Runtime, world: World, ready: PreparedWorld) -> list[Problem]:
    moving = await columns_that_move(runtime, world, ready.order.image)
    if not moving:
        return []
    return [
        Problem(
            world.name,
            f"{WorldFile.SAMPLE}: {moving}",
            "the rows depend on the day on which they are built",
            _PIN,
            "warning",
        )
    ]


async def columns_that_move(runtime: Runtime, world: World, image: bytes | None = None) -> str:
    """Build the database as it would be some weeks later and see which cells are others.

    Args:
        runtime: Builds databases.
        world: Whose database it is.
        image: The database at the world's own clock, where it is built already.

    Returns:
        The first few columns, columns that only say when a row was made left out; empty where
        none moves.
    """
    if world.database_file is not None:
        return ""  # it was built once and for all
    later = replace(world.recipe(), clock=(world.clock.timestamp() + _LATER.total_seconds()))
    examiner = runtime.examiner
    try:
        now = (await examiner.build(world.recipe())).image if image is None else image
        built = await examiner.build(later)
        change = await examiner.compare(world.name, now, built.image)
        schema = await examiner.describe(world.name, built.image)
    except (SnapshotError, WorldBuildError):  # it could be built once, so this is not its fault
        return ""
    columns = list(_columns_that_move(change, schema))
    more = f" and {len(columns) - _PLACES} more" if len(columns) > _PLACES else ""
    return ", ".join(columns[:_PLACES]) + more


def _columns_that_move(change: StateDiff, schema: Schema) -> Iterator[str]:
    for table in change:
        known = schema.tables.get(table.table)
        stamps = {
            column.name
            for column in (known.columns if known else ())
            if _SQL.search(column.default or "") or _AUDIT_COLUMN.fullmatch(column.name.lower())
        }
        moved = {name for row in table.changed for name in row.columns if name not in stamps}
        yield from (f"{table.table}.{name}" for name in sorted(moved))
        if not moved and (table.added or table.removed):
            rows = zip(table.removed, table.added, strict=False)
            differ = {name for old, new in rows for name in new if old.get(name) != new[name]}
            if differ - stamps or len(table.added) != len(table.removed):
                yield table.table


def find_clock_uses(source: str) -> list[ClockUse]:
    """The places that ask for the time, in order; none where the code cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    finder = _Finder()
    with contextlib.suppress(RecursionError):  # what was found by then is true
        finder.visit(tree)
    return sorted(finder.found, key=lambda use: use.line)


class _Finder(ast.NodeVisitor):
    """Walks through code and follows what names were imported as."""

    def __init__(self) -> None:
        self.found: list[ClockUse] = []
        self._names: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            self._names[alias.asname or root] = alias.name if alias.asname else root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            self._names[name] = f"{node.module or ''}.{alias.name}"
            self._note(node.lineno, self._names[name], only_real=True)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._note(node.lineno, self._dotted(node)):
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._note(node.lineno, self._dotted(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        found = _SQL.search(node.value) if isinstance(node.value, str) else None
        if found is not None and _is_sql(str(node.value)):
            self.found.append(ClockUse(node.lineno, f"SQL's {found[0].lower()}", is_real=False))

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring asks nothing
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        is_column = self._dotted(node.func).rpartition(".")[2] in _COLUMNS
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            name = keyword.arg or ""
            if not (is_column and name in _DEFAULTS) and not _AUDIT_COLUMN.fullmatch(name):
                self.visit(keyword.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
        if len(names) < len(node.targets) or not all(map(_AUDIT_COLUMN.fullmatch, names)):
            self.generic_visit(node)

    def _note(self, line: int, name: str, *, only_real: bool = False) -> bool:
        if name in _STILL_REAL:
            self.found.append(ClockUse(line, name, is_real=True))
        elif name in _ASKING and not only_real:
            self.found.append(ClockUse(line, name, is_real=False))
        else:
            return False
        return True

    def _dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._names:
            return ""
        name = ".".join((self._names[node.id], *reversed(parts)))
        for other, usual in _OTHER_WAYS.items():
            if name.startswith(f"{other}."):
                return f"{usual}{name.removeprefix(other)}"
        return name


def _is_sql(text: str) -> bool:
    """Whether a text that names a SQL clock is SQL, and not a sentence about it."""
    return _STATEMENT.search(text) is not None or _SQL.fullmatch(text.strip(" ()")) is not None
