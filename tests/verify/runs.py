"""Run folders as the published tool writes them."""

import json
from pathlib import Path
from typing import Any

from awm.worlds import VerifierProgram
from tests.verify.databases import changed, database

BEFORE = database("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)")
AFTER = changed(BEFORE, "INSERT INTO notes (title) VALUES ('milk')")

DECIDES = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    with sqlite3.connect(f"file:{final_db_path}?mode=ro", uri=True) as connection:
        titles = [title for title, in connection.execute("SELECT title FROM notes")]
    done = titles == ["milk"] and "1 note" in (final_answer or "")
    return {"result": "complete" if done else "others", "titles": titles}
"""
GATHERS = """
import sqlite3

def verify_task(initial_db_path, final_db_path):
    titles = sqlite3.connect(final_db_path).execute("SELECT title FROM notes").fetchall()
    return {"titles": [title for title, in titles], "execution_status": "success"}
"""
TASK = "Write milk down; how many notes are there?"


def trajectory(answer: str | None = "There is 1 note.", **others: Any) -> dict[str, Any]:
    """What the published tool records of a run of two turns."""
    call = {"name": "call_tool", "arguments": {"tool_name": "add_note", "arguments": "{}"}}
    turns = [
        {
            "role": "assistant",
            "content": f"<tool_call>{json.dumps(call)}</tool_call>",
            "tool_calls": [call],
            "tool_response": '{"id": 1}',
        }
    ]
    if answer is not None:
        turns.append(
            {"role": "assistant", "content": answer, "tool_calls": [], "tool_response": None}
        )
    return {
        "scenario": "My Notes",
        "task_id": "1",
        "task": TASK,
        "messages": [{"role": "system", "content": "Act."}, {"role": "user", "content": TASK}],
        "trajectory": turns,
        **others,
    }


def write_run(
    folder: Path, record: Any = None, *, initial: bytes = BEFORE, final: bytes = AFTER
) -> Path:
    """A run folder; its trajectory is `record`, or that of a run that went well."""
    folder.mkdir()
    written = trajectory() if record is None else record
    (folder / "trajectory.json").write_text(json.dumps(written))
    (folder / "initial.db").write_bytes(initial)
    (folder / "final.db").write_bytes(final)
    return folder


def decides(code: str = DECIDES) -> VerifierProgram:
    return VerifierProgram("code", 1, "its own words", code)


def gathers(code: str = GATHERS) -> VerifierProgram:
    return VerifierProgram("sql", 1, "its own words", code)


def write_verifiers(path: Path, code: str, task_idx: int = 1, scenario: str = "my_notes") -> Path:
    """A file of verifiers with one of another task before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"scenario": scenario, "task_idx": 0, "task": "x", "verification": {"code": "x = 1"}},
        {"scenario": scenario, "task_idx": task_idx, "task": TASK, "verification": {"code": code}},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path
