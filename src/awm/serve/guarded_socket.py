"""A WebSocket between a client and a door: what is no message does not reach the door."""

import json
from collections.abc import Callable
from typing import Final

from starlette.types import Message, Receive, Send

__all__ = ["GuardedSocket"]

_NO_MESSAGE: Final = "INVALID_JSON"
"""OpenEnv's code for it: its is the one protocol here that is spoken through WebSockets."""


class GuardedSocket:
    """What a door listens to and speaks through, instead of the client itself.

    A message is under way from when the door hears it until it says something, or listens again.

    Args:
        receive: Where the client's messages come from.
        send: Where the door's go to.
        fault: Says what is wrong with a message of the client's; None where nothing is.
        count: Told by how much the number of messages under way changes.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        fault: Callable[[Message], str | None],
        count: Callable[[int], None],
    ) -> None:
        self._receive = receive
        self._send = send
        self._fault = fault
        self._count = count
        self._asked = False
        self._gone = False

    async def receive(self) -> Message:
        """The next message that the door can deal with; others are answered here."""
        self.end()
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._gone = True
            if message["type"] != "websocket.receive":
                return message
            fault = self._fault(message)
            if fault is None:
                self._asked = True
                self._count(1)
                return message
            told = {"type": "error", "data": {"message": fault, "code": _NO_MESSAGE}}
            await self.send({"type": "websocket.send", "text": json.dumps(told)})

    async def send(self, message: Message) -> None:
        """Say something; nothing happens where nobody is there any more."""
        self.end()
        if self._gone:
            return
        try:
            await self._send(message)
        except OSError:  # the client left; the door learns it when it listens next
            self._gone = True

    def end(self) -> None:
        """Note that nothing is under way."""
        if self._asked:
            self._asked = False
            self._count(-1)
