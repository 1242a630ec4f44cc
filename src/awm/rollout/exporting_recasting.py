"""An episode recorded in one way of calling tools, written in the other, where nothing is lost.

In the text format calls stand in a reply between `<tool_call>` tags; with function calling they
stand beside it. What is said around them, thoughts included, stays. The tools stay what they were:
calls through `call_tool` remain that. A turn is refused where reading what would be written does
not give back the very same calls, thought and words.
"""

import json
from dataclasses import dataclass, replace
from typing import Final

from awm.agents.written import call_text
from awm.errors import UsageError
from awm.trajectory import Trajectory, Turn, WrittenCall, find_calls, thought_of
from awm.verify.excerpt import plain_json

__all__ = ["Recording", "recast"]

_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_BESIDE: Final = frozenset({"native", "native-meta"})
"""The formats in which calls stand beside the text."""


@dataclass(frozen=True, slots=True)
class Recording:
    """How an episode was recorded.

    Attributes:
        format: The name of the format in which its agent called tools.
        meta_tools: Whether it acted through `list_tools` and `call_tool`.
    """

    format: str = "awm"
    meta_tools: bool = True


def recast(run: Trajectory, recorded: str, wanted: str) -> Trajectory:
    """Write an episode in another format.

    Args:
        run: The episode.
        recorded: The name of the format in which it was recorded.
        wanted: That of the one to write it in.

    Raises:
        UsageError: Something would be lost; says what, and in which turn.
    """
    if recorded == wanted or {recorded, wanted} <= _BESIDE:
        return run
    if {recorded, wanted} - _BESIDE != {"awm"}:
        raise UsageError(
            f"an episode recorded in format {recorded!r} cannot be written in {wanted!r}.",
            "Formats `awm` and `native` can be written as each other.",
        )
    beside = wanted in _BESIDE
    turns = tuple(_recast(turn, number, beside=beside) for number, turn in enumerate(run.turns))
    return replace(run, turns=turns)


def _recast(turn: Turn, number: int, *, beside: bool) -> Turn:
    if not turn.tool_calls:
        return turn
    fault = _unfit(turn)
    if not fault:
        other = _with_calls_beside(turn, number) if beside else _with_tags(turn)
        fault = _lost(turn, other) if beside else _lost(other, turn)
        if not fault:
            return other
    where = "beside" if beside else "in"
    raise UsageError(f"the calls of turn {number} cannot be written {where} the text: {fault}.")


def _unfit(turn: Turn) -> str:
    """Why nothing sound can be made of a turn; empty where it can."""
    if any(not call.name or call.parsed() is None for call in turn.tool_calls):
        return "a call in it could not be read"
    if any(plain_json(call.parsed()) != call.parsed() for call in turn.tool_calls):
        return "a call in it is nested beyond reason"
    if len(turn.results) != len(turn.tool_calls):
        return "not all of its calls were carried out"
    return ""


def _with_calls_beside(turn: Turn, number: int) -> Turn:
    calls = tuple(
        replace(call, id=f"call_{number}_{place}") for place, call in enumerate(turn.tool_calls)
    )
    return replace(turn, content=_around(turn.content), tool_calls=calls)


def _with_tags(turn: Turn) -> Turn:
    blocks = [call_text(replace(call, arguments=call.parsed())) for call in turn.tool_calls]
    content = "\n".join([*filter(None, [turn.content.strip()]), *blocks])
    return replace(turn, content=content, tool_calls=find_calls(content))


def _lost(text: Turn, beside: Turn) -> str:
    """What differs between a turn with its calls in the text and one with them beside it.

    Empty where nothing does.
    """
    if _meant(find_calls(text.content)) != _meant(beside.tool_calls):
        return "they do not stand there as they were carried out"
    if beside.content.strip() and any(call.id is None for call in beside.tool_calls):
        return "they stood in the text, and were made out there"
    head = text.content.partition(_OPEN)[0]
    if head.strip() != beside.content.strip():
        return "something else is said after them"
    if thought_of(beside.content) != thought_of(text.content):
        return "they stand in a thought"
    return ""


def _around(content: str) -> str:
    """What stands around the calls in a text."""
    first, *others = content.split(_OPEN)
    return "".join([first, *(part.partition(_CLOSE)[2] for part in others)]).strip()


def _meant(calls: tuple[WrittenCall, ...]) -> list[tuple[str, str]]:
    return [(call.name, json.dumps(call.parsed(), sort_keys=True)) for call in calls]
