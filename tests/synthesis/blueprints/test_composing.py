"""A blueprint is composed from a form, or all that is wrong with the form is told."""

import pytest

from awm.synthesis.blueprints import Composition, compose
from awm.synthesis.blueprints.form import DomainForm
from awm.synthesis.blueprints.reading import shaped
from tests.synthesis.library import MODULES, composed, library, small, told

TAKEN = "means something else already. (Call it otherwise.)"
UNNAMED = "an action is called verb_noun, as no protocol's tool is."


def with_entity(**entity):
    form = small()
    form["entities"] = {**form["entities"], "stall": entity}
    return form


def with_fields(**fields):
    form = small()
    ware = form["entities"]["ware"]
    form["entities"] = {
        **form["entities"],
        "ware": {**ware, "fields": {**ware["fields"], **fields}},
    }
    return form


def test_a_sound_form_has_nothing_wrong():
    assert told(small()) == []


def test_entities_come_after_those_that_they_refer_to():
    names = list(library(*MODULES).entities)
    assert names.index("branch") < names.index("tool") < names.index("loan")
    assert names.index("loan") < names.index("inspection")


def test_circles_of_references_are_allowed():
    form = small()
    form["entities"] = {
        **form["entities"],
        "a": {"fields": {"b": "->? b"}},
        "b": {"fields": {"a": "-> a"}},
    }
    form["entities"]["a"]["plural"] = "as_many"
    form["entities"]["b"]["plural"] = "bs"
    blueprint = composed(form)
    assert blueprint.backs["a"]["bs"][0].name == "b"
    assert blueprint.backs["b"]["as_many"][0].name == "a"


def test_the_name_of_an_entity_is_unique():
    assert library().entities["tool"].fields["name"].unique
    assert library().entities["member"].fields["card_no"].unique
    assert not library().entities["tool"].fields["kind"].unique


def test_each_list_has_the_name_that_its_reference_gives_it():
    assert set(library().backs["member"]) == {"loans", "guaranteed_loans"}
    assert library().backs["loan"]["inspections"][0].part_of == "loan"


def test_parts_are_shown_in_the_row_that_they_belong_to():
    blueprint = library()
    assert [part.name for part, _ in blueprint.parts_of(blueprint.entities["loan"])] == [
        "inspection"
    ]
    assert blueprint.parts_of(blueprint.entities["tool"]) == ()


def test_options_are_the_first_that_are_listed_or_those_that_were_chosen():
    assert composed(small()).options == {"most": 3, "shares": 2, "perhaps": 0}
    form = shaped(DomainForm, small(), "kiosk")
    assert compose(form, Composition(options={"shares": 4})).options["shares"] == 4


def test_vocabulary_can_be_given_with_the_composition():
    form = shaped(DomainForm, small(), "kiosk")
    assert compose(form, Composition(pools={"word": ("four",)})).pools["word"] == ("four",)


def test_rules_are_told_with_what_they_belong_to():
    rules = [(where, rule.name) for where, rule in library().rules()]
    assert ("lend_tool", "loan_limit") in rules
    assert ("tool", "tool_out") in rules


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": "int"}, f"ware.fields.id: 'id' {TAKEN}"),
        ({"odd_": "int"}, "ware.fields.odd_: 'odd_' ends in an underscore. (Call it otherwise.)"),
        ({"class": "int"}, f"ware.fields.class: 'class' {TAKEN}"),
        ({"a": "text from b"}, "ware.fields.a: there is no pool 'b'. (Add it to `pools`.)"),
        ({"shop": "-> shop"}, "ware.fields.shop: there is no entity 'shop'."),
        ({"shelf_id": "int"}, "ware.fields.shelf: the column 'shelf_id' is there twice."),
        (
            {"third": "-> shelf"},
            "ware.fields.third: a shelf has 'wares' already. (Write `-> shelf as OTHER_NAME`.)",
        ),
        (
            {"third": "-> shelf as label_text"},
            (
                "ware.fields.third: a shelf has 'label_text' already."
                " (Write `-> shelf as OTHER_NAME`.)"
            ),
        ),
        ({"a": "int = 'one'"}, "ware.fields.a: `'one'` is text, not int."),
        (
            {"a": "int = later", "later": "int = 1"},
            "ware.fields.a: it needs later, worked out after it. (Change their order.)",
        ),
        ({"a": "int = a"}, "ware.fields.a: it needs a, worked out after it. (Change their order.)"),
        ({"mood": "state good, bad"}, "ware: status and mood: a row is in one state."),
        (
            {"a_on": "date b_on+1..b_on+2", "b_on": "date -1..1"},
            "ware.fields.a_on: 'b_on' is no date that comes before it.",
        ),
        (
            {"a_on": "date bad_on+1..bad_on+2"},
            "ware.fields.a_on: 'bad_on' may be empty, and it may not. (Write `date?`.)",
        ),
    ],
)
def test_each_kind_of_fault_in_a_field_is_found(fields, problem):
    assert f"entities.{problem}" in told(with_fields(**fields))


@pytest.mark.parametrize(
    ("entity", "problem"),
    [
        ({"plural": "wares"}, "stall: the plural 'wares' is taken. (Give it a `plural`.)"),
        ({"plural": "ware"}, "stall: the plural 'ware' is taken. (Give it a `plural`.)"),
        ({"plural": "rows"}, f"stall: 'rows' {TAKEN}"),
        ({"named": "name"}, "stall: there is no field 'name'."),
        ({"named": "size", "fields": {"size": "int 1..2"}}, "stall: `named: size` is no text."),
        (
            {"part_of": "size", "fields": {"size": "int 1..2"}},
            "stall: `part_of: size` is no reference.",
        ),
        ({"edits": ["name"]}, "stall: there is no field 'name'."),
        (
            {"edits": ["mood"], "fields": {"mood": "state good, bad"}},
            "stall: its state is changed by actions only. (Leave it out of edits.)",
        ),
        ({"rows": "9..3"}, "stall.rows: '9..3' ends before it begins."),
        (
            {"described": ["the {colour} stall"]},
            "stall.described.0: `colour` begins with no field.",
        ),
        (
            {"edits_need": [{"odd": "1", "says": "No."}]},
            "stall.edits_need.odd: `1` is int, not true or false.",
        ),
    ],
)
def test_each_kind_of_fault_in_an_entity_is_found(entity, problem):
    known = problem.partition(" (There is")[0]
    assert any(each.startswith(f"entities.{known}") for each in told(with_entity(**entity)))


def test_nothing_is_called_like_the_ids_of_something_else():
    form = small()
    form["entities"] = {**form["entities"], "ware_id": {"fields": {"size": "int 1..2"}}}
    problem = "entities.ware_id: 'ware_id' is what the ids of ware are called. (Call it otherwise.)"
    assert problem in told(form)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"options": {"today": [1]}}, f"options.today: 'today' {TAKEN}"),
        ({"options": {"most": []}}, "options.most: an option has at least one number."),
        ({"pools": {"word": []}}, "pools.word: a pool has at least one text."),
        (
            {"pools": {"word": ["{other}"]}},
            "pools.word: there is no pool 'other'. (Add it to `pools`.)",
        ),
        (
            {"pools": {"word": ["a {next}"], "next": ["b {word}"]}},
            "pools.word: it is in itself, and would never be filled in.",
        ),
        (
            {"questions": [{"of": "shop", "asks": "a {shop}", "answer": "1"}]},
            "questions.0: there is no entity 'shop'.",
        ),
        (
            {"questions": [{"of": "ware", "asks": "a {shelf}", "answer": "1"}]},
            "questions.0: 'a {shelf}' has to name {ware}, once.",
        ),
        (
            {"questions": [{"asks": "how many", "answer": "most > 1"}]},
            "questions.0: `most > 1` is bool, which is no answer.",
        ),
        ({"actions": {"sell": {"phrases": ["a", "b"]}}}, f"actions.sell: {UNNAMED}"),
        ({"actions": {"call_tool": {"phrases": ["a", "b"]}}}, f"actions.call_tool: {UNNAMED}"),
    ],
)
def test_each_kind_of_fault_in_the_rest_is_found(change, problem):
    assert problem in told(small(**change))


def with_calls(**calls):
    form = small()
    ware = {**form["entities"]["ware"], "edits": ["left"], "calls": calls}
    form["entities"] = {**form["entities"], "ware": ware}
    return form


def test_a_field_is_called_what_the_form_says_and_otherwise_by_its_name():
    fields = composed(with_calls(left="pieces left")).entities["ware"].fields
    assert fields["left"].says == "pieces left"
    assert fields["price_cents"].says == "price"


def test_a_parameter_is_called_like_the_field_that_it_becomes():
    form = with_calls(left="pieces left")
    form["actions"]["sell_ware"] |= {
        "takes": {"left": "int 1..3"},
        "phrases": ["sell {left} of {ware}", "hand over {left} of {ware}"],
    }
    assert composed(form).actions["sell_ware"].takes["left"].says == "pieces left"


def test_only_fields_are_called():
    (problem,) = told(with_calls(lost="loss"))
    assert problem == "entities.ware.calls: there is no field 'lost'."


@pytest.mark.parametrize("first", ["the", "A", "whether"])
def test_what_stands_before_what_a_field_is_called_is_left_out(first):
    (problem,) = told(with_calls(left=f"{first} pieces left"))
    assert problem.endswith(f"begins with {first.lower()!r}. (Leave it out: it is added.)")
