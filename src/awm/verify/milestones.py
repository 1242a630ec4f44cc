"""Milestones and minefields: what an oracle reaches on its way, and what it never touches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from awm.errors import UsageError
from awm.runtime.schema import Schema, TableSchema
from awm.verify.effects import Added, Cell, Changed, Effects, Removed
from awm.verify.likeness import best_pairs, columns_alike, same_key, tables_of

__all__ = ["Act", "Milestone", "Minefield", "milestones_of", "minefields_of"]

Act: TypeAlias = Literal["any", "add", "remove", "change"]

_ALIKE = 0.5  # a draft of a row has at least this share of its final cells


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that a solution has brought about at some point.

    Attributes:
        name: Which; unique among a task's milestones.
        effects: What has to be there. A row names only the cells that matter; rows of one label
            in several milestones are one row at several times.
    """

    name: str
    effects: Effects


@dataclass(frozen=True, slots=True)
class Minefield:
    """Something that nobody who solves the task does.

    Attributes:
        table: Where.
        act: What must not happen to its rows.
        columns: The columns whose change in an old row is meant; None for every column. Only
            with `change`.
        why: Why it must not happen, in one sentence.
    """

    table: str
    act: Act
    columns: frozenset[str] | None
    why: str

    def __str__(self) -> str:
        if self.act == "any":
            return self.table
        if self.columns is None:
            return f"{self.act} {self.table}"
        return f"{self.act} {self.table}.{{{', '.join(sorted(self.columns))}}}"

    def hit(self, actual: Effects) -> str | None:
        """Say which of the effects is on it; None where none is."""
        hits = [
            f"{act} {row.table}" + (f" {_columns(row)}" if isinstance(row, Changed) else "")
            for act, row in _acts(actual)
            if row.table == self.table and self.act in ("any", act) and self._meant(row)
        ]
        if not hits:
            return None
        return hits[0] if len(hits) == 1 else f"{hits[0]} and {len(hits) - 1} more"

    def _meant(self, row: Added | Removed | Changed) -> bool:
        if self.columns is None or not isinstance(row, Changed):
            return True
        return not self.columns.isdisjoint(row.cells)


def milestones_of(
    steps: Sequence[Effects], names: Sequence[str] | None = None
) -> tuple[Milestone, ...]:
    """Find the milestones of an oracle.

    Each call gives one that brought something about which is there to stay: rows added, rows
    removed, cells that got their final value. What is undone or written over later is no goal: of
    an order that is drafted first and confirmed then, the draft without its status is one
    milestone, and the status another. Rows have no names that last from step to step, so a draft
    is known by its likeness: the most cells in common, at least half.

    Args:
        steps: What had been done after each call, all of it and not only the call's own.
        names: What to call the calls, such as their tools; as many as there are steps.

    Raises:
        UsageError: There are more or fewer names than steps.
    """
    if names is not None and len(names) != len(steps):
        raise UsageError(f"{len(names)} names for {len(steps)} steps.", "Give one for each call.")
    if not steps:
        return ()
    progress = _Progress(steps[-1])
    found: list[Milestone] = []
    for place, step in enumerate(steps, start=1):
        effects = progress.advance(step)
        if effects:
            name = f"step {place}" if names is None else f"step {place} {names[place - 1]}"
            found.append(Milestone(name, effects))
    return tuple(found)


def minefields_of(
    expected: Effects, schema: Schema, *alternatives: Effects
) -> tuple[Minefield, ...]:
    """Find what no solution does.

    A table that no solution touches is a minefield as a whole. In a table that one touches, so is
    each kind of act that none performs there: adding rows, removing rows, changing old rows, or
    changing other columns of them. Which row is hit is not asked: the right column of the wrong
    row is a milestone missed, and the verdict's business.

    Args:
        expected: All that the reference does.
        schema: The tables there are.
        alternatives: All that each other solution does.
    """
    solutions = (expected, *alternatives)
    return tuple(mine for table in schema for mine in _table_mines(table, solutions))


def _table_mines(table: TableSchema, solutions: Sequence[Effects]) -> Iterator[Minefield]:
    done = [
        (act, row)
        for effects in solutions
        for act, row in _acts(effects)
        if row.table == table.name
    ]
    acts = {act for act, _ in done}
    if not acts:
        yield Minefield(table.name, "any", None, f"no solution touches {table.name}")
        return
    if "add" not in acts:
        yield Minefield(table.name, "add", None, f"no solution adds to {table.name}")
    if "remove" not in acts:
        yield Minefield(table.name, "remove", None, f"no solution removes from {table.name}")
    if "change" not in acts:
        why = f"no solution changes what was in {table.name}"
        yield Minefield(table.name, "change", None, why)
        return
    changed = {column for _, row in done if isinstance(row, Changed) for column in row.cells}
    rest = frozenset(column.name for column in table.columns) - changed
    if rest:
        why = f"no solution changes these columns of {table.name}"
        yield Minefield(table.name, "change", rest, why)


def _acts(effects: Effects) -> Iterator[tuple[Act, Added | Removed | Changed]]:
    for added in effects.added:
        yield "add", added
    for removed in effects.removed:
        yield "remove", removed
    for changed in effects.changed:
        yield "change", changed


def _columns(row: Changed) -> str:
    return ", ".join(row.cells)


class _Progress:
    """How much of an end state has been there at some step so far."""

    def __init__(self, end: Effects) -> None:
        self._end = end
        self._tables = tables_of(end)
        self._added: dict[int, frozenset[str]] = {}
        self._changed: dict[int, frozenset[str]] = {}
        self._removed: set[int] = set()

    def advance(self, step: Effects) -> Effects:
        """What of the end is there after this step and was not before."""
        return Effects(
            added=tuple(self._new_added(step)),
            removed=tuple(self._new_removed(step)),
            changed=tuple(self._new_changed(step)),
        )

    def _new_added(self, step: Effects) -> Iterator[Added]:
        alike = self._drafts(step)
        pairs = best_pairs((goal, row, len(columns)) for (goal, row), columns in alike.items())
        for place in sorted(pairs):
            columns = alike[place, pairs[place]]
            if _grows(self._added, place, columns):
                goal = self._end.added[place]
                yield Added(goal.table, goal.label, _only(goal, columns))

    def _drafts(self, step: Effects) -> dict[tuple[int, int], frozenset[str]]:
        """The columns that rows of the end and of this step have in common, where it is enough."""
        tables = tables_of(step)
        return {
            (place, other): columns
            for place, goal in enumerate(self._end.added)
            for other, row in enumerate(step.added)
            if goal.table == row.table
            for columns in (columns_alike(goal.cells, row.cells, self._tables, tables),)
            if len(columns) >= _ALIKE * len(goal.cells)
        }

    def _new_changed(self, step: Effects) -> Iterator[Changed]:
        tables = tables_of(step)
        for place, goal in enumerate(self._end.changed):
            for row in step.changed:
                if row.table == goal.table and same_key(row.key, goal.key):
                    columns = columns_alike(goal.cells, row.cells, self._tables, tables)
                    if columns and _grows(self._changed, place, columns):
                        yield Changed(goal.table, goal.key, _only(goal, columns))

    def _new_removed(self, step: Effects) -> Iterator[Removed]:
        for place, goal in enumerate(self._end.removed):
            if place not in self._removed and any(
                row.table == goal.table and same_key(row.key, goal.key) for row in step.removed
            ):
                self._removed.add(place)
                yield goal


def _grows(seen: dict[int, frozenset[str]], place: int, columns: frozenset[str]) -> bool:
    """Whether a row has final cells that it never had before; takes note of them."""
    known = seen.get(place)
    if known is not None and columns <= known:
        return False
    seen[place] = columns | (known or frozenset())
    return True


def _only(row: Added | Changed, columns: frozenset[str]) -> dict[str, Cell]:
    return {name: cell for name, cell in row.cells.items() if name in columns}
