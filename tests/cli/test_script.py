"""What is played for people to watch is found, not written down for certain worlds."""

from dataclasses import replace

import pytest

from awm.cli.script import Script, changing_scripts, find_reading_call, play, scripts_of
from awm.types import ToolCall
from awm.worlds import World, WorldFile
from tests.conftest import make_world

LONG = [{"tool": "list_notes", "arguments": {}}] * 9
SHORT = [{"tool": "add_note", "arguments": {"title": "x"}}, {"tool": "list_notes"}]


def with_oracles(*oracles: dict) -> World:
    world = make_world()
    rows = tuple({"scenario": "Notes", **oracle} for oracle in oracles)
    tasks = ({"scenario": "Notes", "tasks": ["Zero.", "One.", "Two."]},)
    records = {**world.records, WorldFile.TASKS: tasks, WorldFile.ORACLE: rows}
    return replace(world, records=records)


def test_the_longest_solution_that_can_still_be_read_comes_first():
    world = with_oracles(
        {"task_idx": 0, "calls": LONG},
        {"task_idx": 1, "calls": SHORT[:1]},
        {"task_idx": 2, "calls": SHORT},
    )
    assert [script.title for script in scripts_of(world)] == ["Two.", "One.", "Zero."]


@pytest.mark.parametrize(
    "oracle",
    [
        {},
        {"task_idx": 9, "calls": SHORT},
        {"task_idx": "0", "calls": SHORT},
        {"task_idx": 0},
        {"task_idx": 0, "calls": [{"arguments": {}}, "add_note", None]},
    ],
)
def test_solutions_that_make_no_sense_are_left_out(oracle):
    assert scripts_of(with_oracles(oracle)) == []


async def test_only_what_changes_the_world_is_played(runtime):
    world = with_oracles(
        {"task_idx": 0, "calls": [{"tool": "list_notes"}] * 3},
        {"task_idx": 1, "calls": [{"tool": "no_such_tool"}, *SHORT]},
        {"task_idx": 2, "calls": SHORT},
    )
    titles = [script.title async for script in changing_scripts(runtime, world)]
    assert titles == ["Two.", "Try add_note."]


async def test_a_world_without_solutions_is_tried_with_made_up_arguments(runtime):
    scripts = [script async for script in changing_scripts(runtime, make_world())]
    assert scripts == [Script("Try add_note.", (ToolCall("add_note", {"title": "example"}),))]


async def test_arguments_are_made_up_after_the_schema(runtime):
    world = make_world(
        """
from enum import Enum
from pydantic import BaseModel, Field

class Kind(str, Enum):
    paper = "paper"

class Body(BaseModel):
    count: int = Field(ge=3)
    kind: Kind
    tags: list[str]
    note: str = Field(examples=["hello"])
    maybe: float | None
    extra: str = "left out"

@app.post("/file", operation_id="file")
def file(body: Body):
    session = SessionLocal()
    session.add(Note(title=body.model_dump_json()))
    session.commit()
    session.close()
    return {}
"""
    )
    scripts = {script.title: script async for script in changing_scripts(runtime, world)}
    assert scripts["Try file."].calls[0].arguments == {
        "count": 3,
        "kind": "paper",
        "tags": [],
        "note": "hello",
        "maybe": 1,
    }


async def test_a_call_that_changes_nothing_is_found(runtime):
    assert await find_reading_call(runtime, make_world()) == ToolCall("list_notes", {})


async def test_there_may_be_no_such_call(runtime):
    header = "from fastapi import FastAPI\napp = FastAPI()\n"
    assert await find_reading_call(runtime, make_world(header=header)) is None


async def test_a_script_stops_at_the_first_call_that_fails(runtime):
    calls = (ToolCall("no_such_tool"), ToolCall("add_note", {"title": "x"}))
    async with await runtime.launch(make_world()) as instance:
        assert await play(instance, Script("", calls)) is False
        assert not await instance.diff()
