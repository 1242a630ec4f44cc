"""Waits grow, are spread, and follow what a server asks for, up to a limit."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.llm.patience import Patience, told_wait

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = Patience(first_wait_seconds=1.0, longest_wait_seconds=60.0)


def test_waits_double_up_to_the_longest():
    waits = [PATIENCE.wait_seconds(failures, None, 1.0) for failures in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_chance_takes_away_half_at_most(failures, chance):
    longest = PATIENCE.wait_seconds(failures, None, 1.0)
    assert longest / 2 <= PATIENCE.wait_seconds(failures, None, chance) <= longest


@given(st.floats(0, 1e9), st.floats(0, 1))
def test_nobody_comes_back_sooner_than_told_unless_that_is_too_long(told, chance):
    wait = PATIENCE.wait_seconds(1, told, chance)
    assert min(told, 60) <= wait <= 66


@given(st.integers(3, 10_000), st.floats(0, 1e9), st.floats(0, 1))
def test_who_has_been_told_in_vain_waits_as_long_as_without_being_told(failures, told, chance):
    own = PATIENCE.wait_seconds(failures, None, chance)
    assert PATIENCE.wait_seconds(failures, told, chance) >= own


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 12 "}, 12),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "5", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Fri, 20 Nov 2026 13:01:00 +0100"}, 60),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 20 Nov 99999999999999999999 12:00:30 GMT"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 +99999999999999999999"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0),
        ({"retry-after": ""}, None),
    ],
)
def test_what_the_headers_say_is_read(headers, seconds):
    assert told_wait(headers, NOW) == seconds


@given(st.text())
def test_whatever_a_header_says_is_a_wait_or_nothing(text):
    told = told_wait({"retry-after": text}, NOW)
    assert told is None or told >= 0


@given(st.integers(0, 10**7))
def test_dates_and_seconds_say_the_same(seconds):
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert told_wait({"retry-after": date}, NOW) == seconds
