"""Trajectories to `trajectory.json`, for us and for readers of the published layout.

What is written is JSON to every reader. Arguments that are not, such as NaN, are written as text,
in which agents may give them too: they are read back as the same arguments.
"""

import json
from pathlib import Path
from typing import Any, Final

from awm.trajectory.calls import WrittenCall, is_nested_beyond
from awm.trajectory.record import VERSION, Trajectory, Turn
from awm.types import ToolResult
from awm.whole import write_whole

__all__ = ["trajectory_json", "transcript_of", "write_trajectory"]

_DEEPEST: Final = 32
"""How far arguments may be nested where they are written as an object: Arrow, and so `datasets`,
reads twice as much, and they stand inside other objects."""


def write_trajectory(trajectory: Trajectory, path: Path) -> None:
    """Write `trajectory.json`, whole or not at all; an older one is replaced.

    Raises:
        OSError: It cannot be written.
        TypeError, ValueError, RecursionError: An argument in it cannot be written at all.
    """
    path = Path(path)
    text = json.dumps(trajectory_json(trajectory), ensure_ascii=False, indent=2)
    # A lone surrogate, which JSON can spell and UTF-8 cannot, comes out as its JSON escape.
    write_whole(path, text.encode("utf-8", "backslashreplace"))


def trajectory_json(trajectory: Trajectory) -> dict[str, Any]:
    """The trajectory as JSON, in the version that is written now.

    Readers of the published layout find `scenario`, `task_id`, `task`, `messages` and
    `trajectory`; `version`, `stop`, `final_answer` and each turn's `results` are beside that.

    Raises:
        TypeError, ValueError, RecursionError: An argument in it cannot be written at all.
    """
    return {
        "version": VERSION,
        "scenario": trajectory.world,
        "task_id": trajectory.task_idx,
        "task": trajectory.task,
        "stop": trajectory.stop,
        "final_answer": trajectory.final_answer,
        "messages": _messages(trajectory),
        "trajectory": [
            {**entry, "results": [_result(result) for result in turn.results]}
            for entry, turn in zip(transcript_of(trajectory), trajectory.turns, strict=True)
        ],
    }


def transcript_of(trajectory: Trajectory) -> list[dict[str, Any]]:
    """The turns as the published layout has them: `role`, `content`, `tool_calls`, `tool_response`.

    What several calls of one turn answered is one text, separated by blank lines.
    """
    return [
        {
            "role": turn.role,
            "content": turn.content,
            "tool_calls": [_call(call) for call in turn.tool_calls],
            "tool_response": "\n\n".join(result.text for result in turn.results)
            if turn.results
            else None,
        }
        for turn in trajectory.turns
    ]


def _call(call: WrittenCall) -> dict[str, Any]:
    return {"id": call.id, "name": call.name, "arguments": _arguments(call.arguments)}


def _arguments(given: Any) -> Any:
    """Arguments as every reader of JSON takes them: as they are, or else their text in ASCII."""
    if given is None or isinstance(given, str):
        return given
    try:
        # Half a surrogate pair, which JSON can spell, is no text to most readers.
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return json.dumps(given)
    return json.dumps(given) if is_nested_beyond(given, _DEEPEST) else given


def _result(result: ToolResult) -> dict[str, Any]:
    return {
        "text": result.text,
        "is_error": result.is_error,
        "status": result.status,
        "fault": result.fault,
        "exception": result.exception,
    }


def _messages(trajectory: Trajectory) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": trajectory.task}]
    for turn in trajectory.turns:
        messages.extend(_turn_messages(turn))
    return messages


def _turn_messages(turn: Turn) -> list[dict[str, Any]]:
    spoken: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.tool_calls and "<tool_call>" not in turn.content:
        spoken["tool_calls"] = [_openai_call(call) for call in turn.tool_calls]
    answers: list[dict[str, Any]] = []
    for place, result in enumerate(turn.results):
        call = turn.tool_calls[place] if place < len(turn.tool_calls) else None
        identity = call.id if call is not None else None
        answers.append({"role": "tool", "tool_call_id": identity, "content": result.text})
    return [spoken, *answers]


def _openai_call(call: WrittenCall) -> dict[str, Any]:
    given = _arguments(call.arguments)
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": text},
    }
