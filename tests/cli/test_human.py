"""A person at the terminal: what is shown, what costs a turn, and how one leaves."""

import asyncio
import io
import os
import sys

import pytest

from awm.agents import Acted, Assignment, EpisodeLimits, act
from awm.cli.human import HumanPolicy, LeftError
from awm.cli.human_lines import Lines
from awm.cli.safe_console import SafeConsole
from awm.types import ToolCall, ToolResult, ToolSpec

TITLE = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
TOOLS = (ToolSpec("add_note", "Adds a note.", TITLE), ToolSpec("list_notes", "Lists.", {}))


class Notes:
    def __init__(self) -> None:
        self.titles = ["first"]

    async def list(self):
        return TOOLS

    async def call(self, call):
        if call.name == "add_note":
            self.titles.append(call.arguments["title"])
        return ToolResult("\n".join(self.titles))


async def play(typed: str, limits: EpisodeLimits) -> tuple[Acted, str]:
    reading, writing = os.pipe()
    os.write(writing, typed.encode())
    os.close(writing)
    shown = io.StringIO()
    console = SafeConsole(file=shown, width=80)
    try:
        policy = HumanPolicy(Lines(reading), console)
        acted = await act(policy, Assignment("notes", 0, "Add a note."), Notes(), limits)
    finally:
        os.close(reading)
    return acted, shown.getvalue()


async def test_a_person_calls_tools_and_answers():
    typed = "tools\nadd_note title='second one'\n\nlist_notes\nanswer Done, I think.\n"
    acted, shown = await play(typed, EpisodeLimits())
    assert acted.trajectory.stop == "answered"
    assert acted.trajectory.final_answer == "Done, I think."
    assert [call for call, _ in acted.calls] == [
        ToolCall("add_note", {"title": "second one"}), ToolCall("list_notes"),
    ]  # fmt: skip
    assert "Add a note." in shown
    assert "add_note(title: string): Adds a note." in shown
    assert shown.count("second one") == 2


async def test_what_means_nothing_or_does_not_fit_costs_no_turn():
    typed = "ad_note\nadd_note\nadd_note title=x colour\nhelp\nanswer ok\n"
    acted, shown = await play(typed, EpisodeLimits())
    assert len(acted.trajectory.turns) == 1
    assert acted.calls == ()
    assert "Did you mean add_note?" in shown
    assert "add_note: 'title' is a required property" in shown
    assert "answer TEXT" in shown


async def test_of_many_tools_there_is_a_line_each_and_of_one_what_its_arguments_mean(monkeypatch):
    told = {"title": {"type": "string", "description": "What it is about."}}
    more = (ToolSpec("add", "Adds.", {"properties": told}), *TOOLS)
    monkeypatch.setattr(sys.modules[__name__], "TOOLS", more)
    _, shown = await play("tools\nanswer\n", EpisodeLimits())
    assert "- add(title?: string): Adds.\n- add_note(title: string): Adds a note." in shown
    assert "What it is about." not in shown
    _, shown = await play("help add\nanswer\n", EpisodeLimits())
    assert "- add(title?: string): Adds.\n    title: What it is about." in shown


async def test_the_last_turn_is_announced():
    acted, shown = await play("list_notes\nlist_notes\n", EpisodeLimits(turns=2))
    assert acted.trajectory.stop == "max_turns"
    assert shown.count("This is your last turn") == 1


@pytest.mark.parametrize("typed", ["", "list_notes\n", "quit\n"])
async def test_whoever_leaves_gives_no_answer(typed):
    with pytest.raises(LeftError, match="you left without an answer"):
        await play(typed, EpisodeLimits())


async def test_nothing_waits_for_a_line_once_the_work_is_cancelled():
    reading, writing = os.pipe()
    waiting = asyncio.create_task(Lines(reading).next())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    os.write(writing, b"later\n")
    assert await Lines(reading).next() == "later"
    os.close(writing)
    os.close(reading)


async def test_lines_come_from_files_too_and_the_last_needs_no_end(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"one\r\ntw\xff\nthree")
    with path.open("rb") as file:
        lines = Lines(file.fileno())
        assert [await lines.next() for _ in range(4)] == ["one", "tw�", "three", None]
