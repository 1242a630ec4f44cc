"""What an instance promises: one isolated copy of a world, to call, rewind, copy and measure."""

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from awm.errors import InstanceClosedError, SnapshotError, UsageError
from awm.runtime import Instance, Runtime
from awm.types import ToolSpec
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK

ROOT = Path(__file__).parents[2]
DICE = """
import random, uuid


@app.get("/roll", operation_id="roll")
async def roll():
    return [random.random(), str(uuid.uuid4()), os.urandom(4).hex()]


@app.post("/touch", operation_id="rename_first")
async def rename_first(title: str):
    session = SessionLocal()
    session.get(Note, 1).title = title
    session.commit()
    session.close()
"""
WORLD = make_world(NOTEBOOK + DICE)


@pytest.fixture
async def instance(runtime: Runtime) -> AsyncIterator[Instance]:
    async with await runtime.launch(WORLD) as launched:
        yield launched


async def _titles(instance: Instance) -> str:
    return (await instance.call_tool("list_notes")).text


# --- tools and calls


async def test_its_tools_are_the_worlds_in_order(instance: Instance) -> None:
    tools = await instance.list_tools()
    assert all(type(tool) is ToolSpec for tool in tools)
    assert [tool.name for tool in tools[:4]] == ["add_note", "list_notes", "add_slowly",
                                                 "remove_note"]  # fmt: skip
    assert tools[0].input_schema["required"] == ["title"]


async def test_a_call_answers_json_with_indent_2_and_counts_a_step(instance: Instance) -> None:
    result = await instance.call_tool("add_note", {"title": "zweite Möwe"})
    assert result.text == '{\n  "id": 2,\n  "title": "zweite Möwe"\n}'
    assert (result.is_error, result.status, result.fault, result.exception) == (
        False, 200, None, None
    )  # fmt: skip
    assert instance.step == 1


async def test_a_refusal_by_the_handler_is_an_error_result(instance: Instance) -> None:
    result = await instance.call_tool("remove_note", {"note_id": 9})
    assert result.text == (
        'Error calling remove_note. Status code: 404. Response: {"detail":"there is no note 9"}'
    )
    assert (result.is_error, result.status, result.fault) == (True, 404, None)


@pytest.mark.parametrize("name", ["no_such_tool", "", "ADD_NOTE", "\ud800", "list_notes "])
async def test_an_unknown_tool_is_an_error_result_and_no_step(
    instance: Instance, name: str
) -> None:
    result = await instance.call_tool(name)
    assert (result.is_error, result.status, result.fault) == (True, None, None)
    assert result.text == f"Unknown tool: {name}"
    assert instance.step == 0


@pytest.mark.parametrize("arguments", [[], [1], "", "{}", 0, 5, False, b"", ("title",)])
async def test_arguments_that_are_not_an_object_are_refused(
    instance: Instance, arguments: Any
) -> None:
    with pytest.raises(UsageError, match="are an object, not"):
        await instance.call_tool("list_notes", arguments)
    assert instance.step == 0


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [{1}, object(), b"x", 1j, 10**5000, float("nan"), float("-inf"), _nested(100_000)],
    ids=lambda v: type(v).__name__,
)
async def test_arguments_that_are_not_json_are_refused(instance: Instance, value: Any) -> None:
    with pytest.raises(UsageError, match="not JSON"):
        await instance.call_tool("add_note", {"title": value})
    assert instance.step == 0


@pytest.mark.parametrize("arguments", [None, {}, MappingProxyType({}), MappingProxyType({"x": 1})])
async def test_any_mapping_will_do_for_arguments_and_none_means_none(
    instance: Instance, arguments: Any
) -> None:
    assert not (await instance.call_tool("list_notes", arguments)).is_error


@pytest.mark.parametrize(
    "value",
    [10**400, "\ud800", "\0", _nested(900), {"a": 1}, None, True, ""],
    ids=repr,
)
async def test_odd_arguments_cost_at_most_an_error_result(instance: Instance, value: Any) -> None:
    for tool, name in (("add_note", "title"), ("remove_note", "note_id")):
        result = await instance.call_tool(tool, {name: value, "surplus": value})
        assert result.fault is None
    assert not (await instance.call_tool("list_notes")).is_error


async def test_64_callers_at_once_are_served_one_after_the_other(instance: Instance) -> None:
    calls = [instance.call_tool("wait_then_add" if n == 0 else "add_slowly", {"title": str(n)})
             for n in range(64)]  # fmt: skip
    results = await asyncio.gather(*calls)
    assert [result.text for result in results] == [
        f'{{\n  "id": {n + 2},\n  "title": "{n}"\n}}' for n in range(64)
    ]
    assert instance.step == 64


# --- state


async def test_instances_never_see_each_others_changes(runtime: Runtime) -> None:
    instances = [await runtime.launch(WORLD) for _ in range(16)]
    await asyncio.gather(
        *(each.call_tool("add_note", {"title": f"own {n}"}) for n, each in enumerate(instances))
    )
    for number, each in enumerate(instances):
        assert await _titles(each) == f'[\n  "first",\n  "own {number}"\n]'
        await each.close()


async def test_reset_goes_back_to_the_start(instance: Instance) -> None:
    start = await instance.state_hash()
    await instance.call_tool("add_note", {"title": "gone"})
    await instance.call_tool("count")
    await instance.reset()
    assert (instance.step, await instance.state_hash()) == (0, start)
    assert (await instance.call_tool("count")).text == "1"


async def test_the_seed_decides_the_dice(runtime: Runtime) -> None:
    first = await runtime.launch(WORLD, seed=1)
    second = await runtime.launch(WORLD, seed=2)
    rolls = [(await each.call_tool("roll")).text for each in (first, second)]
    assert rolls[0] != rolls[1]
    assert (await first.call_tool("roll")).text not in rolls
    await second.reset(seed=1)
    assert second.seed == 1
    assert (await second.call_tool("roll")).text == rolls[0]
    await second.reset()
    assert (await second.call_tool("roll")).text == rolls[0]
    await asyncio.gather(first.close(), second.close())


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.0, "1", None])
async def test_a_seed_that_is_no_64_bit_integer_is_refused(runtime: Runtime, seed: Any) -> None:
    with pytest.raises(UsageError, match="a seed"):
        await runtime.launch(WORLD, seed=seed)
    async with await runtime.launch(WORLD, seed=2**64 - 1) as instance:
        if seed is not None:
            with pytest.raises(UsageError, match="a seed"):
                await instance.reset(seed=seed)
        assert not (await instance.call_tool("roll")).is_error


@pytest.mark.parametrize("at", [0, 1, 3])
async def test_a_fork_at_any_step_goes_on_by_itself(instance: Instance, at: int) -> None:
    for number in range(at):
        await instance.call_tool("add_note", {"title": str(number)})
        await instance.call_tool("count")
    twin = await instance.fork()
    assert (twin.step, twin.seed) == (instance.step, instance.seed)
    assert await twin.state_hash() == await instance.state_hash()
    assert await twin.call_tool("count") == await instance.call_tool("count")
    assert await twin.call_tool("roll") == await instance.call_tool("roll")
    await twin.call_tool("add_note", {"title": "the twin's"})
    assert "the twin's" not in await _titles(instance)
    await instance.close()
    assert "the twin's" in await _titles(twin)
    await twin.close()


async def test_a_snapshot_is_restored_here_and_in_any_instance_of_the_world(
    runtime: Runtime, instance: Instance
) -> None:
    await instance.call_tool("add_note", {"title": "kept"})
    await instance.call_tool("count")
    snapshot = await instance.snapshot()
    after = await instance.call_tool("roll")
    await instance.call_tool("add_note", {"title": "lost"})
    async with await runtime.launch(WORLD, seed=99) as other:
        for each in (instance, other):
            await each.restore(snapshot)
            assert (each.step, each.seed) == (2, 0)
            assert await each.call_tool("roll") == after
            assert (await each.call_tool("count")).text == "2"
            assert await _titles(each) == '[\n  "first",\n  "kept"\n]'


async def test_an_instance_that_is_where_it_shall_go_goes_on_as_from_there(
    instance: Instance,
) -> None:
    await instance.call_tool("add_note", {"title": "kept"})
    snapshot = await instance.snapshot()
    rolled = await instance.call_tool("roll")
    for _ in range(2):
        for _ in range(2):  # the second time it is there already
            await instance.restore(snapshot)
        assert await instance.call_tool("roll") == rolled
    await instance.reset()
    await instance.reset()
    assert await _titles(instance) == '[\n  "first"\n]'


async def test_the_database_of_a_snapshot_is_told_without_going_there(
    runtime: Runtime, instance: Instance
) -> None:
    await instance.call_tool("add_note", {"title": "kept"})
    snapshot, image = await instance.snapshot(), await instance.database_image()
    await instance.call_tool("add_note", {"title": "lost"})
    assert instance.image_of(snapshot) == image != await instance.database_image()
    with pytest.raises(SnapshotError):
        instance.image_of(replace(snapshot, template="another"))


async def test_a_snapshot_is_small_and_survives_pickling(instance: Instance) -> None:
    empty = await instance.snapshot()
    assert len(pickle.dumps(empty)) < 500
    await instance.call_tool("add_note", {"title": "kept"})
    snapshot = await instance.snapshot()
    packed = pickle.dumps(snapshot)
    assert len(packed) < 20_000
    assert pickle.loads(packed) == snapshot
    assert "notes" in repr(snapshot)
    assert len(repr(snapshot)) < 200


async def test_a_snapshot_is_restored_in_another_process(
    instance: Instance, tmp_path: Path
) -> None:
    await instance.call_tool("add_note", {"title": "carried over"})
    await instance.call_tool("count")
    pickled = tmp_path / "snapshot"
    pickled.write_bytes(pickle.dumps((WORLD, await instance.snapshot())))
    program = """
import pickle, sys
from awm.runtime import SyncRuntime
world, snapshot = pickle.loads(open(sys.argv[1], "rb").read())
with SyncRuntime() as runtime, runtime.launch(world, seed=5) as instance:
    instance.restore(snapshot)
    print(instance.state_hash(), instance.call_tool("roll").text, instance.call_tool("count").text)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": "77"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(pickled), env=environment, stdout=subprocess.PIPE
    )
    printed, _ = await child.communicate()
    here = (
        await instance.state_hash(),
        (await instance.call_tool("roll")).text,
        (await instance.call_tool("count")).text,
    )
    assert printed.decode().strip() == " ".join(here)


async def test_a_snapshot_of_another_world_is_refused(runtime: Runtime, instance: Instance) -> None:
    ddl = ["CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, more TEXT)"]
    async with await runtime.launch(make_world(ddl=ddl)) as other:
        with pytest.raises(SnapshotError, match="does not fit"):
            await instance.restore(await other.snapshot())


@pytest.mark.parametrize("delta", [b"x", b"\0" * 8, b"\xff" * 64])
async def test_a_damaged_snapshot_is_refused_and_changes_nothing(
    instance: Instance, delta: bytes
) -> None:
    await instance.call_tool("add_note", {"title": "kept"})
    damaged = replace(await instance.snapshot(), delta=delta)
    with pytest.raises(SnapshotError):
        await instance.restore(damaged)
    assert instance.step == 1
    assert "kept" in await _titles(instance)


# --- measuring


async def test_a_diff_lists_rows_added_removed_and_changed_since_the_start(
    instance: Instance,
) -> None:
    assert not await instance.diff()
    await instance.call_tool("rename_first", {"title": "renamed"})
    await instance.call_tool("add_note", {"title": "new"})
    (table,) = await instance.diff()
    assert (table.table, table.key) == ("notes", ("id",))
    assert table.added == ({"id": 2, "title": "new"},)
    assert table.removed == ()
    assert [(change.before["title"], change.after["title"]) for change in table.changed] == [
        ("first", "renamed")
    ]
    await instance.call_tool("remove_note", {"note_id": 1})
    (table,) = await instance.diff()
    assert table.removed == ({"id": 1, "title": "first"},)
    await instance.reset()
    assert not await instance.diff()


async def test_equal_rows_have_equal_hashes_whatever_their_history(
    runtime: Runtime, instance: Instance
) -> None:
    async with await runtime.launch(WORLD, seed=3) as other:
        await other.call_tool("add_note", {"title": "b"})
        await other.call_tool("remove_note", {"note_id": 2})
        assert await other.state_hash() == await instance.state_hash()
        await other.call_tool("add_note", {"title": "c"})
        assert await other.state_hash() != await instance.state_hash()


async def test_reading_changes_neither_state_nor_snapshot(instance: Instance) -> None:
    snapshot = await instance.snapshot()
    await instance.call_tool("list_notes")
    assert replace(await instance.snapshot(), step=0) == snapshot
    assert await instance.database_image() == instance.world.template


# --- the end


async def test_a_closed_instance_refuses_everything_but_being_closed(runtime: Runtime) -> None:
    instance = await runtime.launch(WORLD)
    snapshot = await instance.snapshot()
    await instance.close()
    await instance.close()
    for attempt in (
        instance.list_tools, instance.snapshot, instance.reset, instance.fork, instance.diff,
        instance.state_hash, instance.database_image,
        lambda: instance.call_tool("list_notes"), lambda: instance.restore(snapshot),
    ):  # fmt: skip
        with pytest.raises(InstanceClosedError):
            await attempt()
    assert "closed" in repr(instance)


async def test_closing_amid_calls_answers_or_refuses_each_of_them(runtime: Runtime) -> None:
    instance, sibling = await runtime.launch(WORLD), await runtime.launch(WORLD)
    calls = [
        asyncio.create_task(instance.call_tool("wait_then_add", {"title": "x"})),
        *(asyncio.create_task(instance.call_tool("list_notes")) for _ in range(5)),
    ]
    await asyncio.sleep(0)
    await instance.close()
    first, *rest = await asyncio.gather(*calls, return_exceptions=True)
    assert not isinstance(first, BaseException)
    assert {type(outcome) for outcome in rest} == {InstanceClosedError}
    assert await _titles(sibling) == '[\n  "first"\n]'
    await sibling.close()


async def test_a_call_that_dies_after_the_close_is_not_made_again(runtime: Runtime) -> None:
    instance, sibling = await runtime.launch(WORLD), await runtime.launch(WORLD)
    call = asyncio.create_task(instance.call_tool("exit_process"))
    await asyncio.sleep(0)
    await instance.close()
    with pytest.raises(InstanceClosedError):
        await call
    assert await _titles(sibling) == '[\n  "first"\n]'
    await sibling.close()


async def test_a_model_with_an_address_can_be_made_while_a_call_runs(runtime: Runtime) -> None:
    world = make_world("""
@app.get("/address", operation_id="address")
def address():
    from pydantic import EmailStr, create_model
    return create_model("Contact", mail=(EmailStr, ...))(mail="ada@example.com")
""")
    async with await runtime.launch(world) as instance:
        assert "ada@example.com" in (await instance.call_tool("address")).text
