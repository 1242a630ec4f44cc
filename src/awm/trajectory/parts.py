"""The text and the results that others recorded, in whichever shape they did."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from awm.types import ToolResult

__all__ = ["result_of", "results_of", "text_of"]

_ERROR: Final = re.compile(r"\s*Error\b")
_STATUS: Final = re.compile(r"\s*(?:Error: )?Error calling \S+?\. Status code: (\d{3})\.")
_MESSAGE_KEYS: Final = frozenset({"isError", "is_error", "role", "tool_call_id"})
_PART_KEYS: Final = frozenset({"text", "isError", "is_error"})
_PART_TYPES: Final = frozenset({"text", "input_text", "output_text"})


def text_of(value: object) -> str:
    """Text of what should be text: parts are joined, whatever else there is becomes JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and _is_message(value):
        return text_of(value["content"])
    parts: list[Any] = value if isinstance(value, list) else [value]
    if parts and all(_is_part(part) for part in parts):
        return "\n".join(part if isinstance(part, str) else str(part["text"]) for part in parts)
    return json.dumps(value, indent=2, ensure_ascii=False)


def results_of(response: object, calls: int) -> tuple[ToolResult, ...]:
    """What a turn's calls answered: one result, or as many as there were calls."""
    if response is None:
        return ()
    if isinstance(response, list) and len(response) == calls > 1:
        return tuple(result_of(one) for one in response)
    return (result_of(response),)


def result_of(response: object) -> ToolResult:
    """What one call answered; an error where it is marked as one, or reads as worlds word theirs.

    A result that is no error is JSON, so none begins with the bare word `Error`.
    """
    text = text_of(response)
    flagged = isinstance(response, Mapping) and (
        response.get("isError") is True or response.get("is_error") is True
    )
    status = _STATUS.match(text)
    return ToolResult(
        text=text,
        is_error=flagged or _ERROR.match(text) is not None,
        status=int(status[1]) if status else None,
    )


def _is_message(value: Mapping[str, Any]) -> bool:
    """Whether it is an MCP result or a chat message, and not a world's answer about a message."""
    content = value.get("content")
    if isinstance(content, list):
        return bool(content) and all(_is_part(part) for part in content)
    return isinstance(content, str) and not _MESSAGE_KEYS.isdisjoint(value)


def _is_part(part: Any) -> bool:
    if not isinstance(part, Mapping) or not isinstance(part.get("text"), str):
        return isinstance(part, str)
    kind = part.get("type")  # a world's answer may say anything there
    return (isinstance(kind, str) and kind in _PART_TYPES) or part.keys() <= _PART_KEYS
