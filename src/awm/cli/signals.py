"""Ending on request: the first signal ends the work in order, the second ends the process."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

__all__ = ["StoppedError", "run"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_Result = TypeVar("_Result")


class StoppedError(BaseException):
    """A signal ended the work, and everything has been put away.

    Attributes:
        signal: Its number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number

    @property
    def exit_code(self) -> int:
        """What shells expect: 130 after Ctrl-C."""
        return 128 + self.signal


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run work on an event loop of its own, and cancel it when the process is told to end.

    Raises:
        StoppedError: A signal came, and the work ended because of it.
    """
    return asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    received: list[int] = []

    def stop(number: int) -> None:
        if received:
            # Told twice: whoever asks does not want to wait. Workers end when their sockets close.
            os._exit(128 + number)
        received.append(number)
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        await asyncio.wait({task})
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    if received and task.cancelled():
        raise StoppedError(received[0])
    return task.result()
