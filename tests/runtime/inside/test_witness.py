# These are the ways to files that generated code takes.
# ruff: noqa: PTH102, PTH123, PTH208, SIM115
import _thread
import builtins
import json
import os
import sys
import threading
import time

import pytest

from awm.runtime.inside.patches import Patches
from awm.runtime.inside.witness import Witness

from .forked import in_child


def seen(act):
    """What a witness says of an act, in a process of its own."""

    def watch():
        witness = Witness()
        Patches(witness.patches()).apply()
        witness.remember()
        witness.install()
        witness.start()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - as a program swallows it
            str(error)
        return witness.stop()

    return in_child(watch)


def left_thread():
    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()


def ended_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda: open("/no/such/file"), "it tried to open the file '/no/such/file'"),
        (lambda: os.listdir("/"), "it tried to list the folder '/'"),
        (lambda: os.mkdir("/no/such/folder/a"), "it tried to write a folder"),
        (lambda: os.kill(os.getpid(), 0), "it tried to send a signal"),
        (lambda: _thread.start_new_thread(int, ()), "it tried to start a thread by hand"),
        (left_thread, "it left a thread running"),
        (lambda: setattr(json, "dumps", None), "it replaced json.dumps"),
        (lambda: setattr(json.JSONEncoder, "encode", None), "it replaced json.encoder.JSONEncoder"),
        (lambda: setattr(json.JSONEncoder, "more", None), "it changed the class json.encoder."),
        (lambda: setattr(builtins, "len", None), "it replaced builtins.len"),
        (lambda: sys.modules.pop("json"), "it replaced the module json"),
    ],
)
def test_what_is_tried_or_left_replaced_is_said(act, sentence):
    assert seen(act).startswith(sentence)


@pytest.mark.parametrize(
    "act",
    [
        int,
        ended_thread,
        lambda: json.loads("[1]"),
        lambda: (setattr(json, "dumps", kept := json.dumps), kept),
        lambda: __import__("no_module_of_this_name"),
        lambda: os.fstat(1),
    ],
)
def test_what_is_ordinary_is_passed_over(act):
    assert seen(act) is None


def test_only_what_happens_while_it_watches_counts_and_the_first_is_told():
    witness = Witness()
    witness.remember()
    witness.note("sleep")
    witness.start()
    witness.note("write")
    witness.note("read")
    assert witness.stop() == "it tried to write"
    witness.start()
    assert witness.stop() is None
