"""The figures of one world, from its files alone: nothing of it is run."""

from dataclasses import dataclass

from awm.synthesis.details import details_of
from awm.types import JsonObject
from awm.worlds import World, WorldFile
from awm.worlds.code import SourceError, operation_ids
from awm.worlds.inserted import rows_inserted
from awm.worlds.shapes import is_sound

__all__ = ["TaskFigures", "WorldFigures", "figures_of"]


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """What is known of a task; None where the files do not say.

    Attributes:
        kind: What sort of task, as its author calls it.
        difficulty: Its level, as its author sees it.
        calls: How many tool calls its oracle makes.
    """

    kind: str | None = None
    difficulty: int | None = None
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class WorldFigures:
    """What is known of a world; None where the files do not say. Small enough to hold thousands.

    Attributes:
        name: Its normalised name.
        description: What it is about.
        categories: What it was classified as.
        tables: How many tables its schema declares.
        rows: How many rows its sample statements write out.
        tools: The names of its tools.
        task_count: How many tasks are listed.
        tasks: Each of those; where none are listed, those that have an oracle.
    """

    name: str
    description: str | None
    categories: tuple[str, ...] | None
    tables: int | None
    rows: int | None
    tools: frozenset[str] | None
    task_count: int | None
    tasks: tuple[TaskFigures, ...]


def figures_of(world: World) -> WorldFigures:
    """Measure a world.

    Tools are those of its specification; where it has none that can be read, those whose
    operation ids are written out in its code.
    """
    return WorldFigures(
        name=world.name,
        description=world.description.strip() or None,
        categories=_categories(_row(world, WorldFile.SCENARIO)),
        tables=len(world.tables) if world.has(WorldFile.DATABASE) else None,
        rows=_rows(world),
        tools=_specified(world) or _coded(world),
        task_count=len(world.tasks) if world.has(WorldFile.TASKS) else None,
        tasks=_tasks(world),
    )


def _row(world: World, part: WorldFile) -> JsonObject:
    """The row that counts, the last sound one."""
    rows = reversed(world.records.get(part, ()))
    return next((row for row in rows if is_sound(part, row)), {})


def _categories(row: JsonObject) -> tuple[str, ...] | None:
    written = row.get("categories")
    if not isinstance(written, list):
        return None
    return tuple(dict.fromkeys(name for name in written if isinstance(name, str))) or None


def _rows(world: World) -> int | None:
    if not world.has(WorldFile.SAMPLE):
        return None
    total = 0
    for group in world.inserts:
        for statement in group.statements:
            count = rows_inserted(statement)
            if count is None:
                return None
            total += count
    return total


def _specified(world: World) -> frozenset[str] | None:
    spec = world.spec
    if spec is None:
        return None
    try:
        groups = spec["api_groups"]
        names = [endpoint["operation_id"] for group in groups for endpoint in group["endpoints"]]
    except (KeyError, TypeError):
        return None
    return frozenset(names) if all(isinstance(name, str) for name in names) else None


def _coded(world: World) -> frozenset[str] | None:
    if not world.has(WorldFile.ENVIRONMENT):
        return None
    try:
        return frozenset(operation_ids(world.code)) or None
    except SourceError:
        return None


def _tasks(world: World) -> tuple[TaskFigures, ...]:
    if not world.has(WorldFile.TASKS):
        return tuple(TaskFigures(calls=_calls(world, number)) for number in world.oracles)
    return tuple(
        TaskFigures(detail.kind or None, detail.difficulty, _calls(world, number))
        for number, detail in enumerate(details_of(world))
    )


def _calls(world: World, number: int) -> int | None:
    oracle = world.oracles.get(number)
    return None if oracle is None else len(oracle.solution.calls)
