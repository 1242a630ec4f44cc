"""What goes over the wire: bodies of requests, and what comes of calls.

The shapes are those of `openreward` 0.1.167 (`openreward.environments.types`) and `ors-sdk` 0.1.0.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from awm.serve.openreward.refusals import UnreadableBodyError
from awm.trajectory.calls import is_nested_beyond
from awm.types import SEEDS, JsonObject

__all__ = [
    "CallAnswer",
    "CallBody",
    "CallFault",
    "CreateBody",
    "RangeBody",
    "SplitBody",
    "TaskBody",
    "TaskSpec",
    "ToolOutput",
    "ToolRefusal",
    "compact",
    "fault_in",
    "read_body",
    "text_block",
]

_DEPTH: Final = 64
"""How many brackets may be open in a body. Deeper ones end parsers, and no tool needs them."""
_LONGEST_PLACE: Final = 200

Shape = TypeVar("Shape", bound=BaseModel)


class TaskSpec(BaseModel):
    """Which task is attempted, as clients name it; keys that are not known here may stand in it.

    Attributes:
        scenario: The world, in any spelling of its name.
        task_idx: The task's number in it.
        task: What the agent is told to do; the task's own sentence if None. It is graded as that
            task whatever it is told.
        seed: What the dice of the world are thrown with.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    scenario: str = Field(min_length=1, max_length=500)
    task_idx: int = Field(0, ge=0, lt=2**31)
    task: str | None = Field(None, max_length=100_000)
    seed: int = Field(0, ge=SEEDS.start, lt=SEEDS.stop)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitBody(_Body):
    """Asks for the tasks of a split, or for their number."""

    split: str


class TaskBody(SplitBody):
    """Asks for a task. Numbers below 0 count from the end."""

    index: int


class RangeBody(SplitBody):
    """Asks for some tasks, as a slice of Python's would."""

    start: int | None = None
    stop: int | None = None


class CreateBody(_Body):
    """Begins a session, of a task that is named in full or by its place in a split.

    What it holds of secrets is not kept: nothing here needs any.
    """

    env_name: str | None = None
    task_spec: TaskSpec | None = None
    split: str | None = None
    index: int | None = None
    toolset_name: str | None = None
    secrets: Any = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _names_one_task(self) -> "CreateBody":
        places = (self.split is not None) + (self.index is not None)
        if places == 1 or (self.task_spec is not None) == (places == 2):
            raise ValueError("give either task_spec, or split and index")
        return self


class CallBody(_Body):
    """Calls a tool, or asks for what a call answers that was made before."""

    name: str = Field(max_length=256)
    input: dict[str, Any] | None = None
    task_id: str | None = Field(None, max_length=64)


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool answered.

    Attributes:
        text: For the model.
        reward: What is paid for the call; None where nobody can say what the attempt was worth.
        finished: Whether the episode is over.
        metadata: For whoever trains or evaluates.
    """

    text: str
    reward: float | None = 0.0
    finished: bool = False
    metadata: JsonObject = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it goes over the wire."""
        output = {
            "blocks": [text_block(self.text)],
            "metadata": dict(self.metadata),
            "reward": self.reward,
            "finished": self.finished,
        }
        return {"ok": True, "output": output}


@dataclass(frozen=True, slots=True)
class ToolRefusal:
    """Why a tool was not called at all; the session goes on.

    Attributes:
        error: For the model.
        reason: For programs.
    """

    error: str
    reason: Literal["not_found", "input_validation", "episode_finished"]

    def to_json(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"ok": False, "error": self.error, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class CallFault:
    """The machinery failed over a call: the session is broken, and its attempt worth nothing known.

    Attributes:
        message: What happened.
    """

    message: str


CallAnswer: TypeAlias = ToolOutput | ToolRefusal | CallFault
"""What comes of a call."""


def compact(content: Any) -> str:
    """JSON in ASCII in which spaces stand nowhere but in texts."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def text_block(text: str) -> dict[str, Any]:
    """A text as a part of a message."""
    return {"text": text, "detail": None, "type": "text"}


def read_body(raw: bytes, shape: type[Shape]) -> Shape:
    """Read the body of a request.

    Raises:
        UnreadableBodyError: It is no JSON object, too deep, or of another shape.
    """
    said = _parsed(raw)
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        raise UnreadableBodyError(f"the body does not fit: {fault_in(error)}.") from error


def fault_in(error: ValidationError) -> str:
    """What is wrong with an input, first of all, without what stands in it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))[:_LONGEST_PLACE]
    return f"{place}: {first['msg']}" if place else first["msg"]


def _parsed(raw: bytes) -> Any:
    try:
        # Decoded here: `json` would take bytes for UTF-16, and let halves of surrogates in.
        said = json.loads(raw.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableBodyError(f"the body is no JSON: {error}.") from error
    if raw.count(b"[") + raw.count(b"{") > _DEPTH and is_nested_beyond(said, _DEPTH):
        raise UnreadableBodyError(f"the body has more than {_DEPTH} levels.")
    if b"\\u" in raw and not _is_sound(said):
        raise UnreadableBodyError("a text in the body has half of a surrogate pair.")
    return said


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is none")


def _is_sound(said: Any) -> bool:
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
