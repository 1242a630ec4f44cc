"""Ctrl-C at a chosen step of waiting code: no signal, so nothing but that code can be struck."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from awm.runtime import sync

__all__ = ["interrupt"]


@contextmanager
def interrupt(is_time: Callable[[], bool]) -> Iterator[None]:
    """Raise KeyboardInterrupt once, in `awm.runtime.sync` in this thread, before a bytecode step.

    Args:
        is_time: Asked before every such step; the first True is it.
    """

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        if frame.f_code.co_filename != sync.__file__:
            return None
        frame.f_trace_opcodes = True
        return step

    def step(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "opcode" and is_time():
            raise KeyboardInterrupt
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
