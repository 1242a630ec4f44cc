"""MCP over standard input and output.

Nothing but the protocol may reach standard output. And a program has to be able to end while it
waits for a client: so the blocking reads and writes happen in daemon threads on descriptors of
their own, which the interpreter does not wait for at its end.
"""

import asyncio
import contextlib
import json
import os
import queue
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import BinaryIO, Final

from awm.errors import UsageError
from awm.serve.protocol import serve_lines
from awm.serve.service import WorldService

__all__ = ["Conversation", "claim_streams", "serve_stdio"]

_STDIN: Final = 0
_STDOUT: Final = 1
_STDERR: Final = 2
_LAST_ANSWERS_SECONDS: Final = 60.0


async def serve_stdio(service: WorldService, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Serve one session until the client closes its end, or the task is cancelled.

    Args:
        service: What to serve; it has been entered.
        incoming: Where the client's messages come from, see `claim_streams`.
        outgoing: Where the answers go to.
    """
    conversation = Conversation(incoming, outgoing)
    try:
        await serve_lines(service, conversation, conversation)
    finally:
        conversation.close()


def claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for the protocol alone.

    From here on whatever this process prints goes to standard error.

    Raises:
        UsageError: They are closed.
    """
    try:
        incoming, outgoing = os.dup(_STDIN), os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
    except OSError as error:
        raise UsageError(
            f"standard input and output are not there: {error.strerror}.",
            "With --stdio a client has to be at the other end of them.",
        ) from error
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb", buffering=0)


class Conversation:
    """A client's messages and the answers to them, one a line.

    When the client closes its end, what it has asked is still answered: the lines end only then.

    Args:
        incoming: Where its messages come from; closed when they end.
        outgoing: Where answers go to; closed when they end.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._asked: set[str | int | None] = set()
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        for work in (self._read, self._write):
            threading.Thread(target=work, name="awm-stdio", daemon=True).start()

    def __aiter__(self) -> AsyncIterator[str]:
        return self._messages()

    async def write(self, text: str) -> int:
        """Queue an answer."""
        self._answers.put(text)
        return len(text)

    async def flush(self) -> None:
        """Nothing is held back: the queue is written as it fills."""

    def close(self) -> None:
        """Note that there will be no more answers; those that are queued are still written."""
        self._answers.put(None)

    async def _messages(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            self._note_question(line)
            yield line.decode("utf-8", "replace")
        try:
            await asyncio.wait_for(self._all_answered.wait(), _LAST_ANSWERS_SECONDS)
        except TimeoutError:
            return

    def _note_question(self, line: bytes) -> None:
        number = _number(line, question=True)
        if number is not None:
            self._asked.add(number)
            self._all_answered.clear()

    def _note_answer(self, text: str) -> None:
        self._asked.discard(_number(text, question=False))
        if not self._asked:
            self._all_answered.set()

    def _read(self) -> None:
        try:
            with self._incoming:
                for line in self._incoming:
                    if not line.isspace():
                        self._in_loop(partial(self._lines.put_nowait, line))
        except OSError:
            pass  # a stream that breaks off is one way for a client to leave
        self._in_loop(partial(self._lines.put_nowait, None))

    def _write(self) -> None:
        try:
            with self._outgoing:
                while (text := self._answers.get()) is not None:
                    _write_all(self._outgoing, text.encode())
                    self._in_loop(partial(self._note_answer, text))
        except OSError:
            self._in_loop(self._all_answered.set)  # nobody is left to read an answer
            self._in_loop(partial(self._lines.put_nowait, None))

    def _in_loop(self, action: Callable[[], None]) -> None:
        # A closed loop means that the session is over, and with it everything there was to say.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action)


def _write_all(stream: BinaryIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]


def _number(line: str | bytes, *, question: bool) -> str | int | None:
    """The number of a JSON-RPC request, or of the response to one; None for anything else."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None
    number = message.get("id")
    return number if isinstance(number, str | int) and ("method" in message) is question else None
