"""The package's front door: every name that it promises is there, and every room."""

import subprocess
import sys

import pytest

import awm


@pytest.mark.parametrize("name", awm.__all__)
def test_what_is_promised_is_there(name):
    assert getattr(awm, name) is not None


@pytest.mark.parametrize("room", ["audit", "llm", "trajectory", "verify"])
def test_a_room_needs_no_import_of_its_own(room):
    code = f"import awm; print(awm.{room}.__name__, sorted(awm.{room}.__all__)[0])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"awm.{room} ")


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="'awm' has no attribute 'nothing'"):
        _ = awm.nothing
