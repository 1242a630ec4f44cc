"""The answers that prompts show as examples are such as would be read."""

import pytest

from awm.llm import Reply
from awm.synthesis.llm_author.answers import (
    DatabaseAnswer,
    SampleAnswer,
    SpecAnswer,
    TasksAnswer,
    code_in,
    json_as,
)
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.writing.mapped import mapped_classes
from awm.worlds.code import read_code
from tests.synthesis.llm_author.writing.drafting import example_of


@pytest.mark.parametrize(
    ("name", "form"),
    [("task", TasksAnswer), ("db", DatabaseAnswer), ("sample", SampleAnswer), ("spec", SpecAnswer)],
)
def test_an_example_fits_the_schema_of_its_prompt(name, form):
    assert json_as(form)(Reply(example_of(name)))


def test_the_example_of_code_compiles_and_has_its_tool():
    code = code_in(Reply(prompt("env").system))
    facts = read_code(code)
    assert facts.binds_app
    assert facts.operation_ids == ("get_telescope",)
    assert [each.table for each in mapped_classes(code)] == ["telescopes"]
