"""Answers in JSON: what is asked for, and what is refused or fails."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from awm.errors import AwmError, UsageError, WorldError
from awm.serve.openreward.refusals import (
    BusyError,
    FullError,
    NotThereError,
    SessionOverError,
    StartingError,
    UnreadableBodyError,
)
from awm.serve.openreward.wire import compact

__all__ = ["Json", "failed", "faulty", "unfound"]

_log: Final = logging.getLogger(__name__)

_STATUS: Final[Mapping[type[AwmError], int]] = {
    AwmError: 500,
    UsageError: 400,
    NotThereError: 404,
    SessionOverError: 410,
    UnreadableBodyError: 422,
    BusyError: 429,
    FullError: 503,
    StartingError: 503,
}
_RETRY: Final = {"retry-after": "2"}
_STARTING: Final = {**_RETRY, "x-backend-state": "starting"}
"""By this a client knows that it may ask again for as long as it likes."""


class Json(JSONResponse):
    """A JSON response in ASCII: halves of surrogate pairs in a world's texts cannot break it."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return compact(content).encode()


async def unfound(_: Request, error: Exception) -> Response:
    """A path or a method that there is not."""
    assert isinstance(error, HTTPException)
    return Json({"detail": error.detail}, error.status_code, error.headers)


async def failed(_: Request, error: Exception) -> Response:
    """What was refused, or failed."""
    assert isinstance(error, AwmError)
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    if status == _STATUS[AwmError]:
        _log.warning("A request failed: %s", error)
    headers = _STARTING if isinstance(error, StartingError) else _RETRY if status == 503 else None
    return Json({"detail": _told(error)}, status, headers)


async def faulty(_: Request, __: Exception) -> Response:
    """What nobody foresaw; whoever runs the application logs it."""
    return Json({"detail": "the server failed over this request"}, 500)


def _told(error: AwmError) -> str:
    """An error for a client, without the list of a world's problems."""
    told = f"{error.message} {error.hint}".strip()
    return f"world {error.world!r}: {told}" if isinstance(error, WorldError) else told
