"""From an oracle to what a solved task looks like."""

import pytest

from awm.errors import OracleError
from awm.runtime import Runtime
from awm.verify import compare, milestones_of, solve, trail
from awm.verify.effects import Added, Changed, Removed, Stamp
from awm.verify.facts import Fact
from awm.worlds import bundled_worlds
from tests.audit.tasked import BOTH, add, oracle, solved_in, tasked

TIMED = """
import random
from datetime import datetime

with engine.begin() as connection:
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, what TEXT, at TEXT, dice INTEGER)"
    )


@app.post("/log", operation_id="log")
def log(what: str):
    with engine.begin() as connection:
        row = (what, datetime.now().strftime("%H:%M"), random.randint(0, 10**9))
        connection.exec_driver_sql("INSERT INTO log (what, at, dice) VALUES (?, ?, ?)", row)
    return {}


@app.post("/early", operation_id="early")
def early():
    if datetime.now().minute > 1:
        raise HTTPException(409, "too late")
    return {}
"""


async def test_the_effects_of_the_reference_are_what_is_expected(runtime):
    solved = await solved_in(
        runtime,
        tasked(
            solved=oracle(
                add("milk"),
                {"tool": "rename_note", "arguments": {"note_id": 1, "title": "bread"}},
                {"tool": "delete_note", "arguments": {"note_id": 2}},
            ),
            inserts=["INSERT INTO notes (title) VALUES ('first'), ('second');"],
        ),
    )
    (outcome,) = solved.expectation.outcomes
    (added,), (removed,), (changed,) = (
        outcome.effects.added,
        outcome.effects.removed,
        outcome.effects.changed,
    )
    assert added == Added("notes", "notes#1", {"title": "milk"})
    assert removed == Removed("notes", {"id": 2})
    assert changed == Changed("notes", {"id": 1}, {"title": "bread"})
    assert (outcome.facts, outcome.answer) == ((), None)
    assert [table.table for table in solved.diff] == ["notes"]
    assert len(solved.state_hash) == 64


async def test_what_differs_at_another_time_and_with_other_dice_is_volatile(runtime):
    call = {"tool": "log", "arguments": {"what": "milk"}}
    solved = await solved_in(runtime, tasked(tools=TIMED, solved=oracle(call)))
    assert solved.expectation.volatile.keys() == {("log", "at"), ("log", "dice")}
    (added,) = solved.expectation.outcomes[0].effects.added
    assert added.cells == {"what": "milk", "at": Stamp(True), "dice": Stamp(True)}
    assert solved.late.fault == ""
    assert solved.late.image != solved.replays[0].image


async def test_volatile_columns_of_other_tables_are_not_told_of(runtime):
    solved = await solved_in(runtime, tasked(tools=TIMED))
    assert solved.expectation.volatile == {}


async def test_a_recorded_state_that_is_reached_is_no_complaint(runtime):
    recorded = (await solved_in(runtime, tasked())).state_hash
    again = await solved_in(runtime, tasked(solved=BOTH | {"state_hash": recorded}))
    assert again.state_hash == recorded
    with pytest.raises(OracleError, match=f"reaches the state {recorded[:16]}, not the recorded"):
        await solved_in(runtime, tasked(solved=BOTH | {"state_hash": recorded[::-1]}))


async def test_alternatives_are_outcomes_of_their_own(runtime):
    other = oracle(add("bread"), answer="Only bread.", facts=[["bread", "loaf"]])
    solved = await solved_in(runtime, tasked(solved=BOTH | {"alternatives": [other]}))
    first, second = solved.expectation.outcomes
    assert (len(first.effects.added), len(second.effects.added)) == (2, 1)
    assert (first.facts, second.facts) == ((), (Fact(("bread", "loaf")),))
    assert second.answer == "Only bread."
    assert len(solved.replays) == 2


async def test_facts_are_read_from_the_answer_unless_they_are_declared(runtime):
    answer = "There are 3 notes, says Ann Lee."
    read = await solved_in(runtime, tasked(solved=BOTH | {"answer": answer}))
    assert read.expectation.outcomes[0].facts == (Fact(("3",)), Fact(("Ann Lee",)))
    declared = await solved_in(runtime, tasked(solved=BOTH | {"answer": answer, "facts": ["3"]}))
    assert declared.expectation.outcomes[0].facts == (Fact(("3",)),)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (
            {"answer": "Done.", "facts": ["3"]},
            "the oracle of task 0 does not hold its own fact '3'",
        ),
        ({"facts": [["3", "three"]]}, "does not hold its own fact '3' or 'three'"),
        (
            {"answer": "Done.", "facts": [[]]},
            r"does not hold its own fact \(which has no wording\)",
        ),
        (
            {"alternatives": [oracle(add("x"), answer="No.", facts=["yes"])]},
            "alternative 1 to the oracle of task 0 does not hold its own fact 'yes'",
        ),
    ],
)
async def test_an_answer_that_would_not_pass_is_a_fault_of_the_oracle(runtime, others, said):
    with pytest.raises(OracleError, match=said):
        await solved_in(runtime, tasked(solved=BOTH | others))


async def test_an_oracle_that_only_works_at_its_hour_is_refused(runtime):
    world = tasked(tools=TIMED, solved=oracle({"tool": "early"}))
    with pytest.raises(OracleError, match="carried out 137 seconds later: call 1, early, is ref"):
        await solved_in(runtime, world)


async def test_a_refusal_that_is_expected_is_part_of_the_solution(runtime):
    missing = {"tool": "delete_note", "arguments": {"note_id": 9}, "refused": True}
    solved = await solved_in(runtime, tasked(solved=oracle(missing, add("milk"))))
    assert [step.result.is_error for step in solved.replays[0].steps] == [True, False]
    assert len(solved.expectation.outcomes[0].effects.added) == 1


async def test_what_is_solved_is_solved_the_same_way_again(runtime):
    world = tasked(
        tools=TIMED, solved=oracle(add("x"), {"tool": "log", "arguments": {"what": "y"}})
    )
    assert await solved_in(runtime, world) == await solved_in(runtime, world)


async def test_the_trail_tells_what_each_call_has_come_to_so_far(runtime: Runtime) -> None:
    world = bundled_worlds()["coworking_space"]
    cancelling = world.oracles[9]  # four bookings are cancelled, one after the other
    async with await runtime.launch(world) as instance:
        schema = await runtime.examiner.describe(world.name, instance.world.template)
        solved = await solve(runtime, instance, schema, cancelling)
        done = await trail(runtime, instance, solved)
    assert len(done) == len(cancelling.solution.calls)
    assert not done[0]  # it only looks
    assert compare(solved.expectation.outcomes[0].effects, done[-1]).equal
    names = [milestone.name for milestone in milestones_of(done)]
    assert len(names) == len(set(names)) == sum(step.changed for step in solved.replays[0].steps)
