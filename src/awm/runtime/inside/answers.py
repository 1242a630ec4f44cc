"""From what a handler did, an answer or a break-down, to what the agent reads."""

import json
from typing import Any, Final

from awm.runtime.inside.asgi import Response, ResponseTooLargeError
from awm.runtime.inside.faults import describe
from awm.runtime.inside.memory import MemoryTooLargeError
from awm.runtime.inside.process import CallTimeoutError
from awm.runtime.wire import Called, Load
from awm.types import Fault

__all__ = ["answered", "broken_off"]

_LIMITS_REACHED: Final = (CallTimeoutError, MemoryError, MemoryTooLargeError, ResponseTooLargeError)


def answered(tool: str, response: Response, limit: int) -> Called:
    """The result of a call that a handler answered, whatever its status.

    Args:
        tool: What was called.
        response: What came of it.
        limit: How large an answer may be, in characters.

    Raises:
        ResponseTooLargeError: Indented, it is larger than that.
    """
    status, exception = response.status, response.exception
    described = None if exception is None else describe(exception)
    if status < 400:
        text = _as_text(response.body, limit)
    else:
        body = response.body.decode("utf-8", "replace")
        text = f"Error calling {tool}. Status code: {status}. Response: {body}"
    return Called(text, status >= 400, status, None, described, None, None, recycle=False)


def broken_off(tool: str, error: BaseException, order: Load) -> Called:
    """The result of a call that no handler answered."""
    fault, what = _fault(error, order)
    # Nobody knows what was broken off where, or whether it is the worker that is broken.
    recycle = fault != "too_large"
    text = f"Error calling {tool}. {what}"
    return Called(text, True, None, fault, describe(error), None, None, recycle)


def _as_text(body: bytes, limit: int) -> str:
    """JSON indented by 2 with non-ASCII kept, as published agents have seen it; else as it is."""
    try:
        return _indented(json.loads(body), len(body), limit)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _indented(value: Any, size_before: int, limit: int) -> str:
    # Of n bytes, 2d open and close d levels; the others hold at most (n - 2d) / 2 values, each on a
    # line of its own behind 2d spaces. That is most when d is n / 4.
    if size_before**2 // 8 < limit:
        return json.dumps(value, indent=2, ensure_ascii=False)
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise ResponseTooLargeError
    return "".join(parts)


def _fault(error: BaseException, order: Load) -> tuple[Fault, str]:
    error = _cause(error)
    if isinstance(error, CallTimeoutError):
        return "timeout", f"The handler did not answer within {order.call_seconds:g} seconds."
    if isinstance(error, ResponseTooLargeError):
        return "too_large", f"The answer is larger than {order.response_bytes >> 20} MB."
    if isinstance(error, MemoryTooLargeError):
        return "too_large", "The world keeps too much outside its database."
    if isinstance(error, MemoryError):
        return "memory", "The handler needs more memory than its worker has."
    return "crash", f"The handler broke off: {describe(error)}"


def _cause(error: BaseException) -> BaseException:
    """Why it broke off: what a task group wraps, and not what else failed in it on that account."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [_cause(part) for part in error.exceptions]
    return next((cause for cause in causes if isinstance(cause, _LIMITS_REACHED)), causes[0])
