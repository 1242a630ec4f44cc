"""A window shows the listing of the tools and the last exchanges, in order, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import Window, listing_place
from awm.errors import UsageError
from awm.trajectory import WrittenCall

COUNTS = st.integers(0, 12)
WIDTHS = st.integers(0, 14)


def test_without_a_limit_everything_is_in_sight():
    assert Window().of("abcd") == ("a", "b", "c", "d")
    assert Window(keep_first=True).of("abcd", listing=2) == ("a", "b", "c", "d")


def test_the_paper_trains_with_the_listing_and_the_last_three():
    assert "".join(Window(3, keep_first=True).of("Labcdef")) == "Ldef"


def test_where_nothing_is_kept_only_the_last_are_in_sight():
    assert "".join(Window(2).of("abcdef")) == "ef"
    assert "".join(Window(2, keep_first=True).of("abcdef", listing=None)) == "ef"
    assert Window(0).of("abcdef") == ()


def test_a_listing_that_came_late_stays_in_sight_and_what_was_before_it_does_not():
    assert "".join(Window(2, keep_first=True).of("xLabcd", listing=1)) == "Lcd"


def test_a_window_of_less_than_nothing_is_refused():
    with pytest.raises(UsageError, match="window"):
        Window(-1)


@given(COUNTS, WIDTHS, st.none() | st.integers(0, 11))
def test_what_is_in_sight_is_the_listing_and_the_last_others(count, width, listing):
    exchanges = range(count)
    kept = [place for place in exchanges if place == listing]
    others = [place for place in exchanges if place != listing]
    last = others[len(others) - min(width, len(others)) :]
    seen = Window(width, keep_first=True).of(exchanges, listing)
    assert list(seen) == sorted([*kept, *last])


@given(COUNTS, WIDTHS)
def test_as_an_episode_goes_on_nothing_comes_back_into_sight(count, width):
    window = Window(width, keep_first=True)
    before, after = window.of(range(count)), window.of(range(count + 1))
    assert set(after) <= {*before, count}


@given(COUNTS, WIDTHS, st.booleans())
def test_a_wider_window_shows_all_that_a_narrower_one_does(count, width, keep_first):
    narrow, wide = (Window(w, keep_first=keep_first).of(range(count)) for w in (width, width + 1))
    assert set(narrow) <= set(wide)


def test_the_listing_is_the_first_turn_that_asks_for_it():
    other, asking = WrittenCall("call_tool", {}), WrittenCall("list_tools")
    assert listing_place([[other], [], [other, asking], [asking]]) == 2
    assert listing_place([[other]]) is None
    assert listing_place([]) is None


def test_the_listing_is_in_sight_of_what_comes_after_it_while_the_window_keeps_it():
    for window in (Window(), Window(2, keep_first=True)):
        assert window.shows_listing(1, 2)
        assert not window.shows_listing(1, 1)
        assert not window.shows_listing(None, 9)
    assert not Window(2).shows_listing(0, 1), "it may be out of sight"
