"""The calls of an episode as its record has them: which tool, with what, and what it answered."""

import json
from dataclasses import dataclass
from functools import cached_property

from awm.trajectory import LIST_TOOLS, TOOL_PREFIX, Trajectory, WrittenCall, meta_target
from awm.types import JsonObject, ToolResult
from awm.verify.excerpt import plain_json

__all__ = ["WorldCall", "attempts_in", "calls_in", "target_of"]


@dataclass(frozen=True)
class WorldCall:
    """A call of a world's tool that was carried out.

    Attributes:
        turn: In which turn, from 0.
        number: Which of that turn's calls it is, from 0.
        tool: Which tool, by the world's own name for it.
        arguments: With what.
        result: What it answered.
    """

    turn: int
    number: int
    tool: str
    arguments: JsonObject
    result: ToolResult

    @cached_property
    def key(self) -> str:
        """The same for calls of one tool with equal arguments only."""
        named = plain_json([self.tool, self.arguments])  # whatever it is, and however nested
        return json.dumps(named, sort_keys=True, ensure_ascii=False)


def calls_in(trajectory: Trajectory) -> tuple[WorldCall, ...]:
    """The calls that reached the world, in order, whether they went through `call_tool` or not.

    The listing of the tools is none, nor is a call that was turned back before it got there.
    """
    return tuple(
        WorldCall(turn, number, target.name, arguments, result)
        for turn, said in enumerate(trajectory.turns)
        for number, (call, result) in enumerate(zip(said.tool_calls, said.results, strict=False))
        if call.name != LIST_TOOLS and _reached_a_world(result)
        for target in (target_of(call),)
        for arguments in (target.parsed(),)
        if arguments is not None and target.name
    )


def attempts_in(trajectory: Trajectory) -> int:
    """How many calls were tried: carried out, turned back, or ended by a broken rule."""
    return sum(
        max(len(turn.results), 1) for turn in trajectory.turns if turn.results or turn.tool_calls
    )


def target_of(call: WrittenCall) -> WrittenCall:
    """The call of a world's tool that is meant, with the tool's own name."""
    meant = meta_target(call) or call
    return WrittenCall(meant.name.removeprefix(TOOL_PREFIX), meant.arguments, meant.id)


def _reached_a_world(result: ToolResult) -> bool:
    """Whether a world answered: errors without a status and a fault are those of a toolbox."""
    return not result.is_error or result.status is not None or result.fault is not None
