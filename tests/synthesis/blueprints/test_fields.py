"""Fields are read from a line; whatever is no field is a fault, with a hint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.fields import read_field

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}[a-z]", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "written", "field"),
    [
        ("name", "text from tool_name", Field("name", "text", pool="tool_name")),
        ("note", "text? from remark", Field("note", "text", optional=True, pool="remark")),
        (
            "email",
            "text from person_email of full_name",
            Field("email", "text", pool="person_email", of="full_name"),
        ),
        (
            "remark",
            "text? from remark by stars",
            Field("remark", "text", optional=True, pool="remark", by="stars"),
        ),
        ("seats", "int 1..50", Field("seats", "int", low=1, high=50)),
        ("degrees", "int -20..-3", Field("degrees", "int", low=-20, high=-3)),
        ("fee_cents", "money 500..12000", Field("fee_cents", "money", low=500, high=12000)),
        ("due_on", "date -30..+10", Field("due_on", "date", low=-30, high=10)),
        (
            "ends_on",
            "date starts_on+1..starts_on+7",
            Field("ends_on", "date", low=1, high=7, base="starts_on"),
        ),
        ("ends_on", "date a..a+2", Field("ends_on", "date", low=0, high=2, base="a")),
        ("paid_on", "date?", Field("paid_on", "date", optional=True)),
        ("new", "bool 20%", Field("new", "bool", share=20)),
        ("new", "bool 200%", Field("new", "bool", share=100)),
        (
            "kind",
            "one of power 5, hand 4, garden",
            Field("kind", "choice", choices=(("power", 5), ("hand", 4), ("garden", 1))),
        ),
        (
            "status",
            "state open, shut",
            Field("status", "state", choices=(("open", 1), ("shut", 1))),
        ),
        ("home", "-> branch", Field("home", "ref", target="branch")),
        ("home", "->? branch", Field("home", "ref", target="branch", optional=True)),
        (
            "home",
            "-> branch as tools_here",
            Field("home", "ref", target="branch", back="tools_here"),
        ),
        ("code", "text from card unique", Field("code", "text", pool="card", unique=True)),
    ],
)
def test_each_kind_of_field_is_read(name, written, field):
    assert read_field(name, written) == (field, None)


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("money = quantity * 3", "quantity * 3"),
        ("money 1..5 = 'a = b'", "'a = b'"),
        ("money= 3", None),
    ],
)
def test_what_stands_after_the_sign_is_the_value(written, source):
    if source is None:
        with pytest.raises(Fault):
            read_field("total_cents", written)
    else:
        assert read_field("total_cents", written)[1] == source


@pytest.mark.parametrize(
    ("name", "written", "what"),
    [
        ("total", "money 1..5", "the name of money ends in `_cents`."),
        ("due", "date", "the name of date ends in `_on`."),
        ("due_on", "date 5..2", "'date 5..2' ends before it begins."),
        ("due_on", "date a+1..b+2", "'date a+1..b+2' has two different starts."),
        ("due_on", "date 5..", "'date 5..' has no end."),
        ("seats", "int 5..1", "'int 5..1' ends before it begins."),
        ("seats", "int few", "'few' in 'int few' cannot be read."),
        ("kind", "one of power", "'one of power' is no list of words."),
        ("kind", "one of a, a", "'one of a, a' is no list of words."),
        ("kind", "one of Big, small", "'one of Big, small' is no list of words."),
        ("status", "state? a, b", "a row is always in some state."),
        ("name", "text from a with b", "'from a with b' in 'text from a with b' cannot be read."),
        ("name", "text from a of", "'from a of' in 'text from a of' cannot be read."),
        ("name", "string", "'string' is no field."),
        ("name", "", "'' is no field."),
    ],
)
def test_what_cannot_be_read_is_a_fault_that_says_what_to_write(name, written, what):
    with pytest.raises(Fault) as caught:
        read_field(name, written)
    assert caught.value.what == what
    assert caught.value.hint


@given(name=NAMES, written=st.text(max_size=40) | st.from_regex(r"(int|date|one of|->).{0,20}"))
def test_no_text_makes_reading_fail_otherwise_than_by_a_fault(name, written):
    try:
        field, source = read_field(name, written)
    except Fault:
        return
    assert field.name == name
    assert source is None or source == source.strip()


@given(
    name=NAMES,
    optional=st.booleans(),
    unique=st.booleans(),
    low=st.integers(-9999, 9999),
    width=st.integers(0, 9999),
    value=st.none() | st.sampled_from(["0", "max(1, 2)", "a == b"]),
)
def test_numbers_are_read_as_they_were_written(name, optional, unique, low, width, value):
    written = f"int{'?' * optional} {low}..{low + width}{' unique' * unique}"
    written += f" = {value}" if value else ""
    field = Field(name, "int", optional, low, low + width, unique=unique)
    assert read_field(name, written) == (field, value)


@given(
    pool=NAMES,
    how=st.sampled_from(["of", "by"]),
    other=NAMES,
    gaps=st.lists(st.just(" "), min_size=1),
)
def test_a_text_that_goes_by_another_field_is_read_as_it_was_written(pool, how, other, gaps):
    gap = "".join(gaps)
    field, _ = read_field("note", f"text from{gap}{pool}{gap}{how}{gap}{other}")
    assert (field.pool, field.of, field.by) == (
        pool,
        other if how == "of" else "",
        other if how == "by" else "",
    )


@given(words=st.dictionaries(NAMES, st.integers(1, 99), min_size=2, max_size=6))
def test_words_keep_their_order_and_weights(words):
    written = ", ".join(f"{word} {weight}" for word, weight in words.items())
    field, _ = read_field("kind", f"one of {written}")
    assert field.choices == tuple(words.items())
    assert field.words == tuple(words)
    assert field.weighted == (len(set(words.values())) > 1)
