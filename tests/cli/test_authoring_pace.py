"""How long a model will still take."""

import pytest

from awm.cli.authoring_pace import FINISHING, Pace
from awm.cli.clock import as_clock
from awm.synthesis.llm_author.events import StageDone, StageStarted, WorldDone, WorldFailed

STEPS = ("task", "db", FINISHING)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def told(pace, clock, *events):
    """Tell of events, each after so many seconds."""
    for seconds, event in events:
        clock.now += seconds
        pace(event)


def world(name):
    """A world that takes 16 s."""
    return [
        (0, StageStarted(name, "task")),
        (4, StageDone(name, "task")),
        (0, StageStarted(name, "db")),
        (10, StageDone(name, "db")),
        (2, WorldDone(name, 1, 1)),
    ]


def test_nothing_is_told_before_anything_is_known(clock):
    pace = Pace(3, STEPS, clock)
    assert pace.left() is None
    told(pace, clock, (0, StageStarted("A", "task")), (5, StageStarted("B", "task")))
    assert pace.left() is None


def test_after_the_first_stage_the_others_are_guessed_from_it(clock):
    pace = Pace(1, STEPS, clock)
    told(pace, clock, *world("A")[:2])
    # db takes half as long again as task, finishing half as long: 6 s and 2 s.
    assert pace.left() == pytest.approx(8.0)


def test_worlds_one_after_the_other_take_as_long_as_the_first(clock):
    pace = Pace(3, STEPS, clock)
    told(pace, clock, *world("A"))
    assert pace.left() == pytest.approx(32.0)
    told(pace, clock, *world("B")[:2])
    assert pace.left() == pytest.approx(28.0)


def test_worlds_at_a_time_share_what_is_left(clock):
    pace = Pace(10, STEPS, clock)
    told(pace, clock, *world("A"))
    told(pace, clock, *((0, StageStarted(name, "task")) for name in "BCD"))
    # Nine worlds of 16 s, three at a time.
    assert pace.left() == pytest.approx(48.0)


def test_it_takes_at_least_as_long_as_the_one_that_is_furthest_behind(clock):
    pace = Pace(3, STEPS, clock)
    told(pace, clock, *world("A"))
    told(pace, clock, (0, StageStarted("B", "task")), (0, StageStarted("C", "task")))
    told(pace, clock, *world("B")[1:])
    clock.now -= 16
    assert pace.left() == pytest.approx(16.0)


def test_what_takes_longer_than_usual_will_take_longer_still(clock):
    pace = Pace(2, STEPS, clock)
    told(pace, clock, *world("A"))
    told(pace, clock, *world("B")[:3])
    clock.now += 60
    assert pace.left() == pytest.approx(60 / 4 + 2)


def test_what_an_earlier_run_did_says_nothing_about_time(clock):
    pace = Pace(2, STEPS, clock)
    kept = [StageDone("A", "task", kept=True), StageDone("A", "db", kept=True)]
    told(pace, clock, *((0, event) for event in kept), (0, WorldDone("A", 1, 1, kept=True)))
    assert pace.left() is None
    told(pace, clock, *world("B")[:2])
    assert pace.left() == pytest.approx(8.0)


def test_scenarios_that_are_lost_are_waited_for_no_longer(clock):
    pace = Pace(2, STEPS, clock)
    told(pace, clock, *world("A"), (0, StageStarted("B", "task")), (1, WorldFailed("B", "db", "")))
    assert pace.left() == 0.0


def test_a_stage_alone_ends_with_it(clock):
    pace = Pace(2, ("task",), clock)
    told(pace, clock, *world("A")[:2])
    assert pace.left() == pytest.approx(4.0)
    told(pace, clock, *world("B")[:2])
    assert pace.left() == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65.4, "1:05"), (3599.6, "1:00:00"), (7265, "2:01:05")]
)
def test_times_are_told_as_clocks_do(seconds, text):
    assert as_clock(seconds) == text
