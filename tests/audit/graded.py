"""Worlds with tasks to audit, and an audit made by hand to show."""

from collections.abc import Mapping, Sequence

from awm.audit.faults import ToolFault, problem_of
from awm.audit.model import Audit, Case, Counterexample, TaskAudit, WorldAudit
from awm.errors import Problem
from awm.types import ToolCall
from awm.worlds import World, WorldFile
from tests.conftest import make_world

TASK = "Add a note that says milk."
SOUND = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    rows = sqlite3.connect(final_db_path).execute("SELECT title FROM notes ORDER BY id")
    return {"result": "complete" if list(rows) == [("first",), ("milk",)] else "others"}
"""
LAX = "def verify_task_completion(*_, **__):\n    return {'result': 'complete'}\n"
NEVER = "def verify_task_completion(*_, **__):\n    return {'result': 'others'}\n"
RAISING = "def verify_task_completion(*_, **__):\n    raise ValueError('</script>')\n"
BLIND = "def verify_task(*_, **__):\n    return {'nothing': 'to say'}\n"
SEEING = """
import sqlite3

def verify_task(initial_db_path, final_db_path, *_):
    rows = sqlite3.connect(final_db_path).execute("SELECT title FROM notes")
    return {"titles": [title for title, in rows]}
"""
FICKLE = """
import os

def verify_task(*_, **__):
    return {"process": os.getpid()}
"""
SOLVED = ({"tool": "add_note", "arguments": {"title": "milk"}},)
FAILING = """
@app.get("/fail", operation_id="fail")
async def fail():
    raise RuntimeError("<b>never</b> works")
"""


def graded(
    code: str | None = SOUND,
    *,
    sql: str | None = None,
    calls: Sequence[Mapping[str, object]] | None = SOLVED,
    tools: str = "",
    name: str = "Notes",
) -> World:
    """The world of notes with one task, its verifiers and its oracle; None leaves one out."""
    world = make_world(tools, name=name)
    row = {"scenario": world.scenario, "task_idx": 0}
    added = {
        WorldFile.TASKS: [{"scenario": world.scenario, "tasks": [TASK]}],
        WorldFile.VERIFIER_CODE: [row | {"verification": {"code": code}}] if code else [],
        WorldFile.VERIFIER_SQL: [row | {"verification": {"code": sql}}] if sql else [],
        WorldFile.ORACLE: [row | {"calls": calls, "answer": None}] if calls else [],
    }
    return World.from_records({**world.records, **added})


def handmade(text: str = "plain") -> Audit:
    """An audit with something of everything in it.

    Args:
        text: Stands wherever a world may say what it likes.
    """
    calls = (ToolCall("add_note", {"title": text}), ToolCall(text, {"deep": [{"a": 1}] * 20}))
    fault = ToolFault("add_note", "server_error", text, 500, text, 0, calls, reproduced=False)
    missed = Counterexample(
        Case("prefix", False, calls[:1], text, "broken off"), "code", "complete", f"says {text}"
    )
    unsure = Counterexample(
        Case("later", True, calls, None, "later", 137, 7), "sql", "raised", "fails"
    )
    tasks = (
        TaskAudit(
            task_idx=0,
            task=text,
            verdict="unsound",
            reason=text,
            modes=("code", "sql"),
            passed={"oracle": 1, "prefix": 0},
            tried={"oracle": 1, "prefix": 1},
            counterexamples=(missed, unsure),
            calls=2,
            state_hash="c0ffee" * 10,
            volatile={f"notes.{text}": text},
        ),
        TaskAudit(1, "second", "proven", "it works", ("code",), {"oracle": 1}, {"oracle": 1}),
        TaskAudit(2, "third", "unproven", "there is no oracle"),
        TaskAudit(3, "fourth", "blocked", text),
    )
    problems = (Problem("notes", text, text, text, "warning"), problem_of("notes", fault))
    worlds = (
        WorldAudit("notes", text, text, True, problems, (fault,), 2, 1, 96, tasks, 1.25),
        WorldAudit("dead", "Dead", "", False, (Problem("dead", "line 1", "no code"),)),
        WorldAudit("fine", "Fine", "", True, (), (), 3, 2, 100, tasks[1:2], 0.5),
    )
    return Audit(text, (Problem("", "gen_db.jsonl: line 3", text),), worlds, 7, 2.5)
