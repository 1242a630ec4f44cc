"""Answers of calls as server-sent events.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html. A stream names the call
first (`task_id`), so that a client that is cut off can ask for its answer again; then come the
parts of the answer, `chunk` by `chunk`, the last one as `end`. `error` ends a client's session.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from awm.serve.openreward.calls import Call
from awm.serve.openreward.wire import CallFault, compact

__all__ = ["events", "stream", "unknown_call"]

_MEDIA_TYPE: Final = "text/event-stream"
_HEADERS: Final = {"cache-control": "no-cache", "x-accel-buffering": "no"}
"""No proxy on the way holds events back."""

_CHUNK: Final = 4096
"""Characters of an answer in one event; clients read lines of limited length."""
_AT_ONCE_SECONDS: Final = 0.05
_PING_SECONDS: Final = 10.0
"""Clients give up a stream that is silent for 30 seconds."""
_PING: Final = ": ping\n\n"
_SPACE: Final = "\\u0020"


async def stream(name: str, call: Call) -> Response:
    """The answer of a call, as soon as it is there.

    Nothing here belongs to the call: a client that goes away leaves it as it is.

    Args:
        name: What the call is called.
        call: It, under way or done.
    """
    await asyncio.wait({call}, timeout=_AT_ONCE_SECONDS)
    if call.done():
        return events(("task_id", name), *_answer_of(call))
    return StreamingResponse(_later(name, call), media_type=_MEDIA_TYPE, headers=_HEADERS)


def unknown_call() -> Response:
    """The answer to whoever asks for a call that there is not."""
    return events(("error", "unknown task_id"))


def events(*told: tuple[str, str]) -> Response:
    """A stream of these events, each with a name and one line of text."""
    body = "".join(_event(*one) for one in told)
    return Response(body, media_type=_MEDIA_TYPE, headers=_HEADERS)


async def _later(name: str, call: Call) -> AsyncIterator[str]:
    yield _event("task_id", name)
    while not call.done():
        await asyncio.wait({call}, timeout=_PING_SECONDS)
        if not call.done():
            yield _PING
    for event in _answer_of(call):
        yield _event(*event)


def _answer_of(call: Call) -> Iterator[tuple[str, str]]:
    if call.cancelled():
        yield "error", "the session was ended"
        return
    answer = call.result()
    if isinstance(answer, CallFault):
        told = answer.message.encode("ascii", "backslashreplace").decode()
        yield "error", " ".join(told.split())  # one line
        return
    text = compact(answer.to_json())
    last = (len(text) - 1) // _CHUNK * _CHUNK
    for start in range(0, last + 1, _CHUNK):
        yield ("end" if start == last else "chunk"), _unstripped(text[start : start + _CHUNK])


def _unstripped(chunk: str) -> str:
    """A part of a JSON text in which a leading space survives clients that strip lines.

    Spaces stand nowhere but in its texts, where they may be written as escapes.
    """
    return _SPACE + chunk[1:] if chunk.startswith(" ") else chunk


def _event(name: str, text: str) -> str:
    return f"event: {name}\ndata: {text}\n\n"
