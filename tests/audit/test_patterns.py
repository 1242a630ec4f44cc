"""Strings made from regular expressions."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.patterns import Pattern, PatternError, read_pattern

KNOWN = [
    r"^[0-9]{5}$",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?Z?$",
    r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$",
    r"^(?:red|green|blue)$",
    r"^(?P<area>\+?\d{1,3})[- ]?\(?\d+\)?$",
    r"^#[a-fA-F\d]{6}$",
    r"\w{2,}?",
    r"^a{,3}b{2,}c*$|^x$",
    r"^[]a]+$",
    r"^\x41\u0042\t$",
    r"",
]


@pytest.mark.parametrize("text", KNOWN)
@given(dice=st.randoms(use_true_random=False))
def test_a_sample_matches(text, dice):
    assert re.search(text, Pattern(text).sample(dice))


@given(st.from_regex(r"[ab.]{1,3}[*+?]?(\([cd|]{1,3}\)[*+?]?)?[ef]{0,2}", fullmatch=True))
def test_a_sample_of_any_pattern_that_is_understood_matches(text):
    try:
        compiled = re.compile(text)
        pattern = Pattern(text)
    except (re.error, PatternError):
        return
    assert compiled.search(pattern.sample(random.Random(0)))


@given(st.text(alphabet="ab()[]{}|*+?^$\\.-,:<>!=P1239", max_size=12))
def test_whatever_is_written_is_read_or_refused(text):
    pattern = read_pattern(text)
    if pattern is not None:
        assert isinstance(pattern.sample(random.Random(1)), str)


@pytest.mark.parametrize(("shortest", "longest"), [(3, 6), (20, 40), (0, 1)])
def test_a_sample_has_the_length_that_is_asked_for(shortest, longest):
    text = Pattern(r"^[a-z]+$").sample(random.Random(2), shortest, longest)
    assert shortest <= len(text) <= longest


@pytest.mark.parametrize(
    "text",
    [r"^(?=.*\d).+$", r"(a)\1", "(", ")", "[", "*a", "a{99999999}", "(" * 99, r"\q", "a{3,2}"],
)
def test_what_is_not_understood_is_said_so(text):
    with pytest.raises(PatternError):
        Pattern(text)
    assert read_pattern(text) is None


@pytest.mark.parametrize("text", [r"^(a+)+$", r"^(a|a)*$", r"^a*a*a*a*b$", r"^(a{1,50}){1,50}$"])
def test_a_pattern_that_may_take_for_ever_is_never_matched(text):
    assert Pattern(text).matches("a" * 60 + "!") is None


def test_a_pattern_that_is_safe_is_matched():
    pattern = Pattern(r"^[a-z]+\d$")
    assert pattern.matches("abc1") is True
    assert pattern.matches("abc") is False
    assert pattern.matches("a" * 5000 + "1") is None
