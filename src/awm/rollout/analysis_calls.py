"""The calls of an episode as its record has them: which tool, with what, and what it answered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from awm.trajectory import LIST_TOOLS, TOOL_PREFIX, Trajectory, WrittenCall, meta_target
from awm.types import JsonObject, ToolResult
from awm.verify.excerpt import plain_json

__all__ = [
    "Place",
    "WorldCall",
    "attempts_in",
    "calls_in",
    "listings_in",
    "target_of",
    "turned_back_in",
]

Place: TypeAlias = tuple[int, int]
"""Of a call: its turn, and which of that turn's calls it is, both from 0."""

_NO_SUCH_TOOL: Final = "Error: there is no tool "
"""How it begins what an agent is told that made a tool up; see `awm.agents.toolbox`."""


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

    @property
    def place(self) -> Place:
        """Its turn, and which of that turn's calls it is."""
        return self.turn, self.number

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
        for turn, number, call, result in _answered(trajectory)
        if call.name != LIST_TOOLS and _reached_a_world(result)
        for target in (target_of(call),)
        for arguments in (target.parsed(),)
        if arguments is not None and target.name
    )


def turned_back_in(trajectory: Trajectory) -> tuple[str, ...]:
    """The tools of the calls that were turned back before they reached the world, in order.

    So are calls whose arguments are no object. One that names no tool that is there has none.
    """
    listings = [
        result.text
        for _, _, call, result in _answered(trajectory)
        if call.name == LIST_TOOLS and not result.is_error
    ]
    return tuple(
        name
        for _, _, call, result in _answered(trajectory)
        if call.name != LIST_TOOLS and not _reached_a_world(result)
        for name in (target_of(call).name,)
        if name and not result.text.startswith(_NO_SUCH_TOOL)
        # Arguments are looked at before names, so a name that was made up may not be told to be.
        if not listings or any(f"{TOOL_PREFIX}{name}\n" in text for text in listings)
    )


def attempts_in(trajectory: Trajectory) -> tuple[Place, ...]:
    """Where calls were tried: carried out, turned back, or ended by a broken rule."""
    return tuple(
        (turn, number)
        for turn, said in enumerate(trajectory.turns)
        if said.results or said.tool_calls
        for number in range(max(len(said.results), 1))
    )


def listings_in(trajectory: Trajectory) -> tuple[Place, ...]:
    """Where the tools were asked for and listed."""
    return tuple(
        (turn, number)
        for turn, number, call, result in _answered(trajectory)
        if target_of(call).name == LIST_TOOLS and not result.is_error
    )


def target_of(call: WrittenCall) -> WrittenCall:
    """The call of a world's tool that is meant, with the tool's own name."""
    meant = meta_target(call) or call
    return WrittenCall(meant.name.removeprefix(TOOL_PREFIX), meant.arguments, meant.id)


def _answered(trajectory: Trajectory) -> Iterator[tuple[int, int, WrittenCall, ToolResult]]:
    """Each call that has a result, behind its turn and its place in that."""
    for turn, said in enumerate(trajectory.turns):
        pairs = zip(said.tool_calls, said.results, strict=False)
        yield from ((turn, number, call, result) for number, (call, result) in enumerate(pairs))


def _reached_a_world(result: ToolResult) -> bool:
    """Whether a world answered: errors without a status and a fault are those of a toolbox."""
    return not result.is_error or result.status is not None or result.fault is not None
