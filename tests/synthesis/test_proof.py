"""What is written is proven: by the world's own code, which has to agree with the dry books."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from types import MappingProxyType

import pytest

from awm.audit import Effort, audit_world
from awm.errors import WorldError
from awm.synthesis.drafts import DraftedTask, drafted_tasks
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.synthesis.proof import prove
from awm.types import ToolCall
from awm.worlds import WorldFile
from tests.cli.running import environment
from tests.synthesis.ordering import first_plan

DISAGREE = "the world's code and the dry books do not agree"


@pytest.fixture(scope="module")
def plain(catalogue):
    """A plan in which the library's actions have their own names."""
    plan = first_plan(catalogue)
    return replace(plan, recipe=replace(plan.recipe, synonyms=None))


@pytest.fixture(scope="module")
def manuscript(plain, catalogue):
    return Manuscript(plain, catalogue)


def drafts_of(manuscript: Manuscript, state: int = 0) -> Iterator[DraftedTask]:
    return drafted_tasks(manuscript.plan, manuscript.surface, manuscript.books, state=state)


def with_code(manuscript: Manuscript, *changes: tuple[str, str]) -> Manuscript:
    """The same manuscript, except that its code says something else in some places."""
    (row,) = manuscript.records[WorldFile.ENVIRONMENT]
    code = row["full_code"]
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    other = Manuscript(manuscript.plan, manuscript.catalogue, manuscript.state)
    records = {**manuscript.records, WorldFile.ENVIRONMENT: [{**row, "full_code": code}]}
    vars(other)["records"] = MappingProxyType(records)
    return other


def some(tasks: Iterable[DraftedTask], tool: str, number: int) -> list[DraftedTask]:
    """The first tasks whose oracles call a tool."""
    return list(islice((task for task in tasks if tool in task.draft.tools), number))


def without(tasks: Iterable[DraftedTask], tool: str, number: int) -> list[DraftedTask]:
    """The first tasks whose oracles do not."""
    return list(islice((task for task in tasks if tool not in task.draft.tools), number))


async def test_proven_tasks_have_an_oracle_with_its_hash_and_verifiers_of_both_modes(
    manuscript, runtime, pool
):
    order = Order(1, tasks=3)
    proven = await prove(manuscript, drafts_of(manuscript), order, runtime, pool)
    assert (proven.tasks, proven.dropped) == (3, ())
    assert list(proven.records) == list(WorldFile)
    (listed,) = proven.records[WorldFile.TASKS]
    assert len(listed["tasks"]) == len(listed["details"]) == 3
    assert listed["builtin"] == {"tasks": 3, "levels": [1, 2, 3, 4, 5], "state": 0}
    oracles = proven.records[WorldFile.ORACLE]
    assert [row["task_idx"] for row in oracles] == [0, 1, 2]
    assert all(len(row["state_hash"]) == 64 for row in oracles)
    for part in (WorldFile.VERIFIER_CODE, WorldFile.VERIFIER_SQL):
        rows = proven.records[part]
        assert [row["task"] for row in rows] == listed["tasks"]
        assert [row["task_idx"] for row in rows] == [0, 1, 2]
        assert {row["scenario"] for row in rows} == {manuscript.name}


async def test_a_task_in_which_code_and_books_disagree_is_dropped_and_said_so(
    manuscript, runtime, pool
):
    broken = with_code(
        manuscript, ("loan.returned_on = TODAY", "loan.returned_on = days(1) + TODAY")
    )
    wrong = some(drafts_of(manuscript), "return_tool", 2)
    right = without(drafts_of(manuscript), "return_tool", 2)
    tasks = [wrong[0], right[0], wrong[1], right[1]]
    proven = await prove(broken, iter(tasks), Order(1, tasks=4), runtime, pool)
    assert [(each.task, each.why) for each in proven.dropped] == [
        (task.texts[0], DISAGREE) for task in wrong
    ]
    (listed,) = proven.records[WorldFile.TASKS]
    assert listed["tasks"] == [task.texts[0] for task in right]
    whole = await prove(manuscript, iter(wrong), Order(1, tasks=2), runtime, pool)
    assert whole.dropped == ()


async def test_a_stray_change_that_the_code_makes_is_seen(manuscript, runtime, pool):
    change = "loan.tool.deposit_cents += 1\n        loan.returned_on = TODAY"
    broken = with_code(manuscript, ("loan.returned_on = TODAY", change))
    (task,) = some(drafts_of(manuscript), "return_tool", 1)
    proven = await prove(broken, iter([task]), Order(1, tasks=1), runtime, pool)
    assert [each.why for each in proven.dropped] == [DISAGREE]
    assert proven.tasks == 0


async def test_a_rule_that_the_code_forgets_is_seen(manuscript, runtime, pool):
    """Where nothing is refused, a task that is to be declined cannot be."""
    refusing = "def refuse("
    (row,) = manuscript.records[WorldFile.ENVIRONMENT]
    head, _, body = row["full_code"].partition(refusing)
    start, _, rest = body.partition('"""\n')
    forgetting = head + refusing + start + '"""\n    return\n' + rest
    broken = with_code(manuscript, (row["full_code"], forgetting))
    declined = [
        task
        for task in islice(drafts_of(manuscript), 40)
        if task.draft.kind == "decline" and "wrong_status" not in str(task.draft.facts)
    ][:2]
    assert declined
    proven = await prove(broken, iter(declined), Order(1, tasks=2), runtime, pool)
    assert proven.tasks == 0
    assert all("fails: call " in each.why for each in proven.dropped)


async def test_a_tool_that_fails_drops_the_tasks_that_call_it(manuscript, runtime, pool):
    broken = with_code(manuscript, ("loan.returned_on = TODAY", "raise RuntimeError"))
    tasks = some(drafts_of(manuscript), "return_tool", 1) + without(
        drafts_of(manuscript), "return_tool", 1
    )
    proven = await prove(broken, iter(tasks), Order(1, tasks=2), runtime, pool)
    assert proven.tasks == 1
    (dropped,) = proven.dropped
    assert dropped.task == tasks[0].texts[0]
    assert "fails: call " in dropped.why


async def test_what_was_dropped_is_made_up_for(manuscript, runtime, pool):
    good = list(islice(drafts_of(manuscript), 3))
    calls = (ToolCall("no_such_tool", {}),)
    bad = replace(good[0], draft=replace(good[0].draft, calls=calls))
    proven = await prove(manuscript, iter([bad, *good]), Order(1, tasks=2), runtime, pool)
    (listed,) = proven.records[WorldFile.TASKS]
    assert listed["tasks"] == [task.texts[0] for task in good[:2]]
    assert [each.task for each in proven.dropped] == [bad.texts[0]]


async def test_a_world_in_which_nothing_can_be_proven_is_not_tried_for_ever(
    manuscript, runtime, pool
):
    task = next(drafts_of(manuscript))
    bad = replace(task, draft=replace(task.draft, calls=(ToolCall("no_such_tool", {}),)))
    drawn = count()
    endless = (bad for _ in drawn)
    proven = await prove(manuscript, endless, Order(1, tasks=2), runtime, pool)
    assert proven.tasks == 0
    assert len(proven.dropped) == next(drawn) < 20
    assert proven.records[WorldFile.ORACLE] == []


async def test_a_world_that_does_not_come_to_life_is_an_error(manuscript, runtime, pool):
    broken = with_code(manuscript, ("engine = create_engine", "raise ValueError\nengine = int"))
    with pytest.raises(WorldError, match="ValueError"):
        await prove(broken, drafts_of(manuscript), Order(1, tasks=1), runtime, pool)


# --- worlds as they were written ---

REPLAY = """
import asyncio, json, sys
from pathlib import Path
from awm import Runtime, World
from awm.worlds import WorldFile

async def main(folder):
    rows = {part: [json.loads(line) for line in (folder / part).open(encoding="utf-8")]
            for part in WorldFile}
    found = {}
    async with Runtime() as runtime:
        for row in rows[WorldFile.SCENARIO]:
            named = {part: [each for each in listed if (each.get("name") or each["scenario"])
                            in (row["name"], World.from_records({WorldFile.SCENARIO: [row]}).name)]
                     for part, listed in rows.items()}
            world = World.from_records(named)
            for idx, oracle in world.oracles.items():
                async with await runtime.launch(world) as instance:
                    for call in oracle.solution.calls:
                        await instance.call_tool(call.name, call.arguments)
                    found[f"{world.name} {idx}"] = await instance.state_hash()
    print(json.dumps(found))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_every_oracle_replays_to_its_hash_in_a_process_that_has_only_the_rows(generated, worlds):
    done = subprocess.run(
        [sys.executable, "-c", REPLAY, str(generated)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment(),
    )
    recorded = {
        f"{world.name} {idx}": oracle.state_hash
        for world in worlds.values()
        for idx, oracle in world.oracles.items()
    }
    assert len(recorded) == 20
    assert json.loads(done.stdout) == recorded


async def test_the_audit_finds_nothing_in_a_generated_world(worlds, runtime, pool):
    world = worlds[list(worlds)[1]]
    audit = await audit_world(world, runtime, pool, Effort(calls_per_tool=3))
    assert (audit.grade, audit.problems, audit.faults) == ("A", (), ())
    assert {task.verdict for task in audit.tasks} == {"proven"}
    for task in audit.tasks:
        assert task.passed == task.tried
        assert task.modes == ("code", "sql")
        assert {"oracle", "again", "later", "nothing"} <= task.tried.keys()
    wrong = {"value", "entity", "stray", "prefix", "answer"}
    assert wrong <= {kind for task in audit.tasks for kind in task.tried}
