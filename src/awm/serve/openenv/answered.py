"""What a client is answered, in the fields that OpenEnv's AWM environment has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awm.types import JsonObject

__all__ = ["Answered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a reset or a step.

    Attributes:
        reward_type: What it was; see `awm.serve.openenv.rewards`.
        reward: What it is paid; None where there is nothing to pay for.
        done: Whether the episode is over.
        scenario: The world's name.
        task: What is to be done.
        task_idx: Its number.
        has_verifier: For which modes there is a verifier; None where there is none.
        num_tools: How many tools there are.
        tool_name: Which was called.
        tool_result: What it answered.
        error: What was wrong.
        warning: What was not done as asked for.
        verify_result: What the verifier found.
        steps_taken: How many steps there were.
        scenarios: The worlds that are offered, each with `name`, `description`, `num_tasks` and
            `tasks`.
        total: How many.
        metadata: What else there is to say; clients made for others' servers leave it alone.
    """

    reward_type: str
    reward: float | None = 0.0
    done: bool = False
    scenario: str | None = None
    task: str | None = None
    task_idx: int | None = None
    has_verifier: Mapping[str, bool] | None = None
    num_tools: int | None = None
    tool_name: str | None = None
    tool_result: Any = None
    error: str | None = None
    warning: str | None = None
    verify_result: JsonObject | None = None
    steps_taken: int | None = None
    scenarios: Sequence[JsonObject] | None = None
    total: int | None = None
    metadata: JsonObject = field(default_factory=dict)
