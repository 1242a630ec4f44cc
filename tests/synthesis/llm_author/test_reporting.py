"""What a run came to, in figures."""

from awm.llm.ledger import Spent
from awm.synthesis.llm_author.events import StageDone, StageStarted, WorldDone, WorldFailed
from awm.synthesis.llm_author.reporting import Tally, known_usd

EVENTS = [
    StageStarted("A", "db"),
    StageDone("A", "db"),
    StageDone("B", "db", attempts=3, mended=("b: table 'x' is missing", "b: table 'y' is missing")),
    StageDone("C", "db", attempts=4, mended=("c: odd", "c: odd", "c: odd"), broken=True),
    WorldDone("A", tasks=10, proven=10),
    WorldDone("B", tasks=10, proven=7),
    WorldFailed("C", "env", "it does not start"),
]


def report(**expenses):
    tally = Tally()
    for event in EVENTS:
        tally(event)
    return tally.report(expenses)


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


def spent(asked, inward, outward, usd, unpriced=0):
    return Spent(asked, 0, inward, outward, usd, unpriced)


def test_what_it_cost_is_added_up_and_told_for_100_worlds():
    found = report(scenario=spent(1, 10, 5, 0.5), db=spent(8, 100, 50, 1.5))
    assert found.expense == spent(9, 110, 55, 2.0)
    assert found.usd_per_100 == 100.0
    assert {each.stage for each in found.stages} == {"db", "env", "scenario"}


def test_what_is_not_known_is_not_called_nothing():
    found = report(db=spent(8, 100, 50, 0.0, unpriced=8))
    assert known_usd(found.expense) is None
    assert found.usd_per_100 is None
    assert found.as_json()["usd_per_100_worlds"] is None


def test_it_can_be_written_as_json():
    written = report(db=spent(8, 100, 50, 0.25)).as_json()
    assert written["worlds"] == 2
    assert written["stages"][0]["mended"][0] == {"what": "odd", "times": 3}
    assert written["lost"] == [{"scenario": "C", "stage": "env", "why": "it does not start"}]
