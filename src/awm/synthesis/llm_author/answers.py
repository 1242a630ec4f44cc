"""The forms in which answers are asked for, and how each is read out of what a model wrote.

The shapes are those of the files of the AWM layout (see `awm.worlds.shapes`), so that an answer
becomes a row by adding the scenario's name. Code comes in a fence and not in JSON: models escape
it badly there, and it costs more.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from awm.errors import LLMAnswerError
from awm.llm import Reply, find_json
from awm.llm.typed import faults_told
from awm.types import JsonObject

__all__ = [
    "Classified",
    "DatabaseAnswer",
    "ProposedScenario",
    "SampleAnswer",
    "ScenariosAnswer",
    "SpecAnswer",
    "SuitabilityAnswer",
    "TasksAnswer",
    "as_text",
    "code_in",
    "json_as",
    "schema_of",
]

M = TypeVar("M", bound=BaseModel)

_QUOTED: Final = 160
_FAULTS_NAMED: Final = 6
_FENCE: Final = re.compile(
    r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL
)
_THOUGHT: Final = re.compile(r"\A\s*(?:<think(?:ing)?>)?.*?</think(?:ing)?>", re.DOTALL)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Answer(BaseModel):
    """What the forms have in common: unknown keys are left out, nothing is changed later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ProposedScenario(Answer):
    """A scenario: a name of a few words, and what such an application does."""

    name: Line
    description: Line


class ScenariosAnswer(Answer):
    """New scenarios."""

    scenarios: Annotated[list[ProposedScenario], Field(min_length=1)]


class Classified(Answer):
    """How well a scenario suits: whether agents can change things there through calls."""

    name: Line
    suitability_level: Literal["high", "medium", "low"]
    suitability_score: Annotated[int, Field(ge=1, le=10)]
    suitability_reasoning: str
    categories: Annotated[list[Line], Field(min_length=1)]
    simulatable_features: list[str] = Field(default_factory=list)
    non_simulatable_features: list[str] = Field(default_factory=list)


class SuitabilityAnswer(Answer):
    """Scenarios, each classified."""

    scenarios: Annotated[list[Classified], Field(min_length=1)]


class TasksAnswer(Answer):
    """Tasks, a few sentences each."""

    tasks: Annotated[list[Line], Field(min_length=1)]


class TableAnswer(Answer):
    """A table and its indexes, as SQL that SQLite executes."""

    name: Line
    ddl: Line
    indexes: list[str] = Field(default_factory=list)


class DatabaseAnswer(Answer):
    """A schema."""

    tables: Annotated[list[TableAnswer], Field(min_length=1)]


class RowsAnswer(Answer):
    """The initial rows of a table, as SQL that SQLite executes, and what they are there for."""

    table_name: Line
    reasoning: str = ""
    insert_statements: list[Line]


class SampleAnswer(Answer):
    """The initial rows of a database."""

    tables: Annotated[list[RowsAnswer], Field(min_length=1)]


class ParameterAnswer(Answer):
    """A parameter of an endpoint."""

    type: Line
    param_type: Literal["query", "path", "body"]
    required: bool
    description: str = ""
    example: Any = None


class EndpointAnswer(Answer):
    """An endpoint."""

    path: Line
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    summary: Line
    description: str = ""
    operation_id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
    tags: list[str] = Field(default_factory=list)
    request_params: dict[str, ParameterAnswer] = Field(default_factory=dict)
    response: Any = None
    required_tables: list[str] = Field(default_factory=list)
    required_fields: Any = None


class GroupAnswer(Answer):
    """Endpoints that belong together."""

    group_name: Line
    endpoints: Annotated[list[EndpointAnswer], Field(min_length=1)]


class SpecAnswer(Answer):
    """What an application offers."""

    api_groups: Annotated[list[GroupAnswer], Field(min_length=1)]


def schema_of(form: type[BaseModel], least: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The schema of a form.

    Args:
        form: Of an answer.
        least: How many entries lists of it have at least, by their names.
    """
    schema = form.model_json_schema()
    for name, count in (least or {}).items():
        schema["properties"][name]["minItems"] = count
    return schema


def as_text(schema: JsonObject) -> str:
    """A schema, to be told in a prompt."""
    return json.dumps(schema, separators=(",", ":"))


def json_as(form: type[M]) -> Callable[[Reply], M]:
    """A reader of answers in JSON, found among prose, thoughts and fences, and nearly JSON."""

    def read(reply: Reply) -> M:
        fault = "there is no JSON object in it"
        for found in reversed(find_json(reply.text)):
            try:
                return form.model_validate(found.value)
            except ValidationError as error:
                fault = faults_told(error, _FAULTS_NAMED)
        raise LLMAnswerError(f"it does not fit the schema: {fault}.")

    return read


def code_in(reply: Reply) -> str:
    """The code in an answer: what stands in its longest fence, or all of it if it has none.

    Raises:
        LLMAnswerError: There is none.
    """
    text = _THOUGHT.sub("", reply.text, count=1)
    fenced = [match[2] for match in _FENCE.finditer(text) if match[1].lower() in _PYTHON]
    code = max(fenced, key=len) if fenced else text
    if not fenced and not re.search(r"^(?:import|from|def|class|async def)\b", code, re.MULTILINE):
        raise LLMAnswerError(f"there is no Python in it: {text.strip()[:_QUOTED]!r}.")
    return code.strip() + "\n"


_PYTHON: Final = frozenset({"", "py", "python", "python3"})
