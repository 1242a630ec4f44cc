"""Worlds with tasks, and a model's server that solves them in any format of calls."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import TypeVar

from awm.worlds import World, WorldFile
from tests.conftest import make_world
from tests.llm.chat_server import Answer, ChatServer, Request, chat_server, completion

T = TypeVar("T")

TITLES = ("milk", "eggs", "tea")
TASKS = tuple(f"Add a note titled {title}." for title in TITLES)
MODEL = "test-model"

_PROGRAM = """
def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    titles = [row[0] for row in sqlite3.connect(final_db_path).execute("SELECT title FROM notes")]
    return {{"result": "complete" if {title!r} in titles else "others"}}
"""


_GATHERING = """
def verify_task(initial_db_path, final_db_path):
    titles = [row[0] for row in sqlite3.connect(final_db_path).execute("SELECT title FROM notes")]
    return {{"titles": titles}}
"""


def noted_world(name: str = "Notes", code: str = "", *, mode: WorldFile | None = None) -> World:
    """A world of three tasks, of difficulty 1 to 3; each has an oracle and a verifier."""
    plain = make_world(code, name=name)
    program = _GATHERING if mode == WorldFile.VERIFIER_SQL else _PROGRAM
    details = [
        {"difficulty": level, "kind": "create", "tags": [f"tag{level}"]} for level in (1, 2, 3)
    ]
    programs = [
        {
            "scenario": name,
            "task_idx": number,
            "task": TASKS[number],
            "verification": {"code": program.format(title=title)},
        }
        for number, title in enumerate(TITLES)
    ]
    oracles = [
        {
            "scenario": name,
            "task_idx": number,
            "calls": [{"tool": "add_note", "arguments": {"title": title}}],
            "answer": "Done.",
        }
        for number, title in enumerate(TITLES)
    ]
    return World.from_records(
        {
            **plain.records,
            WorldFile.TASKS: [{"scenario": name, "tasks": list(TASKS), "details": details}],
            mode or WorldFile.VERIFIER_CODE: programs,
            WorldFile.ORACLE: oracles,
        }
    )


def in_awm(name: str | None, arguments: dict, answer: str) -> Answer:
    """What a model says in the AWM format: a call through `call_tool`, or an answer."""
    if name is None:
        return completion(answer)
    if name != "list_tools":
        name, arguments = "call_tool", {"tool_name": name, "arguments": arguments}
    call = json.dumps({"name": name, "arguments": arguments})
    return completion(f"<tool_call>\n{call}\n</tool_call>")


def in_json(name: str | None, arguments: dict, answer: str) -> Answer:
    if name is None:
        return completion(json.dumps({"thought": "done", "answer": answer}))
    call = {"name": name, "arguments": arguments}
    return completion(json.dumps({"thought": "next", "call": call}))


def natively(name: str | None, arguments: dict, answer: str) -> Answer:
    if name is None:
        return completion(answer)
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": "call_1", "type": "function", "function": function}
    return completion(None, message={"tool_calls": [call]}, finish_reason="tool_calls")


Written = Callable[[str | None, dict, str], Answer]
Script = Callable[[Request], Answer]


def solving(written: Written, *, fails: frozenset[str] = frozenset()) -> Script:
    """A model that adds the note that it is asked for, unless its title is among those."""

    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return Answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        messages = request.body["messages"]
        said = sum(message["role"] == "assistant" for message in messages)
        title = next(t for t in TITLES if any(f"titled {t}" in str(m["content"]) for m in messages))
        steps = [("add_note", {"title": title})] if title not in fails else []
        if written is in_awm:
            steps.insert(0, ("list_tools", {}))
        name, arguments = steps[said] if said < len(steps) else (None, {})
        return written(name, arguments, f"Added {title}.")

    return answer


def serving(script: Script) -> AbstractContextManager[ChatServer]:
    """A model's server on a thread of its own."""
    return on_a_thread(chat_server(script))


@contextmanager
def on_a_thread(opened: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """A server on a thread of its own, beside a command that has a loop of its own."""
    loop = asyncio.new_event_loop()
    running: list[T] = []
    ready, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with opened as server:
            running.append(server)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield running[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
