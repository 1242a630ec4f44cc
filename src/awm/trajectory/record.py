"""What a trajectory is: turns of one agent at one task."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from awm.trajectory.calls import WrittenCall
from awm.types import ToolResult

__all__ = ["VERSION", "StopReason", "Trajectory", "Turn"]

VERSION: Final = 1
"""The version that is written. A file without one is the published tool's and counts as 0."""

StopReason: TypeAlias = Literal[
    "answered", "max_turns", "format_violation", "budget", "timeout", "cancelled"
]
"""Why an episode ended."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One reply and what came of it.

    Attributes:
        role: Who spoke: `assistant` for the agent. Turns of others, such as a simulated user,
            may stand between.
        content: The reply's text as it was given, with thoughts, and with the calls where the
            agent's format has them there.
        tool_calls: The calls in it, in order.
        results: What they answered, in the same order; shorter where only the first were made.
    """

    role: str
    content: str
    tool_calls: tuple[WrittenCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What an agent did at one task.

    Attributes:
        world: The world's name, in whichever spelling the run was told.
        task_idx: The task's number in the world, counted from 0.
        task: The sentence that the agent was given; empty where it was not recorded.
        turns: What was said and done, in order.
        final_answer: The last reply without its thoughts; None where the agent gave no answer,
            which is any reply without a tool call.
        stop: Why the episode ended; None where it was not recorded.
        version: The version of the file that it was read from.
    """

    world: str
    task_idx: int
    task: str
    turns: tuple[Turn, ...] = ()
    final_answer: str | None = None
    stop: StopReason | None = None
    version: int = VERSION
