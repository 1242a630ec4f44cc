"""Texts that go by another field have the vocabulary for it, or are a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field, pool_of, reached, spelled
from tests.synthesis.library import composed, small, told, with_action

POOLS = {
    "word": ["one", "two", "three"],
    "mail": ["{first}.{last}@example.com", "office@{joined}.example.com"],
    "note_1": ["bad"],
    "note_2": ["{word}"],
    "note_sweet": ["good"],
    "note_sour": ["bad"],
    "note_yes": ["good"],
    "note_no": ["bad"],
}


def kiosk(pools=None, **fields):
    """The kiosk whose wares have further fields."""
    form = small(pools=POOLS | (pools or {}))
    ware = form["entities"]["ware"]
    shelf = form["entities"]["shelf"]
    ware = {**ware, "fields": {**ware["fields"], **fields}}
    return form | {"entities": {"shelf": shelf, "ware": ware}}


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("text from word", "text from mail of other"),
        ("text? from word", "text? from mail of other"),
        ("int 1..2", "text from note by other"),
        ("int? 1..2", "text? from note by other"),
        ("one of sweet, sour", "text from note by other"),
        ("bool", "text from note by other"),
    ],
)
def test_a_text_can_go_by_another_field(other, text):
    assert told(kiosk(other=other, added=text)) == []


@pytest.mark.parametrize(
    ("other", "text", "what"),
    [
        ("text from word", "text from mail", "Write `text from mail of FIELD`."),
        ("text from word", "text from word of other", "Write `text from word`, or put them in."),
        ("text? from word", "text from mail of other", "(Write `text?`.)"),
        ("int 1..2", "text from mail of other", "'other' is no text."),
        ("int 1..2", "text from mail of another", "'another' is nothing that is drawn before it."),
        ("int 1..2", "text from mail of added", "'added' is nothing that is drawn before it."),
        ("int 1..2 = 1", "text from note by other", "'other' is nothing that is drawn before it."),
        ("int 1..4", "text from note by other", "there is no pool 'note_3', 'note_4'."),
        ("int 1..9", "text from note by other", "'note_3', 'note_4', 'note_5', ..."),
        ("one of sweet, hot", "text from note by other", "there is no pool 'note_hot'."),
        ("int", "text from note by other", "Go `by` an `int 1..5`, a `one of`, or a `bool`."),
        ("text from word", "text from note by other", "has not a few values"),
    ],
)
def test_what_it_cannot_go_by_is_told_with_what_to_write(other, text, what):
    (problem,) = told(kiosk(other=other, added=text))
    assert problem.startswith("entities.ware.fields.added: ")
    assert what in problem


def test_the_other_one_is_drawn_first():
    form = kiosk(added="text from note by other", other="int 1..2")
    assert any("nothing that is drawn before it" in each for each in told(form))


def test_a_parameter_can_go_by_one_that_is_written_before_it():
    takes = {"name": "text from word", "address": "text from mail of name"}
    phrases = ["write {name} to {address}", "note {address} for {name}"]
    form = with_action(takes=takes, phrases=phrases) | {"pools": POOLS}
    assert told(form) == []
    form["actions"]["do_something"]["takes"] = dict(reversed(takes.items()))
    assert told(form)[0].startswith("actions.do_something.takes.address: 'name' is nothing")


def test_no_pool_is_called_like_a_word_of_another_field():
    (problem,) = told(kiosk(pools={"first": ["a"]}))
    assert (
        problem == "pools.first: `{first}` is a word of another field. (Call the pool otherwise.)"
    )


def test_a_pool_with_words_in_it_can_be_filled_in_elsewhere():
    form = kiosk(
        pools={"outer": ["mail to {mail}"]},
        name="text from word",
        added="text from outer of name",
    )
    assert composed(form).entities["ware"].fields["added"].of == "name"


def test_what_a_pool_reaches_is_found_through_others():
    pools = {"a": ("{b} {first}",), "b": ("{c}",), "c": ("c",)}
    assert reached(pools, "a") == {"b", "c", "first"}


@pytest.mark.parametrize(
    ("value", "pool"),
    [(3, "note_3"), ("good", "note_good"), (True, "note_yes"), (False, "note_no")],
)
def test_a_value_has_the_pool_whose_name_ends_in_it(value, pool):
    assert pool_of(Field("added", "text", pool="note", by="other"), value) == pool


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Mateo Keller", ("mateo", "keller", "mateokeller")),
        ("Zoë van Dijk", ("zoe", "dijk", "zoevandijk")),
        ("Søren O'Neil-Weiß", ("soren", "oneilweiss", "sorenoneilweiss")),
        ("Barley & Rye 24", ("barley", "rye", "barleyrye")),
        ("Wildwood", ("wildwood", "wildwood", "wildwood")),
        ("24 / 7", ("post", "post", "post")),
    ],
)
def test_a_name_is_spelled_as_in_addresses(name, words):
    assert tuple(spelled(name).values()) == words


@given(st.text(max_size=40))
def test_whatever_the_name_only_plain_letters_are_left(name):
    for word in spelled(name).values():
        assert word.isascii()
        assert word.isalpha()
        assert word == word.lower()
