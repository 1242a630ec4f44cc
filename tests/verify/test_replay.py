"""Playing calls: each comes to what it should, or the play stops and says where."""

import pytest

from awm.errors import SnapshotError
from awm.types import ToolCall
from awm.verify.replay import play, start_of
from tests.audit.tasked import FAIL, tasked
from tests.conftest import make_world

ADD = ToolCall("add_note", {"title": "milk"})
LIST = ToolCall("list_notes")
MISSING = ToolCall("delete_note", {"note_id": 9})


@pytest.fixture
async def instance(runtime):
    async with await runtime.launch(tasked(tools=FAIL)) as launched:
        yield launched


async def test_each_step_keeps_what_was_called_and_what_came_of_it(instance):
    start = await start_of(instance)
    replay = await play(instance, start, [LIST, ADD])
    assert [step.call for step in replay.steps] == [LIST, ADD]
    assert [step.changed for step in replay.steps] == [False, True]
    assert '"first"' in replay.steps[0].result.text
    assert replay.fault == ""
    assert replay.end == replay.steps[-1].after == await instance.snapshot()
    assert replay.image == await instance.database_image()


async def test_no_calls_end_where_they_start(instance):
    start = await start_of(instance)
    replay = await play(instance, start, [])
    assert (replay.steps, replay.end, replay.image) == ((), start, instance.world.template)


async def test_what_was_done_before_does_not_matter(instance):
    start = await start_of(instance)
    once = await play(instance, start, [ADD])
    assert await play(instance, start, [ADD]) == once
    beyond = await play(instance, once.end, [ADD])
    assert beyond.start == once.end
    assert beyond.image != once.image


@pytest.mark.parametrize(
    ("calls", "refused", "made", "fault"),
    [
        ([MISSING, ADD], (), 1, "call 1, delete_note, is refused: "),
        ([ADD, MISSING], (0,), 1, "call 1, add_note, should be refused, and is not"),
        ([ADD, ToolCall("fail"), ADD], (1,), 2, "call 2, fail, is not answered: RuntimeError"),
        ([ToolCall("nope")], (0,), 1, "call 1, nope, cannot be made: Unknown tool: nope"),
        ([ToolCall("add_note", {"title": float("inf")})], (), 1, "call 1, add_note, cannot be"),
    ],
)
async def test_the_play_stops_at_a_call_that_does_not_come_to_what_it_should(
    instance, calls, refused, made, fault
):
    replay = await play(instance, await start_of(instance), calls, refused=refused)
    assert len(replay.steps) == made
    assert replay.fault.startswith(fault)


async def test_a_refusal_that_is_expected_is_no_fault(instance):
    replay = await play(instance, await start_of(instance), [MISSING, ADD], refused={0})
    assert (replay.fault, len(replay.steps)) == ("", 2)


async def test_where_anything_may_be_refused_only_a_world_that_fails_stops_the_play(instance):
    calls = [MISSING, ToolCall("nope"), ADD, ToolCall("fail"), ADD]
    replay = await play(instance, await start_of(instance), calls, refused=None)
    assert len(replay.steps) == 4
    assert replay.fault.startswith("call 4, fail, is not answered")


async def test_a_call_that_takes_too_long_is_not_answered(runtime):
    slow = "@app.post('/loop', operation_id='loop')\ndef loop():\n    while True: pass\n"
    async with await runtime.launch(make_world(slow, name="Slow")) as instance:
        replay = await play(instance, await start_of(instance), [ToolCall("loop")], refused=None)
    assert replay.fault.startswith("call 1, loop, is not answered")


async def test_a_start_may_be_later_and_with_other_dice(runtime):
    code = """
import random
from datetime import datetime

@app.get("/now", operation_id="now")
def now():
    return [datetime.now().isoformat(), random.random()]
"""
    async with await runtime.launch(make_world(code, name="Now"), seed=3) as instance:
        told = [
            (await play(instance, await start_of(instance, **terms), [ToolCall("now")])).steps[0]
            for terms in ({}, {"later": 137}, {"seed": 4}, {"seed": 3})
        ]
    texts = [step.result.text for step in told]
    assert "12:00:0" in texts[0]
    assert "12:02:1" in texts[1]
    assert texts[0].split(",")[0] == texts[2].split(",")[0]
    assert texts[0] != texts[2]
    assert texts[3] == texts[0]


async def test_a_start_of_another_world_is_refused(runtime, instance):
    async with await runtime.launch(make_world("x = 1", name="Other", inserts=[])) as other:
        start = await start_of(other)
    with pytest.raises(SnapshotError):
        await play(instance, start, [ADD])


async def test_calls_are_made_like_before_with_the_values_of_now(runtime):
    code = """
import uuid
tokens = {}

@app.post("/token", operation_id="token")
def token():
    tokens["last"] = str(uuid.uuid4())
    return {"token": tokens["last"]}

@app.post("/use", operation_id="use")
def use(token: str):
    if token != tokens["last"]:
        raise HTTPException(403, "not that one")
    return {}
"""
    async with await runtime.launch(make_world(code, name="Tokens")) as instance:
        start = await start_of(instance)
        first = await play(instance, start, [ToolCall("token")])
        key = first.steps[0].result.text.split('"')[3]
        calls = [ToolCall("token"), ToolCall("use", {"token": key})]
        before = await play(instance, start, calls)
        other = await start_of(instance, seed=99)
        stubborn = await play(instance, other, calls)
        like = await play(instance, other, calls, like=before)
    assert before.fault == like.fault == ""
    assert stubborn.fault.startswith("call 2, use, is refused")
    assert like.steps[1].call.arguments["token"] != key
