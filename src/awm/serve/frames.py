"""What may come in as JSON: an object, of a size and depth that can be dealt with."""

import json
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["DEPTH", "frame_fault", "json_in", "text_fault"]

DEPTH: Final = 64
"""How many levels a message may have. No tool's arguments need more, and far more end parsers."""

_TOO_DEEP: Final = f"a message has at most {DEPTH} levels"


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
        said = json_in(text)
    except ValueError as error:
        return str(error)
    return None if isinstance(said, dict) else "a message is a JSON object"


def json_in(text: str) -> Any:
    """The JSON value that a text is.

    Args:
        text: Of any length.

    Raises:
        ValueError: It is none, or none that can be dealt with; says why.
    """
    try:
        said = json.loads(text, parse_constant=_refused)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError as error:
        raise ValueError(f"a message is no JSON: {error}") from None
    if _is_deep(said):
        raise ValueError(_TOO_DEEP)
    if "\\u" in text and not _is_sound(said):
        raise ValueError("a text has half of a surrogate pair")
    return said


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} stands in no JSON")


def _is_deep(said: Any) -> bool:
    level = [said] if isinstance(said, dict | list) else []
    for _ in range(DEPTH):
        if not level:
            return False
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
    return bool(level)


def _parts(whole: dict[str, Any] | list[Any]) -> list[Any]:
    return list(whole.values()) if isinstance(whole, dict) else whole


def _is_sound(said: Any) -> bool:
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
