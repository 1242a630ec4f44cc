"""What a client says, and what it is answered: one message, or several at once where it may."""

import asyncio
from typing import Any, Final

from mcp.types import INVALID_REQUEST

from awm.serve.mcp.messages import Notification, RefusedError, Request, read, refusal
from awm.serve.mcp.methods import Methods
from awm.serve.mcp.session import Session

__all__ = ["MOST_AT_ONCE", "answer_to"]

MOST_AT_ONCE: Final = 64
"""How many messages may come in a batch."""

_WITH_BATCHES: Final = "2025-03-26"
"""The one version of the protocol that has batches; the next one took them back."""


async def answer_to(methods: Methods, session: Session, said: Any) -> Any:
    """What is said to a session's client.

    Args:
        methods: Answer its requests.
        session: The client's.
        said: What the client said, any JSON value.

    Returns:
        One answer, or a list of them to a batch; None where nothing is asked.

    Raises:
        RefusedError: It is neither a message nor a batch that may be.
    """
    if not isinstance(said, list):
        return await _answer(methods, session, said)
    _require_batch(session, said)
    answers = await asyncio.gather(*(_part_answer(methods, session, part) for part in said))
    return [answer for answer in answers if answer is not None] or None


def _require_batch(session: Session, said: list[Any]) -> None:
    """Check that a batch may be.

    Raises:
        RefusedError: It may not.
    """
    if session.version != _WITH_BATCHES:
        why = f"batches are part of version {_WITH_BATCHES}, and this is {session.version}."
        raise RefusedError(INVALID_REQUEST, why)
    if not 0 < len(said) <= MOST_AT_ONCE:
        raise RefusedError(INVALID_REQUEST, f"a batch has 1 to {MOST_AT_ONCE} messages.")


async def _part_answer(methods: Methods, session: Session, said: Any) -> dict[str, Any] | None:
    try:
        return await _answer(methods, session, said)
    except RefusedError as error:
        return refusal(error)


async def _answer(methods: Methods, session: Session, said: Any) -> dict[str, Any] | None:
    message = read(said)
    if isinstance(message, Request):
        return await methods.answer(session, message)
    session.touch()
    if isinstance(message, Notification) and message.method == "notifications/cancelled":
        # A name that stands for nothing, or for what is answered already, is no fault: the
        # notification and the answer may have crossed.
        session.cancel(_name(message))
    return None


def _name(message: Notification) -> object:
    number = message.params.get("requestId")
    return number if isinstance(number, str | int) and not isinstance(number, bool) else None
