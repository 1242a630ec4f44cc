"""Every tool is called with all kinds of arguments."""

import pytest

from awm.audit.arguments import EXTREMELY_ODD
from awm.audit.probing import probe_tools
from awm.worlds import World, WorldFile, bundled_worlds, open_worlds
from tests.conftest import make_world

FAULTY = """
import itertools, time
from pydantic import BaseModel
from typing import Literal


class Order(BaseModel):
    note_id: int
    count: int = 1
    kind: Literal["small", "large"] = "small"


@app.post("/orders", operation_id="order")
def order(body: Order):
    session = SessionLocal()
    note = session.get(Note, body.note_id)
    session.close()
    if body.count >= 1000:
        while True:
            pass
    return {"title": note.title}


@app.delete("/notes/{note_id}", operation_id="remove_note")
def remove_note(note_id: int):
    if note_id > 2**60:
        raise HTTPException(404, "none")
    session = SessionLocal()
    note = session.get(Note, note_id)
    if note is None:
        session.close()
        raise HTTPException(404, "none")
    session.delete(note)
    session.commit()
    left = session.query(Note).count()
    session.close()
    return {"share": 1 / left}


@app.get("/page", operation_id="page")
def page():
    from starlette.responses import PlainTextResponse
    return PlainTextResponse("hello you")


@app.get("/never", operation_id="never")
def never():
    raise HTTPException(409, "not today")
"""


@pytest.fixture(scope="module")
async def report(runtime):
    world = make_world(FAULTY, name="Faulty")
    return await probe_tools(runtime, world, await runtime.prepare(world), seed=4)


def kinds(report, tool):
    return {fault.kind for fault in report.faults if fault.tool == tool}


def test_a_handler_that_trusts_its_arguments_is_found(report):
    found = [f for f in report.faults if f.tool == "order" and "NoneType" in f.what]
    assert [fault.status for fault in found] == [500]
    assert found[0].oddity < EXTREMELY_ODD
    assert found[0].times > 1


def test_a_fault_behind_a_successful_change_is_found(report):
    found = [f for f in report.faults if f.tool == "remove_note" and f.oddity < EXTREMELY_ODD]
    assert ["ZeroDivisionError" in fault.what for fault in found] == [True]
    assert found[0].calls[-1].name == "remove_note"


def test_an_endless_loop_is_found_and_not_tried_to_the_end(report):
    assert "timeout" in kinds(report, "order")
    assert report.skipped == ("order",)


def test_an_answer_that_is_not_json_is_noticed(report):
    assert kinds(report, "page") == {"not_json"}


def test_a_tool_that_never_succeeds_is_named(report):
    assert report.silent == ("never",)
    assert kinds(report, "never") == set()


def test_sound_tools_have_no_faults(report):
    assert kinds(report, "list_notes") == set()


async def test_calls_that_change_do_so_from_the_start(runtime, report):
    assert "add_note" in {call.name for call in report.changing}
    async with await runtime.launch(make_world(FAULTY, name="Faulty"), seed=4) as instance:
        for call in report.changing:
            await instance.reset()
            result = await instance.call_tool(call.name, call.arguments)
            assert not result.is_error
            assert await instance.diff()


async def test_every_fault_happens_again(runtime, report):
    async with await runtime.launch(make_world(FAULTY, name="Faulty"), seed=4) as instance:
        for fault in report.faults:
            if fault.kind != "timeout":
                await instance.reset()
                results = [await instance.call_tool(c.name, c.arguments) for c in fault.calls]
                assert results[-1].status == fault.status


async def test_the_same_seed_finds_the_same(runtime):
    world = make_world(name="Plain")
    ready = await runtime.prepare(world)
    first = await probe_tools(runtime, world, ready, seed=7)
    assert first == await probe_tools(runtime, world, ready, seed=7)
    assert first != await probe_tools(runtime, world, ready, seed=8)


async def test_a_handler_that_ends_the_process_is_found_and_survived(runtime):
    code = """
@app.get("/end", operation_id="end")
def end(how: int = 1):
    if how == 0:
        os._exit(3)
    return how
"""
    world = make_world(code, name="Ending")
    report = await probe_tools(runtime, world, await runtime.prepare(world), calls_per_tool=60)
    assert kinds(report, "end") == {"crash"}
    assert "list_notes" not in report.silent


async def test_tools_are_told_as_they_come(runtime):
    told = []
    world = make_world(name="Told")
    await probe_tools(
        runtime,
        world,
        await runtime.prepare(world),
        calls_per_tool=2,
        progress=lambda *step: told.append(step),
    )
    assert told == [("list_notes", 0, 2), ("add_note", 1, 2)]


async def test_oracles_lead_where_chance_does_not(runtime):
    code = """
@app.post("/open", operation_id="open_safe")
def open_safe(first: int, second: int):
    if (first, second) != (4711, 8150):
        raise HTTPException(403, "wrong")
    session = SessionLocal()
    opened = session.query(Note).filter(Note.title == "open").count()
    session.add(Note(title="open"))
    session.commit()
    session.close()
    if opened:
        raise RuntimeError("opened twice")
    return {"ok": True}
"""
    plain = make_world(code, name="Safe")
    oracle = {
        "scenario": "Safe",
        "task_idx": 0,
        "calls": [{"tool": "open_safe", "arguments": {"first": 4711, "second": 8150}}],
        "answer": None,
    }
    records = {**plain.records, WorldFile.TASKS: [{"scenario": "Safe", "tasks": ["Open it."]}]}
    world = World.from_records({**records, WorldFile.ORACLE: [oracle]})
    report = await probe_tools(runtime, world, await runtime.prepare(world), calls_per_tool=4)
    (fault,) = report.faults
    assert "opened twice" in fault.what
    assert [call.name for call in fault.calls] == ["open_safe", "open_safe"]


async def test_bundled_worlds_have_no_faults(runtime):
    world = bundled_worlds()["online_pharmacy"]
    report = await probe_tools(runtime, world, await runtime.prepare(world), calls_per_tool=8)
    assert report.faults == ()
    assert len({call.name for call in report.changing}) > 5


async def test_published_worlds_fail_as_they_were_seen_to(runtime, sample_folder):
    world = open_worlds(sample_folder)["fortnite_item_shop"]
    report = await probe_tools(runtime, world, await runtime.prepare(world))
    causes = {(fault.tool, fault.what.partition(":")[0]) for fault in report.faults}
    assert ("refund_most_recent_eligible_purchase", "DetachedInstanceError") in causes
