"""Standard input and output, as the two ends of a conversation.

Nothing but the protocol may reach standard output. And a program has to be able to end while it
waits for a client: so the blocking reads and writes happen in daemon threads on descriptors of
their own, which the interpreter does not wait for at its end.
"""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import BinaryIO, Final

from awm.errors import UsageError

__all__ = ["Conversation", "claim_streams"]

_STDIN: Final = 0
_STDOUT: Final = 1
_STDERR: Final = 2
_LAST_ANSWERS_SECONDS: Final = 60.0


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

    Args:
        incoming: Where its messages come from; closed when they end.
        outgoing: Where answers go to; closed when they end.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._written = asyncio.Event()
        for work in (self._read, self._write):
            threading.Thread(target=work, name="awm-stdio", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (line := await self._lines.get()) is not None:
            yield line

    def write(self, answer: bytes) -> None:
        """Queue an answer."""
        self._answers.put(answer + b"\n")

    def close(self) -> None:
        """Note that there will be no more answers; those that are queued are still written."""
        self._answers.put(None)

    async def written(self) -> None:
        """Wait until all answers are written, as the process may end then; but not for ever."""
        self.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._written.wait(), _LAST_ANSWERS_SECONDS)

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
                while (answer := self._answers.get()) is not None:
                    _write_all(self._outgoing, answer)
        except OSError:  # nobody is left to read an answer
            self._in_loop(partial(self._lines.put_nowait, None))
        self._in_loop(self._written.set)

    def _in_loop(self, action: Callable[[], None]) -> None:
        # A closed loop means that the session is over, and with it everything there was to say.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action)


def _write_all(stream: BinaryIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]
