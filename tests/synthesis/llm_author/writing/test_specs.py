"""Stage `spec`: endpoints that can all be tools of one world, and that fit its tables."""

from typing import Any

import pytest

from awm.synthesis.llm_author.writing.specs import SpecStage, endpoints_wanted
from awm.worlds import WorldFile
from tests.synthesis.llm_author.writing.drafting import (
    as_json,
    correction,
    library,
    whole_draft,
    written,
)


def _endpoint(name: str, method: str, path: str, *parameters: str, **more: Any) -> dict[str, Any]:
    """An endpoint; a parameter is written `name: where`."""
    placed = dict(each.split(": ") for each in parameters)
    return {
        "path": path,
        "method": method,
        "summary": name.replace("_", " "),
        "operation_id": name,
        "request_params": {
            each: {"type": "integer", "param_type": where, "required": True}
            for each, where in placed.items()
        },
        "required_tables": ["loans"],
        **more,
    }


ENDPOINTS = (
    _endpoint("list_loans", "GET", "/loans", "user_id: query"),
    _endpoint("get_loan", "GET", "/loans/{loan_id}", "loan_id: path"),
    _endpoint("extend_loan", "POST", "/loans/{loan_id}/extend", "loan_id: path", "days: body"),
    _endpoint("lend_tool", "POST", "/loans", "tool_id: body"),
    _endpoint("list_tools_out", "GET", "/tools/out", required_tables=["tools"]),
    _endpoint("list_users", "GET", "/users", required_tables=["users"]),
)


def _answer(*endpoints: dict[str, Any]) -> str:
    return as_json({"api_groups": [{"group_name": "All", "endpoints": list(endpoints)}]})


GOOD = _answer(*ENDPOINTS)


def _names(made) -> list[str]:
    groups = made.value[WorldFile.SPEC][0]["api_spec"]["api_groups"]
    return [each["operation_id"] for group in groups for each in group["endpoints"]]


async def test_the_model_is_told_how_many_endpoints_so_many_tables_want(runtime):
    _, (question,) = await written(SpecStage(), runtime, library(), [GOOD])
    user = question.messages[1].content
    assert "about 8 endpoints" in user
    assert "<schema>\nCREATE TABLE users" in user
    assert "1. Extend my loan" in user


@pytest.mark.parametrize(("tables", "wanted"), [(1, 8), (4, 8), (12, 24), (60, 40)])
def test_more_tables_want_more_endpoints_within_bounds(tables, wanted):
    assert endpoints_wanted(tables) == wanted


async def test_the_row_holds_the_interface_with_every_key_of_the_layout(runtime):
    made, _ = await written(SpecStage(), runtime, library(), [GOOD])
    (row,) = made.value[WorldFile.SPEC]
    assert row["scenario"] == "Tool Library"
    first = row["api_spec"]["api_groups"][0]["endpoints"][0]
    assert set(first) == {
        *("path", "method", "summary", "description", "operation_id", "tags"),
        *("request_params", "response", "required_tables", "required_fields"),
    }
    assert made.is_sound


async def test_what_the_builtin_author_writes_is_taken_as_it_is(runtime, plan, catalogue):
    draft = whole_draft(plan, catalogue)
    spec = draft.row(WorldFile.SPEC)["api_spec"]
    made, _ = await written(SpecStage(), runtime, draft, [as_json(spec)])
    assert made.is_sound
    assert len(_names(made)) == sum(len(group["endpoints"]) for group in spec["api_groups"])


@pytest.mark.parametrize(
    ("extra", "evidence"),
    [
        (
            _endpoint("get_loan", "GET", "/loan/{loan_id}", "loan_id: path"),
            ["endpoint get_loan", "2 endpoints have this operation_id"],
        ),
        (
            _endpoint("show_loan", "GET", "/loans/{id}", "id: path"),
            ["GET /loans/{}: get_loan, show_loan", "a path of its own"],
        ),
        (
            _endpoint("return_loan", "POST", "/loans/{loan_id}/return"),
            ["has {loan_id}, and no such parameter"],
        ),
        (
            _endpoint("return_loan", "POST", "/loans/return", "loan_id: path"),
            ["parameter loan_id does not stand in its path /loans/return"],
        ),
        (
            _endpoint("find_loans", "GET", "/loans/found", "days: body"),
            ["a GET has no body, and parameter days is in it"],
        ),
        (
            _endpoint("return_loan", "POST", "/return", required_tables=["loan"]),
            ["there is no table loan", "there are: loans"],
        ),
        (
            _endpoint("find_loans", "GET", "/loans/found", "from: query"),
            ["parameter 'from' cannot be a name in Python"],
        ),
        (
            _endpoint("close", "POST", "/close"),
            ["close is a name that protocols around the application use"],
        ),
        (_endpoint("return_loan", "POST", "return"), ["'return' does not begin with /"]),
        (
            _endpoint("return_loan", "FETCH", "/return"),
            ["does not fit the schema", "method"],
        ),
    ],
)
async def test_each_fault_is_told_with_its_evidence_and_mended(runtime, extra, evidence):
    answers = [_answer(*ENDPOINTS, extra), GOOD]
    made, questions = await written(SpecStage(), runtime, library(), answers)
    told = correction(questions)
    assert [part for part in evidence if part not in told] == []
    assert made.is_sound
    assert _names(made) == [each["operation_id"] for each in ENDPOINTS]


@pytest.mark.parametrize(
    ("endpoints", "evidence"),
    [
        (ENDPOINTS[:4], "4 endpoints for 3 tables are too few"),
        ([each for each in ENDPOINTS if each["method"] != "GET"], "none of them reads"),
        ([each for each in ENDPOINTS if each["method"] == "GET"], "none of them changes anything"),
    ],
)
async def test_an_interface_that_lacks_something_is_asked_for_again(runtime, endpoints, evidence):
    made, questions = await written(SpecStage(), runtime, library(), [_answer(*endpoints), GOOD])
    assert evidence in correction(questions)
    assert made.is_sound


async def test_a_table_of_the_tasks_that_no_endpoint_uses_is_mentioned(runtime):
    bare = _answer(*({**each, "required_tables": []} for each in ENDPOINTS))
    made, _ = await written(SpecStage(), runtime, library(), [bare])
    assert made.is_sound
    assert {problem.severity for problem in made.problems} == {"warning"}
    assert "tasks speak of loans" in "".join(problem.what for problem in made.problems)


async def test_an_interface_that_is_never_mended_is_kept_with_its_problems(runtime):
    twice = _answer(*ENDPOINTS, ENDPOINTS[0])
    made, _ = await written(SpecStage(), runtime, library(), [twice, twice])
    assert _names(made).count("list_loans") == 2
    assert not made.is_sound
