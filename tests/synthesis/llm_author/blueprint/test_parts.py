"""What is asked of a model, and what is taken over of its answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.blueprint.about_fields import FIELDS
from awm.synthesis.llm_author.blueprint.about_lives import STATES, STEPS
from awm.synthesis.llm_author.blueprint.about_names import NAMES
from awm.synthesis.llm_author.blueprint.about_records import RECORDS
from awm.synthesis.llm_author.blueprint.about_rules import LOGIC, RULES
from awm.synthesis.llm_author.blueprint.asking import Part
from awm.synthesis.llm_author.blueprint.menu import chosen, usual
from awm.synthesis.llm_author.blueprint.parts import parts_for
from awm.synthesis.llm_author.blueprint.sketch import LARGE, SMALL, Sketch, Step
from awm.synthesis.llm_author.prompts import prompt
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS

ANSWER = {
    "business": "kayak rental",
    "customer": "paddlers",
    "customers_are": "people",
    "worker": "guide",
    "things": ["kayaks", "landing_stage"],
    "cases": ["rental", "session"],
}


def take(part: Part, answer: dict[str, Any], sketch: Sketch = KAYAKS) -> tuple[Sketch, list[str]]:
    """What is taken over, and what is wrong, an error with an exclamation mark."""
    taken, problems = part.take(sketch, SMALL, answer)
    return taken, [f"{'!' if each.severity == 'error' else ''}{each}" for each in problems]


@pytest.mark.parametrize("part", [*parts_for(SMALL), *parts_for(LARGE)], ids=lambda part: part.name)
def test_every_prompt_has_the_places_that_are_filled(part: Part) -> None:
    told = {"title": "T", "description": "D", **part.told(KAYAKS, LARGE)}
    _, user = prompt(f"blueprint_{part.name}").filled(**told)
    assert "<scenario>T</scenario>" in user.content


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_every_schema_is_closed_as_strict_servers_want_it(size: Any) -> None:
    def check(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                assert schema["additionalProperties"] is False
                assert schema["required"] == list(schema["properties"])
            for each in schema.values():
                check(each)

    for part in parts_for(size):
        check(part.schema(KAYAKS, size))


def test_records_are_in_the_singular_and_mean_nothing_else() -> None:
    taken, wrong = take(RECORDS, ANSWER, Sketch("T", "D"))
    names = [each.name for each in taken.records]
    assert names == ["paddler", "guide", "kayak", "landing_stage", "rental", "session_record"]
    assert not wrong


def test_long_names_lose_their_first_words() -> None:
    long = {**ANSWER, "cases": ["rental", "wedding_banquet_preparation"]}
    taken, _ = take(RECORDS, long, Sketch("T", "D"))
    assert taken.sorted("case")[1].name == "banquet_preparation"


@pytest.mark.parametrize("written", ["paddler_id", "Kayak IDs", "uuid"])
def test_names_of_columns_are_no_nouns(written: str) -> None:
    things = ["kayak", "landing_stage", written]
    taken, wrong = take(RECORDS, {**ANSWER, "things": things}, Sketch("T", "D"))
    assert [each.name for each in taken.records if each.sort == "thing"] == things[:2]
    assert wrong == [f"T: things: {written!r} is no noun in lower case."]


def test_money_and_papers_are_no_things() -> None:
    taken, wrong = take(RECORDS, {**ANSWER, "things": ["kayak", "deposit"]}, Sketch("T", "D"))
    assert "deposit" not in taken.by_name
    assert wrong[0].startswith("!T: things: 1 of them can be used, and 2 are needed.")


def test_a_noun_has_one_part_and_people_have_usual_names_where_it_is_theirs() -> None:
    taken, wrong = take(RECORDS, {**ANSWER, "worker": "paddler"}, Sketch("T", "D"))
    assert (taken.customer.name, taken.worker.name) == ("paddler", "employee")
    assert "'paddler' is there already, as customer." in wrong[0]
    assert not wrong[0].startswith("!")


def answer_of_fields(**more: Any) -> dict[str, Any]:
    """Fields of all records."""
    case = {"about": ["paddler", "kayak"], "fields": ["start: date"]}
    plain: dict[str, Any] = {name: [] for name in ("paddler", "guide", "kayak", "landing_stage")}
    return {**plain, "rental": case, "repair_job": case, **more}


def test_fields_and_links_are_taken_over() -> None:
    taken, wrong = take(FIELDS, answer_of_fields(kayak=["price: money 5..9", "kayak_hull: date"]))
    assert [each.name for each in taken.by_name["kayak"].fields] == ["price", "hull"]
    assert taken.by_name["rental"].links == ("paddler", "kayak")
    assert not wrong


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("kayak_hull: one of wood, metal", "hull"),
        ("number_of_seats: number 1..4", "seats"),
        ("is_insured: yes or no", "insured"),
        ("type: one of sea, river", "kind"),
        ("date: date", "planned"),
    ],
)
def test_fields_are_called_by_what_they_add(line: str, name: str) -> None:
    taken, _ = take(FIELDS, answer_of_fields(kayak=[line]))
    assert [each.name for each in taken.by_name["kayak"].fields] == [name]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("price: 5 dollars", "is no field."),
        ("name: one of red, blue", "is there already."),
        ("rentals: number 1..2", "is there already."),
        ("today: yes or no", "means something else already."),
        ("kept_in: number 1..4", "cannot be said in a sentence"),
        ("mood: one of mood, other", "has a word in it that means something else."),
    ],
)
def test_a_field_that_cannot_be_kept_is_left_out_and_told(line: str, why: str) -> None:
    taken, wrong = take(FIELDS, answer_of_fields(kayak=[line]))
    assert taken.by_name["kayak"].fields == ()
    assert why in wrong[0]
    assert not wrong[0].startswith("!")


def test_a_case_is_never_about_itself_or_what_comes_after_it() -> None:
    about = {"about": ["rental", "repair_job"], "fields": []}
    taken, _ = take(FIELDS, answer_of_fields(rental=about))
    assert taken.by_name["rental"].links == ("paddler", "kayak")


def test_a_record_of_which_nothing_is_said_is_an_error() -> None:
    _, wrong = take(FIELDS, {"kayak": []})
    assert any(each.startswith("!") and "nothing is said of it." in each for each in wrong)


def test_states_become_steps_with_a_way_out() -> None:
    answer = {"rental": {"states": ["booked", "out", "returned"], "given_up": "cancelled"}}
    taken, _ = take(STATES, answer)
    assert taken.by_name["rental"].steps == (
        Step("mark_out", ("booked",), "out"),
        Step("return", ("out",), "returned"),
        Step("cancel", ("booked",), "cancelled"),
    )


def test_nothing_comes_after_the_end() -> None:
    answer = {"rental": {"states": ["booked", "completed", "delayed"], "given_up": "cancelled"}}
    taken, _ = take(STATES, answer)
    assert taken.by_name["rental"].states == ("booked", "completed", "cancelled")


def test_a_state_that_is_no_good_end_is_the_way_out() -> None:
    answer = {"rental": {"states": ["booked", "returned", "lost"], "given_up": "ended"}}
    taken, _ = take(STATES, answer)
    assert taken.by_name["rental"].steps[-1] == Step("mark_lost", ("booked",), "lost")


def test_things_go_out_of_use_and_come_back() -> None:
    taken, _ = take(STATES, {"kayak": {"usual": "ready", "unusual": "broken"}})
    assert taken.by_name["kayak"].steps[-1] == Step("restore", ("broken",), "ready")


def test_where_no_states_can_be_used_there_are_usual_ones() -> None:
    taken, wrong = take(STATES, {"rental": {"states": ["open", "open"], "given_up": "open"}})
    assert taken.by_name["rental"].states == ("open", "completed", "cancelled")
    assert "rental: 1 different states can be used" in wrong[0]


def test_a_step_begins_where_another_led() -> None:
    lines = ["hand_out: booked -> out", "return: away -> back", "cancel: booked -> cancelled"]
    taken, wrong = take(STEPS, {"rental": lines, "repair_job": lines})
    assert len(taken.by_name["rental"].steps) == 2
    assert "nothing leads to the state 'away' before." in wrong[0]


def test_a_case_with_one_step_is_an_error() -> None:
    _, wrong = take(STEPS, {"rental": ["hand_out: booked -> out"]})
    assert any(each.startswith("!") and "rental: 1 steps can be used" in each for each in wrong)


def test_rules_are_chosen_from_the_menu() -> None:
    taken, wrong = take(RULES, {"open_rental": ["r2", "r99"]})
    assert taken.rules == usual(KAYAKS) | {"r2"}
    assert "r99: is not on the menu." in wrong[0]


def test_of_rules_that_exclude_each_other_one_is_taken() -> None:
    taken, _ = take(RULES, {"open_rental": ["r2", "r3"]})
    names = [offer.name for offer in chosen(taken) if offer.name.startswith("paddler_not_")]
    assert names == ["paddler_not_welcome"] or len(names) == len(set(names)) < 3


def test_names_are_different_and_topped_up() -> None:
    kayaks = ["Heron", "heron", "Herons", "Otter", "no title"]
    taken, wrong = take(NAMES, {"kayak": kayaks, "landing_stage": []})
    assert taken.by_name["kayak"].names[:3] == ("Heron", "Otter", "North Kayak")
    assert len(taken.by_name["landing_stage"].names) == 8
    assert "kayak: 2 different names can be used" in wrong[0]


def test_names_may_come_by_their_initials() -> None:
    taken, _ = take(NAMES, {"kayak": {"A-B": "Auk", "C-D": "Coot"}, "landing_stage": {}})
    assert taken.by_name["kayak"].names[:2] == ("Auk", "Coot")


def test_rules_and_questions_in_own_words_are_taken_over() -> None:
    rule = {"action": "open_rental", "name": "calm", "needs": "hours < 3", "says": "Too long."}
    question = {"of": "", "asks": ["how many", "the number"], "answer": "count(r for r in rentals)"}
    taken, _ = take(LOGIC, {"rules": [rule, {"name": "none"}], "questions": [question]})
    assert taken.own_rules == (("open_rental", "calm", "hours < 3", "Too long."),)
    assert taken.own_questions == ((None, ("how many", "the number"), "count(r for r in rentals)"),)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "part", [RECORDS, FIELDS, STATES, STEPS, RULES, LOGIC, NAMES], ids=lambda part: part.name
)
@given(values=st.lists(anything, min_size=8, max_size=8))
def test_whatever_is_answered_is_taken_over_or_told(part: Part, values: list[Any]) -> None:
    answer = dict(zip(part.schema(KAYAKS, SMALL)["properties"], values, strict=False))
    taken, problems = part.take(KAYAKS, SMALL, answer)
    assert isinstance(taken, Sketch)
    assert all(each.what for each in problems)
