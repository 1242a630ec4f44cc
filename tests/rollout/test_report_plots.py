"""The plots of an evaluation's page."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.intervals import Estimate
from awm.rollout.metrics_passing import Tally, passing_of
from awm.rollout.report_plots import pass_curves, share_bar, spread_plot, told_estimate
from tests.pages.outlining import Outline

HALF = Estimate(0.5, 0.25, 0.75, 8, 8, "tasks")


def curves(most):
    return pass_curves(passing_of({("x", 0): Tally(most, 1), ("x", 1): Tally(most, most)}))


def columns_of(plot):
    """What is said of each column that is drawn."""
    return re.findall("<title>([^<]*)</title><rect", plot)


def test_a_share_is_drawn_with_its_interval():
    drawn = share_bar(HALF, "level 1")
    assert '<rect width="50.00%"' in drawn
    assert '<line x1="25.00%" x2="75.00%"' in drawn
    assert 'aria-label="level 1: 50%, 95% interval 25% to 75%"' in drawn


def test_a_share_that_nobody_knows_is_not_drawn():
    assert share_bar(None, "level 1") == ""
    assert told_estimate(None) == "unknown"


def test_both_curves_start_at_the_same_place_and_part():
    drawn = curves(4)
    first, second = re.findall('<polyline points="([^"]*)"', drawn)
    assert first.split()[0] == second.split()[0]
    heights = [[float(point.split(",")[1]) for point in line.split()] for line in (first, second)]
    assert heights[0] == sorted(heights[0], reverse=True)  # SVG counts from above
    assert heights[1] == sorted(heights[1])


def test_every_point_of_a_curve_says_its_figures():
    assert re.findall(r"<title>(pass[@^]4: \d+%)", curves(4)) == ["pass@4: 100%", "pass^4: 50%"]


@pytest.mark.parametrize("most", [2, 3, 8, 9, 64, 1_000])
def test_however_many_attempts_there_are_there_is_room_for_the_ticks(most):
    ticks = re.findall(r'text-anchor="(?:start|middle)">([^<]*)<', curves(most))
    assert ticks[0] == "k=1"
    assert len(ticks) <= 8


def test_few_numbers_have_a_column_each():
    plot = spread_plot([1, 1, 3], "turns", 5 / 3)
    assert columns_of(plot) == ["1 turns: 2 episodes", "3 turns: 1 episode"]
    assert "mean 1.7" in plot


def test_many_numbers_share_columns_of_round_widths():
    plot = spread_plot([1_234, 9_876, 40_321], "tokens", None)
    assert columns_of(plot) == [
        "0 to 4,999 tokens: 1 episode",
        "5,000 to 9,999 tokens: 1 episode",
        "40,000 to 44,999 tokens: 1 episode",
    ]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_every_episode_is_in_one_column(values):
    plot = spread_plot(values, "calls", None)
    Outline(plot)
    told = columns_of(plot)
    assert len(told) <= 17
    assert sum(int(re.search(r"(\d+) episode", each)[1]) for each in told) == len(values)
