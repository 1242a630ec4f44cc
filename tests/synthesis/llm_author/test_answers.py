"""Answers, read out of what models write around them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import LLMAnswerError
from awm.llm import Reply
from awm.synthesis.llm_author.answers import (
    DatabaseAnswer,
    SpecAnswer,
    TasksAnswer,
    as_text,
    code_in,
    json_as,
    schema_of,
)

read_tasks = json_as(TasksAnswer)


@pytest.mark.parametrize(
    "text",
    [
        '{"tasks": ["a", "b"]}',
        'Sure!\n```json\n{"tasks": ["a", "b"]}\n```\nDone.',
        '<think>{"tasks": ["x"]}</think>{"tasks": ["a", "b"]}',
        "{'tasks': ['a', 'b',]}",
        '{"note": 1, "tasks": [" a ", "b"]}',
    ],
)
def test_json_is_found_among_prose_thoughts_and_fences(text):
    assert read_tasks(Reply(text)).tasks == ["a", "b"]


def test_of_several_objects_the_last_that_fits_counts():
    assert read_tasks(Reply('{"tasks": ["a"]} or {"tasks": ["b"]} {"x": 1}')).tasks == ["b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nothing", "no JSON"),
        ('{"tasks": []}', "tasks: list should have at least 1"),
        ('{"tasks": [""]}', "tasks.0"),
        ('{"task": ["a"]}', "tasks: field required"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(text, why):
    with pytest.raises(LLMAnswerError, match=why):
        read_tasks(Reply(text))


def test_the_forms_are_those_of_the_layout():
    table = {"name": "t", "ddl": "CREATE TABLE t (id INTEGER)", "indexes": ["CREATE INDEX ..."]}
    found = json_as(DatabaseAnswer)(Reply(json.dumps({"tables": [table]})))
    assert found.model_dump() == {"tables": [table]}


@pytest.mark.parametrize("name", ["Get", "get items", "9x", "a"])
def test_a_tool_is_called_as_a_function_is(name):
    endpoint = {"path": "/x", "method": "GET", "summary": "s", "operation_id": name}
    answer = {"api_groups": [{"group_name": "g", "endpoints": [endpoint]}]}
    with pytest.raises(LLMAnswerError, match="operation_id"):
        json_as(SpecAnswer)(Reply(json.dumps(answer)))


def test_schemas_can_be_told():
    assert json.loads(as_text(schema_of(TasksAnswer)))["required"] == ["tasks"]


def test_a_schema_says_how_many_entries_are_wanted():
    assert schema_of(TasksAnswer, {"tasks": 7})["properties"]["tasks"]["minItems"] == 7
    assert schema_of(TasksAnswer)["properties"]["tasks"]["minItems"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "import os\nprint(1)",
        "```python\nimport os\nprint(1)\n```",
        "Here it is:\n\n```py\nimport os\nprint(1)\n```\nand a shell line:\n```sh\nls\n```",
        "<think>```python\nx = 1\n```</think>\n```python\nimport os\nprint(1)\n```",
        "```python\nimport os\nprint(1)\n",
        "```\nimport os\nprint(1)\n```\n```python\nx\n```",
    ],
)
def test_code_is_what_stands_in_the_longest_fence(text):
    assert code_in(Reply(text)) == "import os\nprint(1)\n"


@pytest.mark.parametrize("text", ["", "I cannot do that.", "```sh\nls\n```"])
def test_where_there_is_no_code_that_is_told(text):
    with pytest.raises(LLMAnswerError, match="no Python"):
        code_in(Reply(text))


@given(st.text(max_size=200))
def test_whatever_is_written_is_read_or_refused(text):
    for read in (read_tasks, code_in):
        with suppress(LLMAnswerError):
            assert read(Reply(text))
