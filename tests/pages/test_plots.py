"""Plots as inline SVG."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.pages import Column, Mark, histogram, level

COUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=24)


def drawn(counts, marks=(), **more):
    columns = [Column(str(place), f"{place}: {count}", count) for place, count in enumerate(counts)]
    return ET.fromstring(histogram(columns, marks, "what <it> shows", **more))


@given(COUNTS)
def test_a_column_is_as_tall_as_its_share_of_the_tallest(counts):
    bars = [float(bar.get("height")) for bar in drawn(counts).iter("rect")]
    wanted = [count for count in counts if count]
    assert len(bars) == len(wanted)
    for bar, count in zip(bars, wanted, strict=True):
        assert bar == max(round(130 * count / max(counts), 2), 1.5)


@given(COUNTS, st.floats(-1, 2))
def test_everything_stays_inside_the_picture(counts, place):
    picture = drawn(counts, [Mark("mean", "mean", place), Mark("published", "there", 1 - place)])
    _, _, width, height = map(float, picture.get("viewBox").split())
    for bar in picture.iter("rect"):
        assert float(bar.get("x")) >= 0
        assert float(bar.get("x")) + float(bar.get("width")) <= width
        assert float(bar.get("y")) + float(bar.get("height")) <= height
    for line in picture.iter("line"):
        assert 0 <= float(line.get("x1")) <= width


def test_marks_have_their_texts_on_lines_of_their_own():
    picture = drawn([1, 2], [Mark("mean", "mean 3", 0.2), Mark("high", "95% up to 4", 0.9)])
    texts = [text for text in picture.iter("text") if text.get("class")]
    assert [text.text for text in texts] == ["mean 3", "95% up to 4"]
    assert [text.get("text-anchor") for text in texts] == [None, "end"]
    assert texts[0].get("y") != texts[1].get("y")


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (9_999, "9,999"), (450_000, "450k"), (999_500, "1.0M"), (12_345_678, "12.3M")],
)
def test_the_largest_count_stands_beside_the_plot(count, text):
    assert next(drawn([count]).iter("text")).text == text


@given(st.integers(1, 99_900_000))
def test_the_largest_count_fits_beside_the_plot(count):
    text = next(drawn([count]).iter("text"))
    assert 8 * len(text.text) <= float(text.get("x"))


def test_few_of_many_columns_have_a_tick():
    ticks = [text.text for text in drawn(range(20), edges=True).iter("text")]
    assert ticks == ["19", "0", "4", "8", "12", "16"]


def test_what_it_shows_is_said_to_those_who_do_not_see_it():
    assert drawn([1]).get("aria-label") == "what <it> shows"
    assert drawn([1]).find("g/title").text == "0: 1"


def test_a_bar_is_filled_to_its_share():
    assert re.search(r'<rect width="25.00%"/>', level(0.25, "a quarter"))
