"""Mends what can be mended in a world without knowing better than its author.

Nothing is made up: rows that do not count are dropped, the clock that the world is run at is
written down, and verifiers come from oracles. What is written is kept only where it is shown to be
right: the database built from rewritten rows holds the same, and a compiled verifier is proven.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from awm.audit.clocks import asks_to_pin, columns_that_move
from awm.audit.drafting import Draft, Edit
from awm.audit.fixes import Change, Fixed
from awm.audit.mending import Mender, is_there
from awm.audit.model import TaskAudit, WorldAudit
from awm.audit.pinning import pin_sql
from awm.audit.running import Effort
from awm.errors import Problem, SnapshotError, WorldError
from awm.runtime import Runtime, VerifierPool
from awm.types import JsonObject
from awm.worlds import World, WorldFile, check_world
from awm.worlds.check import idle_rows
from awm.worlds.shapes import is_sound

__all__ = ["fix_world"]

_NORMAL: Final = Effort()
_VERIFIERS: Final = (WorldFile.VERIFIER_SQL, WorldFile.VERIFIER_CODE)


async def fix_world(
    world: World,
    found: WorldAudit,
    runtime: Runtime,
    pool: VerifierPool,
    effort: Effort = _NORMAL,
) -> Fixed:
    """Mend a world as far as can be done without its author.

    * Rows that do not count, because another one for the same thing does, are dropped, and so are
      verifiers for tasks that are not there.
    * Where it depends on the day, the moment at which it is run is written down as its `clock`, and
      sample rows that ask for the time get what they are given at that moment. Where a database
      came with it, the rows are not what it starts from, and both stay as they are.
    * Each task whose oracle works gets the verifiers that it lacks, and others for those that are
      unsound: compiled from the oracle, and proven like any other.
    * Oracles without a `state_hash` get it.

    All else is kept: order, further keys, sound verifiers, rows that nobody can read.

    Args:
        world: The world.
        found: What the audit found out about it.
        runtime: Where it is brought to life.
        pool: Where its verifiers run.
        effort: How thoroughly compiled verifiers are tried.

    Raises:
        InfrastructureError: The machinery failed.
    """
    fixing = _Fixing(world, found, runtime)
    await fixing.pin()
    mender = Mender(fixing.draft, found, runtime, pool, effort)
    await mender.mend()
    fixing.drop()
    fixed = fixing.draft.world()
    left = [*fixing.left(fixed), *mender.problems, *_tasks_left(world, found)]
    left.sort(key=lambda problem: problem.severity != "error")
    return Fixed(fixed, tuple(fixing.draft.changes), tuple(dict.fromkeys(left)))


class _Fixing:
    """One world being mended, its tasks left aside."""

    def __init__(self, world: World, found: WorldAudit, runtime: Runtime) -> None:
        self.draft = Draft(world)
        self._world = world
        self._found = found
        self._runtime = runtime
        self._is_pinned = False
        self._problems: list[Problem] = []

    async def pin(self) -> None:
        """Write down at which moment the world stands, where that matters."""
        place = self.draft.counting(WorldFile.DATABASE)
        if place is None or not any(map(asks_to_pin, self._found.problems)):
            return
        moment = self._world.clock.isoformat().replace("+00:00", "Z")
        row = {**self.draft.row(WorldFile.DATABASE, place), "clock": moment}
        what = f"names {moment} as the time of the world, whose rows or code depend on the day"
        change = Change(f"{WorldFile.DATABASE}: clock", what)
        self.draft.apply([Edit(WorldFile.DATABASE, place, row, change)])
        self._is_pinned = True
        if self._world.database_file is None:
            await self._pin_rows()

    async def _pin_rows(self) -> None:
        place = self.draft.counting(WorldFile.SAMPLE)
        if place is None:
            return
        row = self.draft.row(WorldFile.SAMPLE, place)
        pinned, changed = await asyncio.to_thread(_pinned, row, self._world)
        if changed and not await self._write_pinned(place, pinned, changed):
            return
        if moving := await columns_that_move(self._runtime, self.draft.world()):
            self._leave(
                f"{WorldFile.SAMPLE}: {moving}",
                "the rows depend on the day where a server does not know the world's clock",
                "write out what defaults, triggers and the like give them",
            )

    async def _write_pinned(self, place: int, pinned: JsonObject, changed: int) -> bool:
        """Write rows that do not ask for the time, where they are the same as those that do."""
        what = (
            "1 statement that asked for the time now says what it is given"
            if changed == 1
            else f"{changed} statements that asked for the time now say what they are given"
        )
        change = Change(str(WorldFile.SAMPLE), f"{what} at the world's clock")
        edit = Edit(WorldFile.SAMPLE, place, pinned, change)
        if not await self._builds_the_same([edit]):
            self._leave(
                str(WorldFile.SAMPLE),
                "its rows ask for the time in a way that cannot be written out",
                "write the moments that are meant; they are taken at the world's clock meanwhile",
            )
            return False
        self.draft.apply([edit])
        return True

    def _leave(self, where: str, what: str, hint: str) -> None:
        self._problems.append(Problem(self._world.name, where, what, hint, "warning"))

    async def _builds_the_same(self, edits: list[Edit]) -> bool:
        examiner, name = self._runtime.examiner, self._world.name
        digests = set()
        try:
            for world in (self._world, self.draft.world(edits)):
                built = await examiner.build(world.recipe())
                digests.add(await examiner.digest(name, built.image))
        except (SnapshotError, WorldError):
            return False
        return len(digests) == 1

    def drop(self) -> None:
        """Drop the rows that nothing is lost with."""
        doomed: dict[WorldFile, dict[int, str]] = {}
        for idle in idle_rows(self.draft.world()):
            if idle.instead is not None:
                doomed.setdefault(idle.part, {})[idle.index] = idle.what
        for part, place, why in self._strangers():
            doomed.setdefault(part, {})[place] = why
        for part, places in doomed.items():
            for place, why in sorted(places.items()):
                self.draft.changes.append(Change(f"{part}: row {place + 1}", f"dropped: it {why}"))
            self.draft.drop(part, places)

    def _strangers(self) -> Iterator[tuple[WorldFile, int, str]]:
        """Verifiers for tasks that are not there; a world without any task lacks those instead."""
        count = len(self._world.tasks)
        for part in _VERIFIERS if count else ():
            for place, row in enumerate(self._world.records.get(part, ())):
                if is_sound(part, row) and row["task_idx"] >= count:
                    index = row["task_idx"]
                    yield part, place, f"verifies task {index}, and there are {count} tasks"

    def left(self, fixed: World) -> Iterator[Problem]:
        """What is still wrong, apart from single tasks."""
        # What is told from the rows alone is told anew; the rest was found out at some expense.
        known = set(check_world(self._world))
        yield from check_world(fixed)
        for problem in self._found.problems:
            if problem not in known and not (self._is_pinned and asks_to_pin(problem)):
                yield problem
        yield from self._problems


def _pinned(row: JsonObject, world: World) -> tuple[JsonObject, int]:
    """A row of sample data whose SQL does not ask for the time, and how many statements differ."""
    changed = 0

    def pinned(sql: str) -> str:
        nonlocal changed
        text = pin_sql(sql, world.clock)
        changed += text != sql
        return text

    tables: list[dict[str, Any]] = []
    for table in row["sample_data"]["tables"]:
        statements = table.get("insert_statements")
        kept = statements and {"insert_statements": [pinned(sql) for sql in statements]}
        tables.append({**table, **(kept or {})})
    return {**row, "sample_data": {**row["sample_data"], "tables": tables}}, changed


def _tasks_left(world: World, found: WorldAudit) -> Iterator[Problem]:
    """What only an author can do about tasks; those whose oracle works are the mender's."""
    bare = []
    for task in found.tasks:
        if not is_there(world, task.task_idx):
            yield from _oracle_of_nothing(world, task)
        elif task.calls is not None and task.state_hash is None:
            where = f"{WorldFile.ORACLE}: task {task.task_idx}"
            yield Problem(world.name, where, task.reason, "mend the oracle, or what it calls")
        elif task.calls is None and task.verdict == "unsound":
            what = f"its verifier is unsound: {task.reason}"
            hint = f"write an oracle into {WorldFile.ORACLE}, and `awm audit --fix` compiles one"
            yield Problem(world.name, f"task {task.task_idx}", what, hint)
        elif task.calls is None:
            bare.append(str(task.task_idx))
    if bare:
        what = f"there is no oracle for task {', '.join(bare)}, so that nothing can be proven"
        hint = "write down the calls that solve them"
        yield Problem(world.name, str(WorldFile.ORACLE), what, hint, "warning")


def _oracle_of_nothing(world: World, task: TaskAudit) -> Iterator[Problem]:
    if task.calls is not None:
        where = f"{WorldFile.ORACLE}: task {task.task_idx}"
        what = f"there is no such task; the world has {len(world.tasks)}"
        yield Problem(world.name, where, what, "add the task, or remove the oracle", "warning")
