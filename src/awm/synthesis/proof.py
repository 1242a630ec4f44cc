"""From a manuscript to a proven world: every task is carried out, and its verifiers are attacked.

The world's own code is run in the jail. What it comes to has to be what the dry books came to, row
by row; its verifiers are compiled from that, and have to tell it from near misses. A task of which
any of this fails is not written.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from awm.audit.cases import Attack, Ground
from awm.audit.compiled import PARTS, verifier_row
from awm.audit.hints import Hints, hints_in_rows
from awm.audit.proving import Prover
from awm.errors import OracleError
from awm.runtime import Instance, Runtime, Schema, StateDiff, VerifierPool
from awm.synthesis.drafts import DraftedTask
from awm.synthesis.dry import Books, Row
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.types import JsonObject
from awm.verify.compiling import compile_verifier
from awm.verify.solving import Solved, solve
from awm.worlds import World, WorldFile

__all__ = ["LEAN", "Dropped", "ProvenWorld", "prove"]

LEAN: Final = Attack(
    mutations=1, swaps=0, strays=1, prefixes=1, silences=1, answers=1, evidence=False
)
"""The near misses that every task is tried on when it is made. `awm audit` tries many more."""

_BATCHES: Final = 4

Records = Mapping[WorldFile, Sequence[JsonObject]]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A task that was not written.

    Attributes:
        task: Its sentence.
        why: What could not be proven.
    """

    task: str
    why: str


@dataclass(frozen=True)
class ProvenWorld:
    """A world and its tasks, each proven.

    Attributes:
        records: The rows of all files.
        database: Its initial state.
        dropped: Tasks that were left out.
    """

    records: Records
    database: bytes
    dropped: tuple[Dropped, ...] = ()

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return len(self.records[WorldFile.ORACLE])


_Programs = tuple[tuple[WorldFile, JsonObject], ...]
"""The verifiers of a task as rows, each with its file."""


@dataclass(frozen=True)
class _Proof:
    """A task that was proven."""

    task: DraftedTask
    solved: Solved
    idx: int
    programs: _Programs


async def prove(
    manuscript: Manuscript,
    tasks: Iterator[DraftedTask],
    order: Order,
    runtime: Runtime,
    pool: VerifierPool,
) -> ProvenWorld:
    """Bring a world to life and keep the tasks that can be proven.

    Args:
        manuscript: The world.
        tasks: Tasks to choose from, in order.
        order: Says how many there are to be.
        runtime: Where its code runs.
        pool: Where verifiers run.

    Returns:
        The world with as many tasks as wanted, or fewer if no more can be drafted.

    Raises:
        WorldError: The world does not come to life.
        InfrastructureError: The machinery failed.
    """
    proven: list[_Proof] = []
    dropped: list[Dropped] = []
    bare = World.from_records(manuscript.records)
    async with await runtime.launch(bare) as instance:
        template = instance.world.template
        schema = await runtime.examiner.describe(bare.name, template)
        rows = await runtime.examiner.compare(bare.name, b"", template)
        bench = _Bench(manuscript, runtime, pool, instance, schema, hints_in_rows(rows))
        for _ in range(_BATCHES):
            batch = list(islice(tasks, order.tasks - len(proven)))
            if not batch:
                break
            for outcome in await bench.try_all(batch):
                if isinstance(outcome, _Proof):
                    proven.append(outcome)
                else:
                    dropped.append(outcome)
    records = _written(manuscript, proven, order)
    return ProvenWorld(records, template, tuple(dropped))


@dataclass(frozen=True)
class _Bench:
    """A world, live, with what it takes to prove tasks in it."""

    manuscript: Manuscript
    runtime: Runtime
    pool: VerifierPool
    instance: Instance
    schema: Schema
    hints: Hints

    async def try_all(self, batch: Sequence[DraftedTask]) -> list[_Proof | Dropped]:
        """Try some tasks."""
        records = {**self.manuscript.records, **_task_rows(self.manuscript, batch)}
        world = World.from_records(records)
        solved = [await self._solve(world, idx, task) for idx, task in enumerate(batch)]
        programs: dict[int, _Programs] = {}
        for idx, found in enumerate(solved):
            if not isinstance(found, Solved):
                continue
            try:
                programs[idx] = _programs(world.name, idx, batch[idx], found, self.schema)
            except OracleError as error:
                solved[idx] = Dropped(batch[idx].texts[0], error.message)
        verified = World.from_records({**records, **_by_file(programs.values())})
        strays = [call for o in world.oracles.values() for call in o.solution.calls]
        tools = self.manuscript.surface.tools
        reads = frozenset(tool.name for tool in tools if tool.method == "GET")
        ground = Ground(verified, self.instance, self.schema, self.hints, strays, reads)
        prover = Prover(self.runtime, self.pool, ground, self.manuscript.plan.seed, LEAN)
        return [
            await _decide(prover, idx, batch[idx], found, programs[idx])
            if isinstance(found, Solved)
            else found
            for idx, found in enumerate(solved)
        ]

    async def _solve(self, world: World, idx: int, task: DraftedTask) -> Solved | Dropped:
        try:
            # The code that is written here reads no clock: one task shows it for its world.
            solved = await solve(
                self.runtime, self.instance, self.schema, world.oracles[idx], timeless=idx > 0
            )
        except OracleError as error:
            return Dropped(task.texts[0], error.message)
        expected = _changes(self.manuscript.books, task.draft.end)
        if _plain(solved.diff) != expected:
            return Dropped(task.texts[0], "the world's code and the dry books do not agree")
        if task.draft.kind == "question" and not self._reads_right(solved):
            return Dropped(task.texts[0], "a tool shows rows that the dry books do not have")
        return solved

    def _reads_right(self, solved: Solved) -> bool:
        """Whether what the tools showed is what the dry books hold, where nothing was changed."""
        tools, books = self.manuscript.surface.by_name, self.manuscript.books
        key = self.manuscript.surface.style.rows_key
        for step in solved.replays[0].steps:
            tool = tools[step.call.name]
            entity = tool.entity
            if entity is None or step.result.is_error:
                continue
            shown = json.loads(step.result.text)
            # A row may have a column that is called like the list of rows.
            for row in shown[key] if tool.kind == "list" else [shown]:
                known = _stored(books.values(books.row(entity.name, row["id"])))
                # A truth value equals the number that the database keeps for it.
                if any(row.get(name) != value for name, value in known.items()):
                    return False
        return True


async def _decide(
    prover: Prover, idx: int, task: DraftedTask, solved: Solved, programs: _Programs
) -> _Proof | Dropped:
    found = await prover.prove(idx, solved)
    if found.verdict == "proven":
        return _Proof(task, solved, idx, programs)
    return Dropped(task.texts[0], f"{found.verdict}: {found.reason}")


def _programs(world: str, idx: int, task: DraftedTask, solved: Solved, schema: Schema) -> _Programs:
    found = []
    for mode, part in PARTS.items():
        program = compile_verifier(mode, world, idx, task.texts[0], solved.expectation, schema)
        found.append((part, verifier_row(world, program)))
    return tuple(found)


def _by_file(programs: Iterable[_Programs]) -> dict[WorldFile, list[JsonObject]]:
    rows: dict[WorldFile, list[JsonObject]] = {part: [] for part in PARTS.values()}
    for each in programs:
        for part, row in each:
            rows[part].append(row)
    return rows


def _written(manuscript: Manuscript, proven: Sequence[_Proof], order: Order) -> Records:
    rows = _task_rows(manuscript, [proof.task for proof in proven])
    ordered = {"tasks": order.tasks, "levels": list(order.levels), "state": order.state}
    rows[WorldFile.TASKS] = [{**row, "builtin": ordered} for row in rows[WorldFile.TASKS]]
    oracles: list[JsonObject] = [
        {**row, "state_hash": proof.solved.state_hash}
        for row, proof in zip(rows[WorldFile.ORACLE], proven, strict=True)
    ]
    programs = [
        proof.programs
        if proof.idx == idx  # otherwise the number that they tell is another one now
        else _programs(manuscript.name, idx, proof.task, proof.solved, proof.solved.schema)
        for idx, proof in enumerate(proven)
    ]
    verifiers = _by_file(programs)
    records = {**manuscript.records, **rows, WorldFile.ORACLE: oracles, **verifiers}
    return {part: records[part] for part in WorldFile if part in records}


def _task_rows(
    manuscript: Manuscript, tasks: Sequence[DraftedTask]
) -> dict[WorldFile, list[JsonObject]]:
    """The rows of `gen_tasks.jsonl` and `gen_oracle.jsonl`."""
    title = manuscript.plan.title
    listed: JsonObject = {
        "scenario": title,
        "tasks": [task.texts[0] for task in tasks],
        "details": [
            {
                "kind": task.draft.kind,
                "difficulty": task.difficulty,
                "phrasings": list(task.texts[1:]),
            }
            for task in tasks
        ],
    }
    oracles: list[JsonObject] = [
        {"scenario": title, "task_idx": idx, **_oracle(task)} for idx, task in enumerate(tasks)
    ]
    return {WorldFile.TASKS: [listed], WorldFile.ORACLE: oracles}


def _oracle(task: DraftedTask) -> dict[str, Any]:
    draft = task.draft
    calls = [
        {"tool": call.name, "arguments": call.arguments}
        | ({"refused": True} if place in draft.refused else {})
        for place, call in enumerate(draft.calls)
    ]
    found: dict[str, Any] = {"calls": calls, "answer": draft.answer}
    if draft.facts is not None:
        found["facts"] = [list(wordings) for wordings in draft.facts]
    return found


_Changes = dict[str, dict[int, tuple[Any, Any]]]
"""By table and number: the row before and after, None where there is none."""


def _changes(before: Books, after: Books) -> _Changes:
    """What the dry books say was changed."""
    changes: _Changes = {}
    for old, new in after.since(before):
        row = old or new
        assert row is not None
        table = changes.setdefault(row.entity_.plural, {})
        table[row.id] = (_row(before, old), _row(after, new))
    return changes


def _row(books: Books, row: Row | None) -> dict[str, Any] | None:
    return None if row is None else _stored(books.values(row))


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the database has it."""
    return {
        key: value.isoformat()
        if isinstance(value, dt.date)
        else int(value)
        if isinstance(value, bool)
        else value
        for key, value in values.items()
    }


def _plain(diff: StateDiff) -> _Changes:
    changes: _Changes = {}
    for table in diff:
        rows = changes.setdefault(table.table, {})
        rows.update((row["id"], (None, dict(row))) for row in table.added)
        rows.update((row["id"], (dict(row), None)) for row in table.removed)
        rows.update((c.before["id"], (dict(c.before), dict(c.after))) for c in table.changed)
    return changes
