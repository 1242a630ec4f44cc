"""The words everyone shares: tools, calls of them, and what they answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

__all__ = ["SEEDS", "Fault", "JsonObject", "Outcome", "ToolCall", "ToolResult", "ToolSpec"]

SEEDS: Final = range(-(1 << 63), 1 << 64)
"""What a seed may be: 64 bits, with a sign or without, as array libraries hand them out."""

JsonObject: TypeAlias = Mapping[str, Any]
"""A JSON object. What stands in it is JSON too, which Python's types cannot say usefully."""

Fault: TypeAlias = Literal["timeout", "crash", "memory", "too_large"]
"""Why a world failed to answer a call at all; see `ToolResult.fault`."""

Outcome: TypeAlias = Literal[
    "complete", "partial", "agent_error", "environment_error", "infrastructure_error"
]
"""How an attempt at a task ended. An `infrastructure_error` is nobody's doing and never scored."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool of a world, as an agent sees it.

    Attributes:
        name: Unique within the world; the OpenAPI `operationId`.
        description: For the model that reads it: summary, description, an example answer.
        input_schema: JSON Schema of the arguments, always of type `object`.
    """

    name: str
    description: str
    input_schema: JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A request to use one tool."""

    name: str
    arguments: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What one tool call answered.

    Attributes:
        text: What the agent reads. JSON (indent 2) on success, one sentence on failure.
        is_error: Whether the call failed, for whatever reason.
        status: The handler's HTTP status; None where no handler answered.
        fault: Set when the world failed to answer at all: its handler ran out of time
            (`timeout`) or memory (`memory`), took its process down (`crash`), or answered with
            more than is allowed (`too_large`). The instance is then as it was before the call.
        exception: What the handler raised and did not handle, for whoever mends the world.
    """

    text: str
    is_error: bool = False
    status: int | None = None
    fault: Fault | None = None
    exception: str | None = None
