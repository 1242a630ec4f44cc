"""What happens is counted, by stage and by world."""

import random

from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.events import (
    RunBegun,
    RunEnded,
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.reporting import Passage, WorldReport
from awm.synthesis.llm_author.tally import Tally

EVENTS = [
    StageStarted("A", "db"),
    StageDone("A", "db"),
    StageDone("B", "db", attempts=3, mended=("b: table 'x' is missing", "b: table 'y' is missing")),
    StageDone("C", "db", attempts=4, mended=("c: odd", "c: odd", "c: odd"), broken=True),
    WorldDone("A", tasks=10, proven=10),
    WorldDone("B", tasks=10, proven=7),
    WorldFailed("C", "env", "it does not start"),
]


def report(parts=None, events=EVENTS):
    tally = Tally()
    for event in events:
        tally(event)
    return tally.report(Ledger(parts or {}))


def test_worlds_and_tasks_are_counted_and_those_that_are_proven():
    found = report()
    assert (found.worlds, found.proven_worlds, found.tasks, found.proven) == (2, 1, 20, 17)
    assert found.lost == (("C", "env", "it does not start"),)


def test_each_stage_tells_what_was_right_at_once_and_what_was_mended():
    db, env = report().stages
    assert (db.stage, db.passed, db.at_once, db.attempts, db.broken) == ("db", 3, 1, 8, 1)
    assert db.repairs == 2.5
    assert db.mended == (("odd", 3), ("table … is missing", 2))
    assert (env.stage, env.passed, env.failed, env.repairs) == ("env", 0, 1, 0.0)


def spent(asked, inward, outward, usd):
    return Spent(asked, 0, inward, outward, usd)


def test_what_it_cost_is_added_up_by_stage():
    parts = {("scenario", ""): spent(1, 10, 5, 0.5), ("db", "a"): spent(8, 100, 50, 1.5)}
    found = report(parts)
    assert found.expense == spent(9, 110, 55, 2.0)
    assert {each.stage: each.expense.usd for each in found.stages} == {
        "scenario": 0.5, "db": 1.5, "env": 0.0,
    }  # fmt: skip


def test_each_world_tells_how_it_went_and_where_it_is():
    started = [*EVENTS, StageStarted("D", "task")]
    by_world = {each.title: each for each in report(events=started).by_world}
    assert by_world["A"] == WorldReport("A", "world", 10, 10, (Passage("db", 1),))
    assert by_world["B"] == WorldReport("B", "world", 10, 7, (Passage("db", 3),))
    assert by_world["C"] == WorldReport(
        "C", "lost", stages=(Passage("db", 4, broken=True),), ended="env", why="it does not start"
    )
    assert by_world["D"] == WorldReport("D", "unfinished")


def test_a_world_s_cost_is_found_under_each_spelling_that_stages_pay_in():
    parts = {
        ("db", "corner_shop"): spent(2, 10, 5, 0.5),
        ("blueprint", "Corner Shop"): spent(1, 1, 1, 0.25),
        ("scenario", ""): spent(7, 70, 70, 7.0),
    }
    (world,) = report(parts, [WorldDone("Corner Shop", 1, 1)]).by_world
    assert world.expense == spent(3, 11, 6, 0.75)


def test_the_stages_of_a_world_stand_in_their_order_whatever_was_told_first():
    events = [StageDone("A", "env"), StageDone("A", "task"), StageDone("A", "db")]
    (world,) = report(events=events).by_world
    assert [each.stage for each in world.stages] == ["task", "db", "env"]


def test_the_report_does_not_depend_on_which_world_was_faster():
    shuffled = random.Random(1).sample(EVENTS, len(EVENTS))
    assert shuffled != EVENTS
    assert report(events=shuffled) == report()


def test_what_is_no_world_s_is_not_counted():
    others = [RunBegun("1", 3, {}), Waiting("A", "db", "busy"), RunEnded(2, 1, 1.0, None)]
    assert report(events=[*EVENTS, *others]) == report()
