"""Runs what patches its process in a process of its own."""

import os
import pickle
import select
import signal
import traceback
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

PATIENCE_MS = 20_000

T = TypeVar("T")


class ChildError(AssertionError):
    """What went wrong in the child, with its own traceback."""


def in_child(act: Callable[..., T], *arguments: Any) -> T:
    """Run a function in a forked child: return what it returns, raise `ChildError` if it fails.

    The function and its arguments go along by the fork; only the result has to be picklable.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads; the child uses nothing that one of them could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _become_child(act, arguments, writing)
    os.close(writing)
    try:
        said = _hear(reading)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not said:
        raise ChildError("the child ended without a word")
    fine, value = pickle.loads(said)
    if not fine:
        raise ChildError(value)
    return value


def _become_child(act: Callable[..., Any], arguments: tuple[Any, ...], writing: int) -> None:
    try:
        try:
            said = pickle.dumps((True, act(*arguments)))
        except BaseException:  # noqa: BLE001 - whatever it is, the parent has to hear of it
            said = pickle.dumps((False, traceback.format_exc()))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)
    finally:
        os._exit(0)


def _hear(reading: int) -> bytes:
    said = bytearray()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while poll.poll(PATIENCE_MS):
        more = os.read(reading, 1 << 16)
        if not more:
            return bytes(said)
        said += more
    raise ChildError(f"the child did not end within {PATIENCE_MS} ms")
