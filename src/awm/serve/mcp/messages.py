"""JSON-RPC 2.0 as MCP has it: what came in is read, what goes out is written.

The format: https://www.jsonrpc.org/specification, and what MCP makes of it:
https://modelcontextprotocol.io/specification/2025-06-18/basic
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from mcp.types import INVALID_REQUEST, PARSE_ERROR

from awm.errors import AwmError
from awm.serve.frames import json_in

__all__ = [
    "Notification",
    "RefusedError",
    "Reply",
    "Request",
    "RequestId",
    "encoded",
    "failure",
    "parsed",
    "read",
    "refusal",
    "success",
]

RequestId: TypeAlias = str | int

_VERSION: Final = "2.0"
_REPLIES: Final = frozenset({"result", "error"})


class RefusedError(AwmError):
    """A message that is not carried out.

    Args:
        code: JSON-RPC's number for why.
        message: Why, for whoever wrote the client.
        number: The request's id, where it has one that can be read.
        status: What HTTP says, where the message is all there is to a request.
    """

    def __init__(
        self, code: int, message: str, number: RequestId | None = None, *, status: int = 400
    ) -> None:
        super().__init__(message)
        self.args = (code, message, number)
        self.code = code
        self.number = number
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """Something that is asked."""

    id: RequestId
    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that is told, and not answered."""

    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client answers. Nothing is asked of clients here, so nobody waits for one."""


def parsed(body: bytes) -> Any:
    """What a body says as JSON.

    Raises:
        RefusedError: It is no JSON, or says what cannot be said again.
    """
    try:
        return json_in(body.decode())
    except ValueError as error:  # of the encoding, too
        raise RefusedError(PARSE_ERROR, f"{error}.") from None


def read(said: Any) -> Request | Notification | Reply:
    """The message that a JSON value is.

    Raises:
        RefusedError: It is none.
    """
    if not isinstance(said, dict):
        raise RefusedError(INVALID_REQUEST, f"a message is an object, not {_kind(said)}.")
    number = said.get("id")
    is_number = isinstance(number, str | int) and not isinstance(number, bool)
    known = number if is_number else None
    if said.get("jsonrpc") != _VERSION:
        raise RefusedError(INVALID_REQUEST, 'a message has "jsonrpc": "2.0".', known)
    if "id" in said and not is_number:
        raise RefusedError(INVALID_REQUEST, f"an id is a text or an integer, not {_kind(number)}.")
    if "method" not in said and known is not None and _REPLIES & said.keys():
        return Reply()
    method, params = said.get("method"), said.get("params", {})
    if not isinstance(method, str):
        raise RefusedError(INVALID_REQUEST, f"a method is a text, not {_kind(method)}.", known)
    if not isinstance(params, dict):
        raise RefusedError(INVALID_REQUEST, f"params are an object, not {_kind(params)}.", known)
    return Notification(method, params) if known is None else Request(known, method, params)


def success(number: RequestId, result: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request that was carried out."""
    return {"jsonrpc": _VERSION, "id": number, "result": result}


def failure(number: RequestId | None, code: int, message: str) -> dict[str, Any]:
    """The answer to a request that was not.

    Args:
        number: Its id; None where it cannot be read.
        code: JSON-RPC's number for why.
        message: Why.
    """
    return {"jsonrpc": _VERSION, "id": number, "error": {"code": code, "message": message}}


def refusal(error: RefusedError) -> dict[str, Any]:
    """The answer to a message that is refused."""
    return failure(error.number, error.code, error.message)


def encoded(said: Any) -> bytes:
    """A JSON value as it goes out.

    What worlds answer may hold halves of surrogate pairs, which UTF-8 cannot say: a `?` stands for
    each.
    """
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _kind(said: Any) -> str:
    if said is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "a text"}
    return names.get(type(said), "a number")
