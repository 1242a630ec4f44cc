"""An instance that is asked to fail again."""

import pytest

from awm.audit.arguments import Trial
from awm.audit.replaying import Probe
from awm.types import ToolCall
from tests.conftest import make_world

FRAGILE = """
@app.get("/count", operation_id="count")
def count(least: int = 3):
    session = SessionLocal()
    found = session.query(Note).filter(Note.title == "b").count()
    session.close()
    if found >= least:
        raise RuntimeError(f"{found} are too many")
    return found
"""


@pytest.fixture
async def probe(runtime):
    async with await runtime.launch(make_world(FRAGILE, name="Fragile")) as instance:
        yield Probe(instance)


def add(title):
    return Trial("ordinary", "", {"title": title})


async def test_what_left_a_trace_is_remembered(probe):
    assert probe.is_fresh
    await probe.call("count", Trial("ordinary", "", {}))
    assert probe.is_fresh
    seen = await probe.call("add_note", add("a"))
    assert seen.changed
    assert not probe.is_fresh
    seen = await probe.call("list_notes", Trial("ordinary", "", {}))
    assert seen.before == (ToolCall("add_note", {"title": "a"}),)
    await probe.reset()
    assert probe.is_fresh


async def test_going_back_to_a_mark_takes_the_trace_along(probe):
    await probe.call("add_note", add("a"))
    mark = await probe.mark()
    await probe.call("add_note", add("b"))
    await probe.back(mark)
    seen = await probe.call("list_notes", Trial("ordinary", "", {}))
    assert '"b"' not in seen.result.text
    assert seen.before == (ToolCall("add_note", {"title": "a"}),)


async def test_a_failing_sequence_is_cut_to_what_it_takes(probe):
    for title in "abcabab":
        await probe.call("add_note", add(title))
    trial = Trial("ordinary", "", {"least": 3})
    seen = await probe.call("count", trial)
    assert seen.fault == "server_error"
    last = ToolCall("count", {"least": 3})
    assert await probe.shortest(trial, seen, last) == (
        *(ToolCall("add_note", {"title": "b"}) for _ in range(3)),
        last,
    )


async def test_what_fails_at_once_needs_nothing_before_it(probe):
    await probe.call("add_note", add("a"))
    trial = Trial("ordinary", "", {"least": 0})
    seen = await probe.call("count", trial)
    last = ToolCall("count", {"least": 0})
    assert await probe.shortest(trial, seen, last) == (last,)


async def test_what_does_not_fail_again_is_admitted(probe):
    trial = Trial("ordinary", "", {"least": 0})
    seen = await probe.call("count", trial)
    assert await probe.shortest(trial, seen, ToolCall("count", {"least": 99})) is None
