"""Worlds of notes with tasks, oracles and verifiers, and what an audit makes of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from awm.audit.cases import CaseMaker, Exhibit, Ground
from awm.audit.hints import hints_in_rows
from awm.audit.model import TaskAudit
from awm.audit.proving import Prover
from awm.runtime import Instance, Runtime, VerifierPool
from awm.types import ToolCall
from awm.verify.solving import Solved, solve
from awm.worlds import World, WorldFile
from tests.conftest import make_world

TASK = 'Add a note that says "milk" and one that says "bread".'
TOOLS = """
@app.put("/notes/{note_id}", operation_id="rename_note")
async def rename_note(note_id: int, title: str):
    with engine.begin() as connection:
        done = connection.exec_driver_sql(
            "UPDATE notes SET title = ? WHERE id = ?", (title, note_id)
        )
        if not done.rowcount:
            raise HTTPException(404, "there is no such note")
    return {"id": note_id, "title": title}


@app.delete("/notes/{note_id}", operation_id="delete_note")
async def delete_note(note_id: int):
    with engine.begin() as connection:
        if not connection.exec_driver_sql("DELETE FROM notes WHERE id = ?", (note_id,)).rowcount:
            raise HTTPException(404, "there is no such note")
    return {"deleted": note_id}
"""
FAIL = """
@app.post("/fail", operation_id="fail")
async def fail():
    raise RuntimeError("never works")
"""
READING = """
import sqlite3

def titles(path):
    rows = sqlite3.connect(path).execute("SELECT title FROM notes ORDER BY id")
    return [title for title, in rows]
"""


def deciding(condition: str) -> str:
    """A verifier that says what a condition on `before`, `after` and `answer` comes to."""
    return f"""{READING}
def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    before, after, answer = titles(initial_db_path), titles(final_db_path), final_answer or ""
    return {{"result": "complete" if {condition} else "others"}}
"""


def gathering(evidence: str) -> str:
    """A verifier that returns an expression of `before` and `after` for a judge."""
    return f"""{READING}
def verify_task(initial_db_path, final_db_path):
    before, after = titles(initial_db_path), titles(final_db_path)
    return {{"found": {evidence}}}
"""


RIGHT = deciding('sorted(after) == ["bread", "first", "milk"]')


def add(title: str) -> dict[str, Any]:
    return {"tool": "add_note", "arguments": {"title": title}}


def oracle(*calls: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    return {"calls": [*calls], "answer": None, **others}


BOTH = oracle(add("milk"), add("bread"))


def tasked(
    code: str | None = RIGHT,
    *,
    sql: str | None = None,
    solved: Mapping[str, Any] | None = BOTH,
    task: str = TASK,
    task_idx: int = 0,
    tools: str = "",
    **world: Any,
) -> World:
    """The world of notes with a task, its verifiers and its oracle; None leaves one out."""
    made = make_world(TOOLS + tools, **world)
    row = {"scenario": made.scenario, "task_idx": task_idx}
    program = row | {"task": task}
    added = {
        WorldFile.TASKS: [{"scenario": made.scenario, "tasks": [task]}],
        WorldFile.VERIFIER_CODE: [program | {"verification": {"code": code}}] if code else [],
        WorldFile.VERIFIER_SQL: [program | {"verification": {"code": sql}}] if sql else [],
        WorldFile.ORACLE: [row | solved] if solved is not None else [],
    }
    return World.from_records({**made.records, **added})


STRAYS = (ToolCall("add_note", {"title": "stray"}), ToolCall("list_notes"))


async def ground_of(
    runtime: Runtime, instance: Instance, world: World, strays: Sequence[ToolCall] = STRAYS
) -> Ground:
    examiner, template = runtime.examiner, instance.world.template
    schema = await examiner.describe(world.name, template)
    hints = hints_in_rows(await examiner.compare(world.name, b"", template))
    return Ground(world, instance, schema, hints, strays)


async def proven(
    runtime: Runtime,
    pool: VerifierPool,
    world: World,
    task_idx: int = 0,
    strays: Sequence[ToolCall] = STRAYS,
) -> TaskAudit:
    """What an audit finds out about one task of a world."""
    async with await runtime.launch(world) as instance:
        ground = await ground_of(runtime, instance, world, strays)
        return await Prover(runtime, pool, ground, 0).prove(task_idx)


async def solved_in(runtime: Runtime, world: World, task_idx: int = 0) -> Solved:
    """The oracle of one task, carried out."""
    async with await runtime.launch(world) as instance:
        schema = await runtime.examiner.describe(world.name, instance.world.template)
        return await solve(runtime, instance, schema, world.oracles[task_idx])


async def exhibits_of(
    runtime: Runtime, world: World, strays: Sequence[ToolCall] = STRAYS
) -> list[Exhibit]:
    """The cases of the world's first task."""
    async with await runtime.launch(world) as instance:
        ground = await ground_of(runtime, instance, world, strays)
        solved = await solve(runtime, instance, ground.schema, world.oracles[0])
        maker = CaseMaker(runtime, ground, solved, world.sentence(0), 0)
        return [exhibit async for exhibit in maker.make()]
