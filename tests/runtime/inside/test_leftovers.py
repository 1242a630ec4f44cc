import gc
import json
import logging
import os
import signal
import sqlite3
import sys
import types
import warnings

import pytest

from awm.runtime.inside.leftovers import Leftovers

from .forked import in_child


def noticed(act):
    def look():
        leftovers = Leftovers()
        leftovers.remember()
        before = leftovers.found()
        act()
        return before, leftovers.found()

    return in_child(look)


@pytest.mark.parametrize(
    "act",
    [
        lambda: sys.setrecursionlimit(321),
        lambda: sys.set_int_max_str_digits(0),
        lambda: os.environ.update(LEFT="behind"),
        lambda: sqlite3.register_adapter(complex, repr),
        lambda: sqlite3.register_converter("left", bytes),
        lambda: warnings.simplefilter("ignore"),
        gc.disable,
        lambda: gc.callbacks.append(print),
        lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN),
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM}),
        lambda: sys.modules.update(left=types.ModuleType("left")),
        lambda: sys.path.append("/left"),
        lambda: setattr(json, "left", 1),
        lambda: logging.getLogger("left"),
        lambda: setattr(sys, "excepthook", print),
    ],
)
def test_a_process_that_is_not_as_it_was_is_noticed(act):
    assert noticed(act) == (False, True)


@pytest.mark.parametrize(
    "act", [int, lambda: json.loads("[1]"), lambda: sqlite3.connect(":memory:").close()]
)
def test_ordinary_work_leaves_nothing(act):
    assert noticed(act) == (False, False)
