"""The calls of a session, each of which is carried out whether or not its client still listens."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from awm.serve.openreward.refusals import BusyError
from awm.serve.openreward.wire import CallAnswer

__all__ = ["Call", "Calls"]

Call: TypeAlias = asyncio.Task[CallAnswer]
"""A call under way, or its answer. Cancelled, its session was ended over it."""

_MOST_UNDER_WAY: Final = 64
_MOST_ANSWERED: Final = 8
"""How many answers are kept for clients that were cut off from them."""


class Calls:
    """Calls by the name under which a client that was cut off asks for their answer."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return any(not call.done() for call in self._calls.values())

    def begin(self, carry_out: Callable[[], Coroutine[Any, Any, CallAnswer]]) -> str:
        """Begin a call; its name.

        Raises:
            BusyError: Too many are under way.
        """
        answered = [name for name, call in self._calls.items() if call.done()]
        if len(self._calls) - len(answered) >= _MOST_UNDER_WAY:
            raise BusyError(
                f"the session has {_MOST_UNDER_WAY} calls under way.", "Wait for their answers."
            )
        for name in answered[: max(0, len(answered) - _MOST_ANSWERED)]:
            del self._calls[name]
        name = uuid.uuid4().hex
        self._calls[name] = asyncio.create_task(carry_out())
        return name

    def named(self, name: str) -> Call | None:
        """A call by its name; None where it was never made, or too long ago."""
        return self._calls.get(name)

    async def cancel(self) -> None:
        """Give up those that are under way, and forget the others."""
        calls = list(self._calls.values())
        self._calls.clear()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
