"""A world to play in: a diary, with tasks that are graded in every way there is."""

from awm.types import ToolCall
from awm.worlds import World, WorldFile
from tests.conftest import make_world

CODE = """
import os, random

@app.delete("/notes/{note_id}", operation_id="remove_note")
async def remove_note(note_id: int):
    session = SessionLocal()
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "there is no such note")
    session.delete(note)
    session.commit()
    session.close()
    return {"id": note_id}

@app.get("/dice", operation_id="throw_dice")
async def throw_dice():
    return random.randrange(10**12)

@app.get("/fail", operation_id="fail")
async def fail():
    raise OSError("out of ink")
"""

HANGS = """
@app.get("/hang", operation_id="hang")
def hang():
    while True:
        pass
"""

DECIDES = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    titles = [title for title, in sqlite3.connect(final_db_path).execute("SELECT title FROM notes")]
    done = {"milk", "bread"} <= set(titles)
    return {"result": "complete" if done else "others"}
"""
FAILS = "def verify_task_completion(initial_db_path, final_db_path): raise ValueError('no idea')"

TASKS = (
    "Write down milk and bread.",
    "Is it Monday?",  # its verifier fails
    "Write down eggs.",  # nobody verifies it
)
SOLUTION = (ToolCall("add_note", {"title": "milk"}), ToolCall("add_note", {"title": "bread"}))


def diary(name: str = "Diary", code: str = "") -> World:
    """The world; `code` adds tools to it."""
    records = dict(make_world(CODE + code, name=name).records)
    records[WorldFile.TASKS] = ({"scenario": name, "tasks": list(TASKS)},)
    records[WorldFile.VERIFIER_CODE] = tuple(
        {"scenario": name, "task_idx": idx, "task": TASKS[idx], "verification": {"code": program}}
        for idx, program in enumerate((DECIDES, FAILS))
    )
    records[WorldFile.ORACLE] = (
        {
            "scenario": name,
            "task_idx": 0,
            "calls": [{"tool": call.name, "arguments": dict(call.arguments)} for call in SOLUTION],
            "answer": None,
        },
    )
    return World.from_records(records)
