"""What is wrong with a world as far as can be told without running any of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from awm.errors import Problem
from awm.worlds.code import CodeFacts, SourceError, compiles, read_code
from awm.worlds.excerpts import excerpt
from awm.worlds.files import WorldFile
from awm.worlds.model import VerifierProgram, World
from awm.worlds.shapes import find_faults, is_sound

__all__ = ["PROTOCOL_NAMES", "IdleRow", "check_world", "idle_rows"]

PROTOCOL_NAMES = frozenset(
    {"call_tool", "close", "done", "list_tools", "reset", "state", "step", "submit", "verify"}
)
"""What the protocols that serve worlds call their own verbs; a tool of that name would hide one."""

_NEEDED = {
    WorldFile.ENVIRONMENT: "nothing can be called without its code",
    WorldFile.DATABASE: "without a schema its database cannot be built",
}
_WANTED = {
    WorldFile.SCENARIO: "nobody can tell what it is about",
    WorldFile.TASKS: "there is nothing to do in it",
    WorldFile.SAMPLE: "its tables start empty",
}


def check_world(world: World) -> tuple[Problem, ...]:
    """Return what is wrong with a world, errors first.

    Looks at its rows, and parses its code and its verifiers, but runs neither them nor its SQL.
    """
    problems = chain(
        _missing(world),
        _unsound(world),
        _code(world),
        _spec(world),
        _tasks(world),
        _verifiers(world),
    )
    return tuple(sorted(problems, key=lambda problem: problem.severity != "error"))


def _error(world: World, where: str, what: str, hint: str = "") -> Problem:
    return Problem(world.name, where, what, hint, "error")


def _warning(world: World, where: str, what: str, hint: str = "") -> Problem:
    return Problem(world.name, where, what, hint, "warning")


def _missing(world: World) -> Iterator[Problem]:
    for part, why in _NEEDED.items():
        prebuilt = part is WorldFile.DATABASE and world.database_file is not None
        if not world.has(part) and not prebuilt:
            yield _error(world, part, f"has no row of this world: {why}", "generate that part")
    for part, why in _WANTED.items():
        if not world.has(part):
            yield _warning(world, part, f"has no row of this world: {why}", "generate that part")


def _unsound(world: World) -> Iterator[Problem]:
    for row in idle_rows(world):
        where = f"{row.part}: row {row.index + 1}"
        report = _error if row.instead is None else _warning
        yield report(world, where, row.what, row.hint)


@dataclass(frozen=True, slots=True)
class IdleRow:
    """A row that does not count.

    Attributes:
        part: Its file.
        index: Its place among the world's rows there.
        instead: The place of the row that counts for the same thing; None where none does.
        what: Why it does not count.
        hint: What to do about it.
    """

    part: WorldFile
    index: int
    instead: int | None
    what: str
    hint: str


def idle_rows(world: World) -> Iterator[IdleRow]:
    """Find rows that do not count: of a wrong shape, or followed by another for the same thing."""
    for part, rows in world.records.items():
        last = {_subject(part, row): index for index, row in enumerate(rows) if is_sound(part, row)}
        for index, row in enumerate(rows):
            instead = last.get(_subject(part, row))
            if fault := next(find_faults(part, row), None):
                what = f"is left out: {fault.key} {fault.what}"
                yield IdleRow(part, index, instead, what, "mend or remove the row")
            elif instead is not None and instead != index:
                what = f"is replaced by row {instead + 1}, which is for the same {_kind(part)}"
                yield IdleRow(part, index, instead, what, "remove one of them")


def _subject(part: WorldFile, row: Mapping[str, Any]) -> object:
    index = row.get("task_idx") if part.per_task else None
    return index if type(index) is int else None


def _kind(part: WorldFile) -> str:
    return "task" if part.per_task else "world"


def _code(world: World) -> Iterator[Problem]:
    if not world.has(WorldFile.ENVIRONMENT):
        return
    try:
        facts = read_code(world.code)
    except SourceError as error:
        where = f"{WorldFile.ENVIRONMENT}: full_code: {error.place}"
        yield _error(world, where, error.what, error.hint)
        return
    yield from _application(world, facts)
    yield from _names(world, WorldFile.ENVIRONMENT, facts.operation_ids)


def _application(world: World, facts: CodeFacts) -> Iterator[Problem]:
    where = f"{WorldFile.ENVIRONMENT}: full_code"
    if not facts.binds_app:
        hint = "name the application `app` at module level"
        yield _error(world, where, "nothing is called `app`", hint)
    if not facts.mentions_fastapi:
        yield _error(world, where, "FastAPI is not imported", "a world is a FastAPI application")


def _spec(world: World) -> Iterator[Problem]:
    spec = world.spec
    if spec is not None:
        yield from _names(world, WorldFile.SPEC, list(_operation_ids(spec)))


def _operation_ids(spec: Mapping[str, Any]) -> Iterator[str]:
    for group in _objects(spec.get("api_groups")):
        for endpoint in _objects(group.get("endpoints")):
            name = endpoint.get("operation_id")
            if isinstance(name, str):
                yield name


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (element for element in value if isinstance(element, Mapping))


def _names(world: World, part: WorldFile, operation_ids: Iterable[str]) -> Iterator[Problem]:
    for name, count in Counter(operation_ids).items():
        where = f"{part}: tool {excerpt(name)}"
        if count > 1:
            what = f"{count} operations have this id; only one of them could be called"
            yield _error(world, where, what, "give each its own operation_id")
        if name in PROTOCOL_NAMES:
            what = "protocols that serve worlds use this name themselves"
            yield _warning(world, where, what, "call the tool after what it does here")


def _tasks(world: World) -> Iterator[Problem]:
    if world.has(WorldFile.TASKS) and not world.tasks:
        yield _warning(world, WorldFile.TASKS, "the list of tasks is empty", "generate tasks")
    for index, task in enumerate(world.tasks):
        where = f"{WorldFile.TASKS}: task {index}"
        if not task.strip():
            yield _error(world, where, "the task is empty", "say what is to be done")
        elif (first := world.tasks.index(task)) != index:
            yield _warning(world, where, f"is the same as task {first}", "remove one of them")


def _verifiers(world: World) -> Iterator[Problem]:
    for program in world.verifiers:
        yield from _verifier(world, program)
    verified = {program.task_idx for program in world.verifiers}
    bare = [str(index) for index in range(len(world.tasks)) if index not in verified]
    if verified and bare:
        where = f"{WorldFile.VERIFIER_CODE}, {WorldFile.VERIFIER_SQL}"
        what = f"there is no verifier for task {', '.join(bare)}"
        yield _warning(world, where, what, "generate the missing ones")


def _verifier(world: World, program: VerifierProgram) -> Iterator[Problem]:
    part = WorldFile.VERIFIER_CODE if program.mode == "code" else WorldFile.VERIFIER_SQL
    where = f"{part}: task {program.task_idx}"
    try:
        compiles(program.code)
    except SourceError as error:
        yield _error(world, f"{where}: {error.place}", error.what, error.hint)
    if not world.has(WorldFile.TASKS):
        return
    if program.task_idx >= len(world.tasks):
        what = f"there is no such task; the world has {len(world.tasks)}"
        yield _warning(world, where, what, "remove the verifier")
    elif program.task and program.task.split() != world.tasks[program.task_idx].split():
        what = "was written for a task of other words than the world's"
        yield _warning(world, where, what, f"it is for: {excerpt(program.task)}")
