"""What the test server answers in a model's place."""

import json
import re
from typing import Any

import pytest

from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.blueprint.parts import parts_for
from awm.synthesis.llm_author.blueprint.sketch import LARGE, SMALL, Size, Sketch
from awm.synthesis.llm_author.prompts import prompt
from awm.testing.blueprint_answers import answer_of

CATALOGUE = Catalogue()


def fits(value: Any, schema: Any) -> bool:
    """Whether a value is as a schema of the parts says."""
    kind = schema["type"]
    if kind == "object":
        named = schema["properties"]
        return value.keys() == named.keys() and all(fits(value[k], named[k]) for k in named)
    if kind == "array":
        sized = schema["minItems"] <= len(value) <= schema["maxItems"]
        return sized and all(fits(each, schema["items"]) for each in value)
    words, pattern = schema.get("enum", [value]), schema.get("pattern", ".*")
    return isinstance(value, str) and value in words and bool(re.fullmatch(pattern, value))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("title", [f"Scenario {number}" for number in range(12)])
def test_every_answer_fits_its_schema_and_leaves_nothing_to_mend(title: str, size: Size) -> None:
    sketch = Sketch(title, "D")
    for part in parts_for(size):
        told = {"title": title, "description": "D", **part.told(sketch, size)}
        _, user = prompt(f"blueprint_{part.name}").filled(**told)
        answer = json.loads(answer_of(f"blueprint_{part.name}", user.content, CATALOGUE))
        assert fits(answer, part.schema(sketch, size)), (part.name, answer)
        sketch, problems = part.take(sketch, size, answer)
        assert not [each for each in problems if each.severity == "error"]
