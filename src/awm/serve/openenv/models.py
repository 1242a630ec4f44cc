"""Actions and observations as OpenEnv has them, in the fields of its AWM environment."""

import contextlib
import json
from typing import Annotated, Any

from openenv.core.env_server.mcp_types import (
    CallToolAction,
    ListToolsAction,
    ListToolsObservation,
    Tool,
)
from openenv.core.env_server.types import Action, Observation
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter

from awm.types import ToolSpec

__all__ = [
    "AwmAction",
    "AwmListToolsObservation",
    "AwmObservation",
    "CallToolAction",
    "ListToolsAction",
    "PublishedObservation",
    "tools_of",
]


def _as_object(written: Any) -> Any:
    """Arguments as some clients write them: null for none, or the text of an object.

    What is neither is returned as it is, to be refused as what it is. An exception would not do:
    the server puts it into its answer, which then is no JSON, and the session ends.
    """
    if written is None:
        return {}
    if isinstance(written, str):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(written)
    return written


class _CallToolAction(CallToolAction):
    arguments: Annotated[dict[str, Any], BeforeValidator(_as_object)] = Field(
        default_factory=dict, description="Arguments of the tool"
    )


_ACTIONS: TypeAdapter[Action] = TypeAdapter(
    Annotated[ListToolsAction | _CallToolAction, Field(discriminator="type")]
)


class AwmAction(Action):
    """One of the two actions that there are: `list_tools` and `call_tool`."""

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Action:  # type: ignore[override]
        """The action that an object says: a `ListToolsAction` or a `CallToolAction`.

        Raises:
            ValidationError: It says neither.
        """
        return _ACTIONS.validate_python(obj)

    @classmethod
    def model_json_schema(cls, *_: Any, **options: Any) -> dict[str, Any]:
        """The schema of both."""
        return _ACTIONS.json_schema(**options)


class AwmObservation(Observation):
    """What came of a reset, or of a call; see `awm.serve.openenv.answered.Answered`."""

    model_config = ConfigDict(extra="forbid")

    reward_type: str | None = Field(None, description="What the reward is for")
    scenario: str | None = Field(None, description="The world's name")
    task: str | None = Field(None, description="What is to be done")
    task_idx: int | None = Field(None, description="The task's number")
    has_verifier: dict[str, bool] | bool | None = Field(
        None, description="For which modes the task has a verifier: {sql: bool, code: bool}"
    )
    num_tools: int | None = Field(None, description="How many tools there are")
    tool_name: str | None = Field(None, description="The tool that was called")
    tool_result: Any = Field(None, description="What the tool answered")
    error: str | None = Field(None, description="What was wrong")
    warning: str | None = Field(None, description="What was not done as asked for")
    verify_result: dict[str, Any] | None = Field(None, description="What the verifier found")
    steps_taken: int | None = Field(None, description="How many steps the episode had")
    scenarios: list[dict[str, Any]] | None = Field(None, description="The worlds on offer")
    total: int | None = Field(None, description="How many worlds are on offer")
    trajectory_path: str | None = Field(None, description="Never set: no file is written")
    session_dir: str | None = Field(None, description="Never set: no file is written")

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """The fields that say something: clients tell observations apart by which there are.

        What is null inside of a field stays.
        """
        told = super().model_dump(**options)
        return {name: value for name, value in told.items() if value is not None}


class AwmListToolsObservation(ListToolsObservation):
    """The tools of the world."""

    model_config = ConfigDict(extra="forbid")

    error: str | None = Field(None, description="Why there are none")


_OBSERVATIONS: TypeAdapter[Observation] = TypeAdapter(AwmObservation | AwmListToolsObservation)


class PublishedObservation(Observation):
    """What `/schema` says of observations: that each is one of the two."""

    @classmethod
    def model_json_schema(cls, *_: Any, **options: Any) -> dict[str, Any]:
        """The schema of both."""
        return _OBSERVATIONS.json_schema(**options)


def tools_of(specs: tuple[ToolSpec, ...]) -> list[Tool]:
    """A world's tools as OpenEnv has them."""
    return [
        Tool.model_construct(
            name=spec.name, description=spec.description, input_schema=dict(spec.input_schema)
        )
        for spec in specs
    ]
