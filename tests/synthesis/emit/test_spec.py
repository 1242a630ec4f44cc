"""The API specification says what the code does, in the shape of published ones."""

import pytest

from awm.synthesis.emit import spec_of
from awm.synthesis.surface import Surface
from tests.synthesis.emit.making import TODAY, workshop

SURFACE = Surface(workshop())
SPEC = spec_of(SURFACE, today=TODAY)
ENDPOINTS = {
    each["operation_id"]: each for group in SPEC["api_groups"] for each in group["endpoints"]
}


def test_every_tool_has_an_endpoint_in_the_group_of_its_entity():
    assert list(ENDPOINTS) != []
    assert set(ENDPOINTS) == set(SURFACE.by_name)
    groups = {group["group_name"]: group["endpoints"] for group in SPEC["api_groups"]}
    assert {"search_loans", "return_tool"} <= {each["operation_id"] for each in groups["Loans"]}
    assert {each["operation_id"] for each in groups["Business"]} == {
        "house_rules",
        "send_reminders",
    }


@pytest.mark.parametrize("name", list(ENDPOINTS))
def test_an_endpoint_has_every_key_that_published_ones_have(name):
    endpoint = ENDPOINTS[name]
    assert list(endpoint) == [
        *("path", "method", "summary", "description", "operation_id", "tags"),
        *("request_params", "response", "required_tables", "required_fields"),
    ]
    for parameter in endpoint["request_params"].values():
        assert list(parameter) == ["type", "param_type", "required", "description", "example"]
    for key in endpoint["response"].values():
        assert {"type", "description", "example"} == set(key)
    assert endpoint["summary"].endswith(".")
    assert list(endpoint["required_fields"]) == endpoint["required_tables"]


def test_a_parameter_says_where_it_goes_and_in_which_unit():
    assert ENDPOINTS["update_tool"]["request_params"] == {
        "tool_id": {
            "type": "integer",
            "param_type": "path",
            "required": True,
            "description": "Id of the tool, as `search_tools` shows it.",
            "example": 1,
        },
        "deposit_cents": {
            "type": "integer",
            "param_type": "body",
            "required": False,
            "description": "Deposit in cents.",
            "example": 6000,
        },
        "group": {
            "type": "string",
            "param_type": "body",
            "required": False,
            "description": "Group.",
            "example": "power",
        },
    }


def test_the_rules_are_told_with_the_numbers_of_the_policies():
    told = ENDPOINTS["lend_tool"]["description"]
    assert "- tool_on_loan: <tool> is out on loan." in told
    assert "- loan_limit: <member> has 2 tools out already, worth <amount>." in told
    assert "Also changes `tool.on_loan`." in told


def test_states_and_what_is_added_are_told():
    assert "Only while the loan is `open` or `lost`" in ENDPOINTS["extend_loan"]["description"]
    assert "then it is `returned`" in ENDPOINTS["return_tool"]["description"]
    assert "May add a notice." in ENDPOINTS["add_line"]["description"]
    assert "already_taken" in ENDPOINTS["update_member"]["description"]


def test_the_tables_that_rules_and_effects_come_past_are_required():
    fields = ENDPOINTS["return_tool"]["required_fields"]
    assert {"loans", "tools", "members", "branches", "loan_lines"} == set(fields)
    assert "on_loan" in fields["tools"]
    assert "cash_cents" in fields["branches"]
    assert "text" in ENDPOINTS["send_reminders"]["required_fields"]["notices"]


def test_parts_are_in_the_response_of_their_owner():
    response = ENDPOINTS["get_loan"]["response"]
    assert response["loan_lines"]["type"] == "array"
    assert response["loan_lines"]["example"][0]["loan_id"] == 1
    assert response["returned_on"]["description"] == "Date returned as YYYY-MM-DD, or null."
    assert "loan_lines" not in ENDPOINTS["search_loans"]["response"]["items"]["example"][0]
