"""Replaying an episode: what each of its calls changed."""

from dataclasses import replace

import pytest

from awm.rollout.replaying import EpisodeDiffs, replay, replay_all
from awm.runtime import StateDiff
from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult
from tests.conftest import make_world
from tests.rollout.evaluations import called, episode, listed

CODE = """
import random

@app.post("/drawn", operation_id="add_drawn")
async def add_drawn():
    return await add_note(title=str(random.random()))


@app.post("/hang", operation_id="hang")
async def hang():
    while True:
        pass


@app.get("/now", operation_id="now")
async def now():
    import datetime
    return datetime.datetime.now().isoformat()
"""


def added(title, note=2):
    return called("add_note", {"title": title}, f'{{\n  "id": {note},\n  "title": "{title}"\n}}')


def played(*turns, **parts):
    return episode("notes", turns=turns, **parts)


async def recorded(runtime, world, run, seed=1):
    """The episode with the results that its calls have in an instance."""
    turns = []
    async with await runtime.launch(world, seed=seed) as instance:
        for turn in run.trajectory.turns:
            results = []
            for call in turn.tool_calls:
                given = call.arguments
                results.append(await instance.call_tool(given["tool_name"], given["arguments"]))
            turns.append(replace(turn, results=tuple(results)))
    return replace(run, seed=seed, trajectory=replace(run.trajectory, turns=tuple(turns)))


async def test_each_call_is_told_with_the_rows_that_it_changed(runtime):
    run = await recorded(
        runtime, make_world(), played(added("a"), called("list_notes"), added("b"))
    )
    found = await replay(runtime, make_world(), run)
    assert found.is_faithful
    assert list(found.calls) == [(0, 0), (1, 0), (2, 0)]
    assert found.calls[0, 0].diff.to_json()["notes"]["added"] == [{"id": 2, "title": "a"}]
    assert found.calls[1, 0].diff == StateDiff(())
    assert found.calls[2, 0].diff.to_json()["notes"]["added"] == [{"id": 3, "title": "b"}]
    assert found.wrote == {(0, 0), (2, 0)}


async def test_chance_falls_as_it_fell_in_the_episode(runtime):
    world = make_world(CODE)
    run = await recorded(runtime, world, played(called("add_drawn")), seed=77)
    assert (await replay(runtime, world, run)).is_faithful
    assert not (await replay(runtime, world, replace(run, seed=78))).is_faithful


async def test_what_a_call_answers_now_is_told_where_it_is_something_else(runtime):
    found = await replay(runtime, make_world(), played(called("list_notes", answered='["other"]')))
    assert not found.is_faithful
    assert "first" in found.calls[0, 0].answered.text


async def test_calls_that_never_reached_the_world_are_none(runtime):
    unread = Turn(
        "assistant",
        "?",
        (WrittenCall("", "?"),),
        (ToolResult("Error: cannot be read", is_error=True),),
    )
    unknown = Turn(
        "assistant",
        "",
        (WrittenCall("call_tool", {"tool_name": "make_tea", "arguments": {}}),),
        (ToolResult("Error: there is no tool 'make_tea'", is_error=True),),
    )
    left = Turn("assistant", "", (WrittenCall("add_note", {"title": "never made"}),))
    found = await replay(runtime, make_world(), played(listed(), unread, unknown, left))
    assert found == EpisodeDiffs()


@pytest.mark.parametrize(
    "call",
    [
        WrittenCall("list_notes", {}),
        WrittenCall("list_notes", "{}"),
        WrittenCall("mcp_tool_list_notes", None),
        WrittenCall("call_tool", {"tool_name": "mcp_tool_list_notes", "arguments": "{}"}),
    ],
)
async def test_a_call_is_found_however_it_was_written(runtime, call):
    answered = ToolResult('[\n  "first"\n]', status=200)
    found = await replay(runtime, make_world(), played(Turn("assistant", "", (call,), (answered,))))
    assert found.is_faithful
    assert list(found.calls) == [(0, 0)]


async def test_a_call_that_the_world_failed_at_is_not_waited_for_but_takes_its_step(runtime):
    world = make_world(CODE)
    run = await recorded(runtime, world, played(called("hang"), called("now"), called("add_drawn")))
    assert run.trajectory.turns[0].results[0].fault == "timeout"
    found = await replay(runtime, world, run)
    assert found.is_faithful
    assert found.calls[0, 0].diff == StateDiff(())
    assert found.wrote == {(2, 0)}


async def test_several_calls_of_a_turn_are_told_apart(runtime):
    one, other = added("a", 2), added("b", 3)
    turn = Turn(
        "assistant",
        "",
        (*one.tool_calls, *other.tool_calls),
        (*one.results, *other.results),
    )
    found = await replay(runtime, make_world(), played(turn))
    assert found.wrote == {(0, 0), (0, 1)}


async def test_a_world_that_does_not_load_is_told_and_not_raised(runtime):
    found = await replay(runtime, make_world("raise ValueError('no')"), played(called("now")))
    assert found.fault
    assert not found.is_faithful


async def test_a_world_that_is_not_there_is_told_and_the_others_are_replayed(runtime):
    runs = [episode("elsewhere"), episode("notes", turns=[added("a")])]
    found = await replay_all(runtime, {"notes": make_world()}, runs)
    assert list(found) == [run.job for run in runs]
    assert "elsewhere" in found[runs[0].job].fault
    assert found[runs[1].job].is_faithful


async def test_an_episode_without_turns_changed_nothing(runtime):
    empty = replace(episode("notes"), trajectory=Trajectory("notes", 0, "Pay."))
    assert await replay(runtime, make_world(), empty) == EpisodeDiffs()
