"""What may come in as JSON: an object, of a size and depth that can be dealt with."""

import json
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["DEPTH", "frame_fault", "text_fault"]

DEPTH: Final = 64
"""How many levels a message may have. No tool's arguments need more, and far more end parsers."""


def frame_fault(message: Mapping[str, Any], most_bytes: int) -> str | None:
    """What is wrong with a message that came through a WebSocket; None where nothing is.

    Args:
        message: A `websocket.receive` event of ASGI.
        most_bytes: How long its text may be.
    """
    text = message.get("text")
    if text is None:
        return "messages are text, not bytes"
    if len(text) > most_bytes:
        return f"a message has at most {most_bytes} bytes"
    return text_fault(text)


def text_fault(text: str) -> str | None:
    """What keeps a text from being a JSON object that can be dealt with; None where nothing does.

    Args:
        text: Of any length.
    """
    try:
        said = json.loads(text, parse_constant=_refused)
    except RecursionError:
        return f"a message has at most {DEPTH} levels"
    except ValueError as error:
        return f"a message is JSON: {error}"
    if not isinstance(said, dict):
        return "a message is a JSON object"
    if _is_deep(said):
        return f"a message has at most {DEPTH} levels"
    if "\\u" in text and not _is_sound(said):
        return "a text has half of a surrogate pair"
    return None


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_deep(said: dict[str, Any]) -> bool:
    level: list[Any] = [said]
    for _ in range(DEPTH):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(whole: dict[str, Any] | list[Any]) -> list[Any]:
    return list(whole.values()) if isinstance(whole, dict) else whole


def _is_sound(said: dict[str, Any]) -> bool:
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
