"""Values out of files are read as what they are, and as nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.written import INTEGERS, MisreadError, Written, is_whole, shown


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, INTEGERS.stop, float("nan"), [1]])
def test_what_only_looks_like_a_whole_number_is_none(value):
    assert not is_whole(value)


@given(st.integers(INTEGERS.start, INTEGERS.stop - 1))
def test_integers_of_64_bits_are_whole(value):
    assert is_whole(value)
    assert Written({"n": value}).whole("n") == value


def test_what_is_wrong_is_told_with_its_place():
    written = Written({"a": {"b": [1, "x"], "c": None}}).part("a")
    for read, what in (
        (lambda: written.whole("b"), "a.b is [1, 'x'] and no integer"),
        (lambda: written.whole("d"), "a.d is missing"),
        (lambda: written.texts("b", re.compile("x")), "a.b[0] is 1 and no text"),
        (lambda: written.listed("c"), "a.c is None and no list"),
        (lambda: written.flag("c"), "a.c is None and neither true nor false"),
        (lambda: written.part("b"), "a.b is [1, 'x'] and no object"),
        (lambda: written.only(frozenset("b")), "a.c is a key that nobody knows"),
        (lambda: Written(7), "it is 7 and no object"),
    ):
        with pytest.raises(MisreadError) as caught:
            read()
        assert str(caught.value) == what
    assert not written.has("c")
    assert written.has("b")


@given(st.text())
def test_a_text_is_one_line_that_can_be_written_to_a_file(value):
    try:
        read = Written({"t": value}).text("t")
    except MisreadError:
        assert not value.isprintable() or len(value) > 1000
        return
    assert read == value
    assert value.encode().decode() == value
    assert len(value.splitlines()) <= 1


def test_what_is_long_is_shown_by_its_beginning():
    assert shown("x") == "'x'"
    assert len(shown("x" * 1000)) < 70
