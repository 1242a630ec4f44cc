"""Bar plots in text."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from awm.cli.bars import Bar, Plot, show_plots

TWO = [Bar("one", 4), Bar("three", 1, marked=True)]


def shown(plots, width=80, encoding="utf-8"):
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, newline="") as stream:
        show_plots(Console(file=stream, width=width), plots)
        stream.flush()
        return raw.getvalue().decode(encoding).splitlines()


def test_bars_are_as_long_as_their_share_of_the_longest():
    assert shown([Plot("Numbers", TWO, "here")]) == [
        "",
        "Numbers  ◂ here",
        "  one ████████████████████████████ 4",
        "three ███████                      1 ◂",
    ]


def test_two_plots_stand_beside_each_other_where_there_is_room():
    lines = shown([Plot("A", TWO), Plot("B", TWO[:1])])
    assert lines[1] == f"{'A':<41}B"
    assert len(lines) == 4
    assert len(shown([Plot("A", TWO), Plot("B", TWO[:1])], width=78)) == 7


def test_without_block_characters_bars_are_of_signs_that_every_terminal_has():
    lines = shown([Plot("Numbers", TWO, "here")], encoding="ascii")
    assert lines[3] == "three #######                      1 <"


def test_a_bar_that_is_not_empty_is_seen():
    lines = shown([Plot("A", [Bar("a", 100_000), Bar("b", 1), Bar("c", 0)])])
    assert "▏" in lines[3]
    assert lines[4].split() == ["c", "0"]


def test_plots_can_share_a_scale():
    (_, _, line) = shown([Plot("A", [Bar("a", 1)], most=4)])
    assert line.count("█") == 8


BARS = st.lists(
    st.builds(
        Bar,
        label=st.text(max_size=30),
        count=st.integers(0, 10**7),
        note=st.sampled_from(["", "7%"]),
        marked=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@given(st.lists(BARS, min_size=1, max_size=3), st.sampled_from([20, 40, 80, 200]))
def test_no_label_breaks_a_plot(groups, width):
    plots = [Plot("T", bars) for bars in groups]
    assert shown(plots, width=width, encoding="utf-16")


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_count_is_no_obstacle(count):
    assert shown([Plot("A", [Bar("a", 0)])][:count]) is not None
