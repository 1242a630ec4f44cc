"""Files of domains and capabilities are read as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import BlueprintError
from awm.synthesis.blueprints import read_domain, read_pools, roles_in
from awm.synthesis.blueprints.form import CapabilityForm, DomainForm
from awm.synthesis.blueprints.reading import read_yaml, shaped, with_roles
from tests.synthesis.library import domain, small

CAPABILITY = """
capability: praise
blurb: collects praise from <person>s
needs: [person, thing]
entities:
  <thing>_praise:
    described: ["the praise of {<thing>} by {<person>}"]
    fields: {<thing>: -> <thing>, <person>: -> <person>}
"""


def test_on_off_and_yes_are_words_and_dates_are_texts():
    assert read_yaml("on: [off, yes, no, true, 2026-03-02]", "x") == {
        "on": ["off", "yes", "no", True, "2026-03-02"]
    }


def test_null_with_a_capital_is_a_word_and_null_is_nothing():
    assert read_yaml("[Null, null, ~]", "x") == ["Null", None, None]


def test_what_is_no_yaml_is_a_problem_of_the_file():
    with pytest.raises(BlueprintError, match="it is no YAML"):
        read_yaml("a: [", "kiosk")


@given(st.text(max_size=60))
def test_no_text_makes_reading_fail_otherwise_than_by_a_problem(text):
    with suppress(BlueprintError):
        read_yaml(text, "kiosk")


def test_a_domain_has_what_its_file_says():
    form = domain()
    assert (form.domain, form.is_) == ("tool_library", "tool lending library")
    assert form.entities["tool"].edits == ("deposit_cents", "condition", "branch")
    assert form.actions["return_tool"].from_ == ("open",)
    assert form.actions["report_loss"].from_ == ("open",)
    assert form.entities["volunteer"].rows == "4"
    assert form.questions[2].of is None


def test_rules_can_be_written_short():
    rule = domain().actions["lend_tool"].needs[0]
    assert (rule.rule, rule.needs) == ("broken_tool", "tool.condition != 'broken'")
    assert rule.says == "{tool.name} is broken."


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"colour": "red"}, "colour"),
        ({"entities": {"Ware": {}}}, "entities.Ware.[key]"),
        ({"entities": {"ware": {"row": 3}}}, "entities.ware.row"),
        ({"entities": {"ware": {"rows": "few"}}}, "entities.ware.rows"),
        ({"actions": {"sell_ware": {"often": 101}}}, "actions.sell_ware.often"),
        ({"actions": {"sell_ware": {"needs": [{"a": "1"}]}}}, "actions.sell_ware.needs.0.rule"),
        ({"questions": [{"asks": [], "answer": ""}]}, "questions.0.answer"),
    ],
)
def test_another_shape_is_a_problem_with_its_place(change, where):
    with pytest.raises(BlueprintError) as caught:
        shaped(DomainForm, small(**change), "kiosk")
    assert where in [each.where for each in caught.value.problems]


def test_a_form_can_be_written_out_and_read_again():
    form = domain()
    assert shaped(DomainForm, form.model_dump(by_alias=True, mode="json"), "x") == form


def test_the_roles_of_a_capability_are_filled_in():
    roles = {"person": ("baby", "babies"), "thing": ("toy", "toys")}
    form = with_roles(read_yaml(CAPABILITY, "praise"), roles, "praise")
    assert isinstance(form, CapabilityForm)
    assert form.blurb == "collects praise from babies"
    assert form.entities["toy_praise"].fields == {"toy": "-> toy", "baby": "-> baby"}


def test_a_role_that_nothing_plays_is_a_problem():
    written = read_yaml(CAPABILITY, "praise")
    with pytest.raises(BlueprintError, match="nothing plays the part <thing>"):
        with_roles(written, {"person": ("member", "members")}, "praise")


def test_roles_are_found_in_the_text():
    assert roles_in(CAPABILITY) == {"person", "thing"}


def test_a_file_of_a_domain_that_is_none_names_it(tmp_path):
    path = tmp_path / "kiosk.yaml"
    path.write_text("domain: kiosk")
    with pytest.raises(BlueprintError, match="kiosk"):
        read_domain(path)


def test_pools_are_lists_of_texts(tmp_path):
    path = tmp_path / "pools.yaml"
    path.write_text("size: [1, two]")
    assert read_pools(path) == {"size": ("1", "two")}
    path.write_text("[1, 2]")
    with pytest.raises(BlueprintError, match="no mapping"):
        read_pools(path)
