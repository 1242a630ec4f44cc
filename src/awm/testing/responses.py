"""What the model server sends back: OpenAI's faults, and answers that never come whole."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from awm.testing.known import as_text

__all__ = ["CutResponse", "HangingResponse", "fault_response", "json_response"]


class CutResponse(Response):
    """An answer whose connection is closed in its middle."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send half of what the head promises; the server closes what is not finished."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class HangingResponse(Response):
    """No answer, until the client goes away or the connection is cut."""

    def __init__(self, seconds: float) -> None:
        super().__init__(b"{}")
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then cut the connection."""
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await CutResponse(b"{}")(scope, receive, send)


def fault_response(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal or a failure, in the form that OpenAI gives them.

    Args:
        status: Of HTTP.
        message: For people.
        code: For programs.
        headers: To be sent with it.
    """
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json_response(body, status, headers)


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response that holds JSON."""
    content = as_text(body).encode(errors="replace")
    return Response(content, status, headers, media_type="application/json")
