"""Actions are read with all that is wrong in them, each fault at its place."""

import pytest

from awm.synthesis.blueprints.actions import read_template, read_template_paths
from awm.synthesis.blueprints.faults import Fault
from tests.synthesis.blueprints.grammar import scope_of
from tests.synthesis.library import composed, library, small, told, with_action

SCOPE = scope_of(composed(small()))


def test_an_action_has_what_was_written():
    lend = library().actions["lend_tool"]
    assert (lend.makes, lend.on, lend.subject) == ("loan", None, "loan")
    assert list(lend.takes) == ["member", "tool", "due_on", "guarantor"]
    assert [rule.name for rule in lend.needs][:2] == ["broken_tool", "tool_on_loan"]
    back = library().actions["return_tool"]
    assert (back.starts, back.to, back.subject) == (("open",), "returned", "loan")
    assert library().actions["pardon_everybody"].subject is None
    assert library().actions["drop_inspection"].removes


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"on": "shop"}, "actions.do_something: there is no entity 'shop'."),
        (
            {"on": "ware", "makes": "ware"},
            (
                "actions.do_something: it both `makes` and is `on` a row."
                " (Take the row as a parameter.)"
            ),
        ),
        ({"makes": "shelf", "to": "full"}, "actions.do_something: a shelf has no state."),
        (
            {"from": "fresh"},
            "actions.do_something: `from` and `to` are states of the row that it is `on`.",
        ),
        ({"on": "ware", "to": "eaten"}, "actions.do_something: no state is called eaten."),
        (
            {"removes": True},
            "actions.do_something: `removes` says that the row it is `on` is gone.",
        ),
        ({"phrases": ["do so"]}, "actions.do_something: it has fewer than 2 phrases."),
        (
            {"takes": {"number": "int"}, "phrases": ["a {number}", "b {number}"]},
            (
                "actions.do_something.takes.number: a parameter needs a range."
                " (Write `int 1..20`, say.)"
            ),
        ),
        (
            {"takes": {"word": "text"}, "phrases": ["a {word}", "b {word}"]},
            (
                "actions.do_something.takes.word: a parameter needs vocabulary."
                " (Write `text from POOL`.)"
            ),
        ),
        (
            {"takes": {"word": "text from nowhere"}, "phrases": ["a {word}", "b {word}"]},
            "actions.do_something.takes.word: there is no pool 'nowhere'. (Add it to `pools`.)",
        ),
        (
            {"takes": {"shop": "-> shop"}, "phrases": ["a {shop}", "b {shop}"]},
            "actions.do_something.takes.shop: there is no entity 'shop'.",
        ),
        (
            {"takes": {"money": "int 1..2"}, "phrases": ["a {money}", "b {money}"]},
            (
                "actions.do_something.takes.money: 'money' means something else already."
                " (Call it otherwise.)"
            ),
        ),
        (
            {"takes": {"number": "int 1..2 = 1"}, "phrases": ["a {number}", "b {number}"]},
            "actions.do_something.takes.number: a parameter has neither a value nor states.",
        ),
        (
            {"takes": {"ends_on": "date a_on+1..a_on+2"}, "phrases": ["{ends_on}", "b {ends_on}"]},
            "actions.do_something.takes.ends_on: 'a_on' is no date that was taken before.",
        ),
        (
            {"on": "ware", "takes": {"ware": "-> ware"}, "phrases": ["a {ware}", "b {ware}"]},
            "actions.do_something.takes.ware: the row it is on is called 'ware' already.",
        ),
        (
            {"on": "ware", "takes": {"ware_id": "int 1..2"}, "phrases": ["a {ware} {ware_id}"] * 2},
            "actions.do_something.takes.ware_id: something else is called 'ware_id' in the tool.",
        ),
        (
            {"needs": [{"too_many": "most + 1", "says": "No."}]},
            "actions.do_something.needs.too_many: `most + 1` is int, not true or false.",
        ),
        (
            {"needs": [{"too_many": "most > 1", "says": "No {wares}."}]},
            (
                "actions.do_something.needs.too_many: `wares` is rows of ware."
                " (Write label(row) for its name.)"
            ),
        ),
        (
            {"does": "most = 1"},
            (
                "actions.do_something.does: `most` means something else already."
                " (Call the variable otherwise.)"
            ),
        ),
        (
            {"phrases": ["do so", "do {it}"]},
            "actions.do_something.phrases.1: 'do {it}' names it, which it does not take.",
        ),
        (
            {"on": "ware", "phrases": ["do so", "do {ware}"]},
            "actions.do_something.phrases.0: 'do so' does not say ware.",
        ),
        (
            {"on": "ware", "phrases": ["do {ware} to {ware}", "do {ware}"]},
            "actions.do_something.phrases.0: 'do {ware} to {ware}' names something twice.",
        ),
        (
            {"makes": "ware", "sets": {"colour": "1"}},
            "actions.do_something.sets.colour: a ware has no 'colour'.",
        ),
        (
            {"makes": "ware", "sets": {"left": "'one'"}},
            "actions.do_something.sets.left: `'one'` is text, not int.",
        ),
        (
            {"makes": "ware", "takes": {"left": "bool"}, "phrases": ["a {left}", "b {left}"]},
            "actions.do_something.takes.left: bool cannot be the left of a ware, which is int.",
        ),
        (
            {
                "makes": "ware",
                "takes": {"left": "int 1..2"},
                "sets": {"left": "1"},
                "phrases": ["a {left}", "b {left}"],
            },
            "actions.do_something.sets.left: it is taken as a parameter too. (Do one of the two.)",
        ),
        (
            {"makes": "ware"},
            (
                "actions.do_something: the new ware gets no shelf, kind, bought_on. (Take it as a"
                " parameter, put it into `sets`, or give the field a value with `=`.)"
            ),
        ),
        (
            {"on": "shelf", "removes": True, "phrases": ["drop {shelf}", "lose {shelf}"]},
            (
                "actions.do_something.does: the shelf is gone then, but its wares may lead to it."
                " (Need `not any(True for each in shelf.wares)`, or lead them elsewhere.)"
            ),
        ),
    ],
)
def test_each_kind_of_fault_is_found_with_its_place_and_a_hint(action, problem):
    assert problem in told(with_action(**action))


def test_what_leads_to_a_row_that_goes_is_asked_for_or_led_elsewhere():
    form = with_action(
        on="shelf",
        removes=True,
        takes={"target": "-> shelf"},
        needs=[{"still_used": "not any(True for w in shelf.spares)", "says": "It is used."}],
        does="for w in shelf.wares: w.shelf = target",
        phrases=["fold {shelf} into {target}", "merge {shelf} with {target}"],
    )
    assert told(form) == []


def test_each_rule_counts_on_those_before_it():
    needs = [
        {"nothing_there": "some is not None", "says": "Nothing."},
        {"too_many": "some < 3", "says": "{some} are too many."},
    ]
    phrases = ["do {some}", "do it {some} times"]
    assert told(with_action(needs=needs, takes={"some": "int? 1..5"}, phrases=phrases)) == []
    wrong = told(with_action(needs=needs[1:], takes={"some": "int? 1..5"}, phrases=phrases))
    assert wrong == [
        (
            "actions.do_something.needs.too_many: `some` may be empty."
            " (Test `some is not None and ...` first.)"
        )
    ]


def test_the_new_row_is_known_in_effects_but_not_yet_in_rules():
    makes = {"makes": "shelf", "takes": {"label_text": "text from word"}}
    phrases = ["put up {label_text}", "build {label_text}"]
    assert told(with_action(**makes, does="shelf.label_text = 'x'", phrases=phrases)) == []
    needs = [{"odd": "shelf.label_text == 'x'", "says": "No."}]
    assert told(with_action(**makes, needs=needs, phrases=phrases))


def test_all_that_is_wrong_is_told_at_once():
    wrong = told(with_action(on="ware", to="eaten", does="most = 1", phrases=["a"]))
    assert len(wrong) == 1, "the frame is wrong: nothing in it means anything"
    wrong = told(
        with_action(does="most = 1", needs=[{"a": "1", "says": "{"}], phrases=["{x}", "y"])
    )
    assert {each.split(":")[0] for each in wrong} == {
        "actions.do_something.does",
        "actions.do_something.needs.a",
        "actions.do_something.phrases.0",
    }


def test_a_text_with_expressions_keeps_its_source():
    template = read_template("{ware.left} left, {money(price)} each", SCOPE)
    assert template.source == "{ware.left} left, {money(price)} each"
    assert [getattr(part, "source", part) for part in template.parts] == [
        "ware.left",
        " left, ",
        "money(price)",
        " each",
    ]


@pytest.mark.parametrize("text", ["{ware.left", "ware.left}", "{{ware.left}}", "{}"])
def test_braces_have_to_match(text):
    with pytest.raises(Fault):
        read_template(text, SCOPE)


@pytest.mark.parametrize("text", ["no path", "{1}", "{ware.left + 1}", "{shelf.wares}", "{x}"])
def test_a_description_has_paths_to_single_values(text):
    with pytest.raises(Fault):
        read_template_paths(text, SCOPE)


def test_the_paths_of_a_description_are_read_in_order():
    assert read_template_paths("{ware.kind} {ware.shelf} of {shelf}", SCOPE) == (
        "ware.kind",
        "ware.shelf",
        "shelf",
    )
