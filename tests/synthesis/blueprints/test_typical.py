"""What is typical of names narrows what their rows draw; what does not fit is a fault."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field, narrowed, words_pattern
from tests.synthesis.library import composed, small, told

FIELDS = {
    "fee_cents": "money 100..900",
    "size": "int 1..9",
    "open_on": "date -9..+9",
    "shut_on": "date open_on+1..open_on+9",
    "sunny": "bool 50%",
    "kind": "one of wide 5, deep 1, tall 0",
    "remark": "text from word",
    "count_of": "int = 0",
    "twin": "->? shelf as twins",
    "bare": "int?",
    "status": "state new, old",
}


def kiosk(*typical, **fields):
    """The kiosk with rules for its shelves."""
    form = small()
    pools = {**form["pools"], "other_word": ["four"]}
    shelf = form["entities"]["shelf"]
    shelf = {
        **shelf,
        "fields": {**shelf["fields"], **FIELDS, **fields},
        "typical": list(typical),
    }
    return form | {"pools": pools, "entities": {**form["entities"], "shelf": shelf}}


def typically(name, *typical):
    return composed(kiosk(*typical)).entities["shelf"].typically(name)


@pytest.mark.parametrize(
    ("field", "written", "narrower"),
    [
        ("fee_cents", "200..300", {"low": 200, "high": 300}),
        ("size", 4, {"low": 4, "high": 4}),
        ("open_on", "-3..+2", {"low": -3, "high": 2}),
        ("shut_on", "open_on+2..open_on+3", {"low": 2, "high": 3, "base": "open_on"}),
        ("sunny", "no", {"share": 0}),
        ("sunny", True, {"share": 100}),
        ("kind", "deep", {"choices": (("deep", 1),)}),
        ("kind", ["wide", "tall"], {"choices": (("wide", 5), ("tall", 0))}),
        ("kind", "tall", {"choices": (("tall", 1),)}),
        ("remark", "other_word", {"pool": "other_word"}),
    ],
)
def test_each_kind_of_field_can_be_narrowed(field, written, narrower):
    found = typically("One", {"words": ["one"], field: written})
    assert set(found) == {field}
    assert {name: getattr(found[field], name) for name in narrower} == narrower


@pytest.mark.parametrize(
    ("field", "written", "what"),
    [
        ("size", "4..12", "'4..12' is not within 1..9. (Write a part of that.)"),
        ("size", "few", "'few' in 'int few' cannot be read."),
        ("size", ["1..2", "4..5"], "1..2, 4..5 is more than one range."),
        ("shut_on", "2..3", "Count from open_on."),
        ("sunny", "often", "'often' is neither yes nor no. (Write `yes` or `no`.)"),
        ("kind", ["wide", "high"], "high is no kind. (There is wide, deep, tall.)"),
        ("remark", "lost_word", "there is no pool 'lost_word'."),
        ("count_of", "1..2", "it is worked out, not drawn."),
        ("twin", "one", "it has no range that could be narrower."),
        ("bare", "1..2", "it has no range that could be narrower."),
        ("status", "old", "it has no range that could be narrower."),
        ("absent", "1..2", "a shelf has no 'absent'. (It has label_text, fee_cents,"),
        ("label_text", "other_word", "it is drawn before 'label_text', by which it goes."),
    ],
)
def test_what_does_not_fit_is_a_fault_that_says_what_to_write(field, written, what):
    (problem,) = told(kiosk({"words": ["one"], field: written}))
    assert problem.startswith(f"entities.shelf.typical.0.{field}: ")
    assert what in problem


def test_a_rule_has_words_and_something_that_it_draws():
    assert any("typical.0.words" in each for each in told(kiosk({"size": "1..2"})))
    assert any("typical.0.draws" in each for each in told(kiosk({"words": ["one"]})))


def test_only_rows_with_names_are_told_apart():
    form = small()
    ware = {**form["entities"]["ware"], "typical": [{"words": ["one"], "left": "1..2"}]}
    form["entities"] = {**form["entities"], "ware": ware}
    assert any("a ware has no name." in each for each in told(form))


def test_for_each_field_the_first_rule_that_names_it_holds():
    rules = (
        {"words": ["one"], "size": "1..2"},
        {"words": ["two", "one"], "size": "5..6", "fee_cents": "100..200"},
    )
    both = typically("One and Two", *rules)
    assert (both["size"].high, both["fee_cents"].high) == (2, 200)
    assert typically("two", *rules)["size"].high == 6
    assert typically("three", *rules) == {}


@pytest.mark.parametrize(
    ("words", "name", "found"),
    [
        (["Milk"], "Milk Tooth Check", True),
        (["milk"], "Buttermilk", False),
        (["First Smile"], "the first smile visit", True),
        (["First Smile"], "First and Smile", False),
        (["C++"], "Learning C++ in a Week", True),
        (["a.c"], "abc", False),
    ],
)
def test_words_are_found_whole_and_taken_as_they_are(words, name, found):
    assert bool(words_pattern(tuple(words)).search(name)) == found


@given(st.text(min_size=1, max_size=12).filter(str.strip), st.text(max_size=12))
def test_any_text_can_be_a_word(word, name):
    pattern = words_pattern((word,))
    assert pattern.search(f"{name} {word} {name}")
    assert not pattern.search(f"x{word}x")


@given(*(st.integers(0, 50) for _ in range(4)))
def test_a_parameter_draws_from_both_ranges_or_else_from_its_own(low, width, least, extent):
    parameter = Field("size", "int", low=low, high=low + width)
    rule = Field("size", "int", low=least, high=least + extent)
    both = narrowed(parameter, rule)
    assert low <= both.low <= both.high <= low + width
    common = set(range(low, low + width + 1)) & set(range(least, least + extent + 1))
    drawn = set(range(both.low, both.high + 1))
    assert drawn == (common or set(range(low, low + width + 1)))


def test_a_parameter_of_another_kind_is_left_as_it_is():
    choice = Field("kind", "choice", choices=(("a", 1), ("b", 1)))
    assert narrowed(choice, Field("kind", "int", low=1, high=2)) is choice
    assert narrowed(choice, Field("kind", "choice", choices=(("c", 1),))) is choice
    assert narrowed(choice, Field("kind", "choice", choices=(("b", 1),))).words == ("b",)
    flag = Field("sunny", "bool")
    assert narrowed(flag, Field("sunny", "bool", share=0)).share == 0
    text = Field("remark", "text", pool="word")
    assert narrowed(text, Field("remark", "text", pool="other")).pool == "other"


def test_the_rules_are_kept_as_they_were_written():
    rule = composed(kiosk({"words": ["One", "Two"], "size": "1..2"})).entities["shelf"].typical[0]
    assert rule.words == ("One", "Two")
    assert isinstance(rule.pattern, re.Pattern)
