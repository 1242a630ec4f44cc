"""Worlds with tasks, oracles and verifiers, made on the spot."""

from collections.abc import Mapping, Sequence
from typing import Any

from awm.worlds import World, WorldFile
from tests.conftest import make_world

TASK = "Add a note called milk."
ASK = "How is the first note called?"

RIGHT = """
def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    import sqlite3
    def titles(path):
        found = sqlite3.connect(path).execute("SELECT title FROM notes ORDER BY id").fetchall()
        return [title for title, in found]
    done = titles(final_db_path) == [*titles(initial_db_path), "milk"]
    return {"result": "complete" if done else "others"}
"""
BLIND = """
def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    return {"result": "complete"}
"""


def with_rows(world: World, rows: Mapping[WorldFile, Sequence[Mapping[str, Any]]]) -> World:
    """The world with further rows, each of which gets the world's name."""
    named = {
        part: [*world.records.get(part, ()), *({"scenario": world.scenario, **row} for row in kept)]
        for part, kept in rows.items()
    }
    return World.from_records({**world.records, **named}, database_file=world.database_file)


def oracle(task_idx: int = 0, title: str = "milk", **more: object) -> dict[str, Any]:
    calls = [{"tool": "add_note", "arguments": {"title": title}}]
    return {"task_idx": task_idx, "calls": calls, "answer": None, **more}


def verifier(code: str, task_idx: int = 0, task: str = TASK, **more: object) -> dict[str, Any]:
    return {"task_idx": task_idx, "task": task, "verification": {"code": code}, **more}


def solvable(
    *verifiers: Mapping[str, Any],
    tasks: Sequence[str] = (TASK,),
    oracles: Sequence[Mapping[str, Any]] | None = None,
    **how: Any,
) -> World:
    """A world of notes with tasks, and verifiers of mode `code`."""
    rows = {
        WorldFile.TASKS: [{"tasks": [*tasks]}],
        WorldFile.ORACLE: [oracle()] if oracles is None else oracles,
        WorldFile.VERIFIER_CODE: verifiers,
    }
    return with_rows(make_world(**how), rows)
