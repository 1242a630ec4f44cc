"""What a run came to, in figures and as JSON."""

from dataclasses import replace

import pytest

from awm.llm.ledger import Spent
from awm.synthesis.llm_author.reporting import (
    Passage,
    RunReport,
    StageReport,
    WorldReport,
    known_usd,
    usd_text,
)

SPENT = Spent(8, 0, 100, 50, 0.25)
STAGE = StageReport("db", 3, 1, 8, 1, 0, (("odd", 3),), SPENT)
LOST = WorldReport("C", "lost", 0, 0, (), "env", "it does not start", SPENT)
WORLD = WorldReport("A", "world", 10, 9, (Passage("db", 2, ("x is odd",), broken=True),))
REPORT = RunReport(
    2, 1, 20, 17, (("C", "env", "it does not start"),), (STAGE,), SPENT, (WORLD, LOST)
)


def test_repairs_are_those_of_what_was_not_right_at_once():
    assert STAGE.repairs == 2.5
    assert replace(STAGE, passed=1, attempts=1).repairs == 0.0


def test_the_cost_is_told_for_100_worlds():
    assert REPORT.usd_per_100 == 12.5
    assert replace(REPORT, worlds=0).usd_per_100 is None


def test_what_is_not_known_is_not_called_nothing():
    found = replace(REPORT, expense=replace(SPENT, unpriced=1))
    assert known_usd(found.expense) is None
    assert found.usd_per_100 is None
    assert found.as_json()["usd_per_100_worlds"] is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "unknown"), (0.0, "0.00"), (0.0123, "0.0123"), (0.1, "0.10"), (1234.567, "1,234.57")],
)
def test_small_amounts_are_told_more_exactly(amount, text):
    assert usd_text(amount) == text


def test_a_world_is_proven_if_each_of_its_tasks_is():
    assert replace(WORLD, proven=10).is_proven
    assert not WORLD.is_proven
    assert not replace(WORLD, tasks=0, proven=0).is_proven


def test_it_can_be_written_as_json():
    written = REPORT.as_json()
    assert written["worlds"] == 2
    assert written["stages"][0]["mended"][0] == {"what": "odd", "times": 3}
    assert written["lost"] == [{"scenario": "C", "stage": "env", "why": "it does not start"}]
    world, lost = written["by_world"]
    assert (world["title"], world["ending"], world["tasks"], world["proven"]) == (
        "A", "world", 10, 9,
    )  # fmt: skip
    assert world["attempts"] == {"db": 2}
    assert world["left"] == [{"stage": "db", "what": "x is odd", "broken": True}]
    assert (lost["ending"], lost["questions"], lost["usd"]) == ("lost", 8, 0.25)
