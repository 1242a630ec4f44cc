"""A world: the rows that describe it, kept as they were written, and typed views of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from awm.errors import Problem, WorldFileError, WorldIncompleteError
from awm.types import JsonObject
from awm.worlds.database import DatabaseRecipe, Table, TableInserts
from awm.worlds.files import WorldFile
from awm.worlds.names import normalise
from awm.worlds.oracle import Oracle
from awm.worlds.shapes import find_faults, is_sound, read_clock

__all__ = ["DEFAULT_CLOCK", "VerifierProgram", "World"]

DEFAULT_CLOCK = datetime(2026, 2, 1, 12, tzinfo=UTC)
"""The moment at which a world stands that names none. The tasks of published worlds mention dates
in the weeks around it, and their sample rows lie so many days before or after `now`."""

_MODES: Mapping[WorldFile, Literal["code", "sql"]] = {
    WorldFile.VERIFIER_CODE: "code",
    WorldFile.VERIFIER_SQL: "sql",
}


@dataclass(frozen=True, slots=True)
class VerifierProgram:
    """A program that judges whether a task was done, from the database before and after.

    Attributes:
        mode: `code` programs decide; `sql` programs gather evidence for a judge.
        task_idx: The task's number in the world, counted from 0.
        task: The sentence it was written for.
        code: Python source, untrusted.
    """

    mode: Literal["code", "sql"]
    task_idx: int
    task: str
    code: str


@dataclass(frozen=True, eq=False, repr=False)
class World:
    """One executable world as its files describe it. Make it with `World.from_records`.

    The rows are the truth and are kept whole, with keys that nobody here knows; treat what is
    inside them as read-only. Everything else is computed from them when first asked for. Where a
    file holds several rows for the same thing, the last sound one counts.

    Attributes:
        name: The normalised name.
        scenario: The name as it was written.
        records: The rows of each file that has any, in the order of the file.
        database_file: A prebuilt database that came with the files.
    """

    name: str
    scenario: str
    records: Mapping[WorldFile, tuple[JsonObject, ...]]
    database_file: Path | None = None

    @classmethod
    def from_records(
        cls,
        records: Mapping[WorldFile, Sequence[Mapping[str, Any]]],
        *,
        database_file: Path | None = None,
        lines: Mapping[WorldFile, Sequence[int]] | None = None,
    ) -> "World":
        """Return the world that these rows describe.

        Args:
            records: The rows of each file, all of one world.
            database_file: A prebuilt database to attach.
            lines: The line numbers of the rows, for messages; without them rows are counted.

        Raises:
            WorldFileError: There is no row; rows are of different worlds; or a file has rows for
                this world and none has the right shape. Only rows about single tasks, verifiers
                and oracles, may be unsound: they are left out of the views, and `check_world`
                reports them.
        """
        kept = {WorldFile(part): tuple(rows) for part, rows in records.items() if rows}
        kept = {part: kept[part] for part in WorldFile if part in kept}
        spellings = [
            spelling
            for part, rows in kept.items()
            for row in rows
            if (spelling := _name(part, row))
        ]
        scenario = spellings[0] if spellings else ""
        name = normalise(scenario)
        problems = [
            *_naming_problems(kept, name, lines or {}),
            *_shape_problems(kept, name, lines or {}),
        ]
        if problems or not name:
            raise WorldFileError(
                scenario,
                "its files do not describe a world." if kept else "there is no row of it.",
                "Mend the rows named here, or leave them out.",
                problems,
            )
        return cls(name, scenario, MappingProxyType(kept), database_file)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self.name, self.scenario, dict(self.records), self.database_file)

    def __repr__(self) -> str:
        parts = ", ".join(part.name.lower() for part in self.records)
        return f"<World {self.name}: {parts}>"

    def has(self, part: WorldFile) -> bool:
        """Tell whether the world has a row in that file."""
        return part in self.records

    @cached_property
    def description(self) -> str:
        """What the world is about; empty if nobody wrote it down."""
        return str(self._row(WorldFile.SCENARIO).get("description") or "")

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """What there is to do, in order; a task's number is its place here."""
        return tuple(self._row(WorldFile.TASKS).get("tasks", ()))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables, in the order in which they are created."""
        declared = self._row(WorldFile.DATABASE).get("db_schema", {}).get("tables", ())
        return tuple(
            Table(table["name"], table["ddl"], tuple(table.get("indexes") or ()))
            for table in declared
        )

    @cached_property
    def inserts(self) -> tuple[TableInserts, ...]:
        """The sample rows, in the order in which they are inserted."""
        groups = self._row(WorldFile.SAMPLE).get("sample_data", {}).get("tables", ())
        return tuple(
            TableInserts(group["table_name"], tuple(group.get("insert_statements") or ()))
            for group in groups
        )

    @property
    def code(self) -> str:
        """The source of the FastAPI application, untrusted.

        Raises:
            WorldIncompleteError: The world has no code.
        """
        return str(self._part(WorldFile.ENVIRONMENT, "code")["full_code"])

    @property
    def spec(self) -> JsonObject | None:
        """The interface that the code was written from, if it is known."""
        spec: JsonObject | None = self._row(WorldFile.SPEC).get("api_spec")
        return spec

    @cached_property
    def verifiers(self) -> tuple[VerifierProgram, ...]:
        """The verifier programs by task, `code` before `sql`; one for each task and mode."""
        found = {
            (program.task_idx, program.mode): program
            for part, mode in _MODES.items()
            for program in _programs(self.records.get(part, ()), part, mode)
        }
        return tuple(found[key] for key in sorted(found))

    def verifier(
        self, task_idx: int, mode: Literal["code", "sql"] = "code"
    ) -> VerifierProgram | None:
        """The verifier program of a task, if it has one of that mode."""
        wanted = (task_idx, mode)
        return next((one for one in self.verifiers if (one.task_idx, one.mode) == wanted), None)

    @cached_property
    def oracles(self) -> Mapping[int, Oracle]:
        """The oracles by their tasks' numbers."""
        rows = self.records.get(WorldFile.ORACLE, ())
        found = {
            row["task_idx"]: Oracle.from_row(row) for row in rows if is_sound(WorldFile.ORACLE, row)
        }
        return MappingProxyType(dict(sorted(found.items())))

    def sentence(self, task_idx: int) -> str:
        """What there is to do; where the list of tasks does not say, a verifier may.

        Empty where nobody says it.
        """
        if task_idx < len(self.tasks):
            return self.tasks[task_idx]
        told = (program.task for program in self.verifiers if program.task_idx == task_idx)
        return next(filter(None, told), "")

    @property
    def foreign_keys(self) -> bool:
        """Whether foreign keys are enforced at run time: `foreign_keys` of the schema's row.

        False where the row does not say, as worlds made elsewhere were run without.
        """
        return bool(self._row(WorldFile.DATABASE).get("foreign_keys", False))

    @cached_property
    def clock(self) -> datetime:
        """The moment at which the world stands, in UTC: `clock` of the schema's row."""
        written = self._row(WorldFile.DATABASE).get("clock")
        return DEFAULT_CLOCK if written is None else read_clock(written)

    def recipe(self) -> DatabaseRecipe:
        """Return what the world's database is built from.

        Raises:
            WorldIncompleteError: The world has no schema.
        """
        self._part(WorldFile.DATABASE, "database schema")
        return DatabaseRecipe(
            world=self.name,
            tables=self.tables,
            inserts=self.inserts,
            clock=self.clock.timestamp(),
            foreign_keys=self.foreign_keys,
        )

    def _row(self, part: WorldFile) -> JsonObject:
        sound = (row for row in reversed(self.records.get(part, ())) if is_sound(part, row))
        return next(sound, {})

    def _part(self, part: WorldFile, what: str) -> JsonObject:
        if not self.has(part):
            raise WorldIncompleteError(
                self.name,
                f"it has no {what}: no row of it in {part}.",
                f"Open a folder whose {part} has the world, or generate that part.",
            )
        return self._row(part)


def _unpickle(
    name: str,
    scenario: str,
    records: dict[WorldFile, tuple[JsonObject, ...]],
    database_file: Path | None,
) -> World:
    return World(name, scenario, MappingProxyType(records), database_file)


def _name(part: WorldFile, row: object) -> str:
    name = row.get(part.name_key) if isinstance(row, Mapping) else None
    return name if isinstance(name, str) else ""


def _programs(
    rows: Sequence[JsonObject], part: WorldFile, mode: Literal["code", "sql"]
) -> Iterator[VerifierProgram]:
    for row in rows:
        if is_sound(part, row):
            task = row.get("task")
            yield VerifierProgram(
                mode=mode,
                task_idx=row["task_idx"],
                task=task if isinstance(task, str) else "",
                code=row["verification"]["code"],
            )


def _place(part: WorldFile, index: int, lines: Mapping[WorldFile, Sequence[int]]) -> str:
    return f"{part}: line {lines[part][index]}" if part in lines else f"{part}: row {index + 1}"


def _naming_problems(
    records: Mapping[WorldFile, Sequence[JsonObject]],
    name: str,
    lines: Mapping[WorldFile, Sequence[int]],
) -> Iterator[Problem]:
    for part, rows in records.items():
        for index, row in enumerate(rows):
            found = _name(part, row)
            if not found or normalise(found) != name or not name:
                yield Problem(
                    world=name,
                    where=f"{_place(part, index, lines)}: {part.name_key}",
                    what=f"should name the world {name!r}, says {found!r}",
                    hint="a name is a string with at least one letter a-z or digit",
                )


def _shape_problems(
    records: Mapping[WorldFile, Sequence[JsonObject]],
    name: str,
    lines: Mapping[WorldFile, Sequence[int]],
) -> Iterator[Problem]:
    for part, rows in records.items():
        if part.per_task or any(is_sound(part, row) for row in rows):
            continue
        for index, row in enumerate(rows):
            for fault in find_faults(part, row):
                where = f"{_place(part, index, lines)}: {fault.key}"
                yield Problem(name, where, fault.what, f"see the layout of {part}")
