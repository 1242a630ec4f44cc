import os
import subprocess
from pathlib import Path

import pytest

from awm.runtime.sandbox.identity import die_with_parent, drop_rights, forbid_inspection
from awm.runtime.sandbox.syscalls import native_architecture

from .jail import ORDINARY, Outcome, in_child

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1 << 1, 1 << 2

pytestmark = pytest.mark.skipif(native_architecture() is None, reason="a matter of Linux")
root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root has rights to give up")


def capabilities():
    lines = Path("/proc/self/status").read_text().splitlines()
    return {
        name: int(value, 16)
        for name, value in (line.split(":\t") for line in lines if line.startswith("Cap"))
        if name != "CapBnd"
    }


@pytest.fixture
def hidden(tmp_path):
    """A file in a folder that only its owner enters."""
    folder = tmp_path / "hidden"
    folder.mkdir(mode=0o700)
    (folder / "file").write_text("found")
    return folder / "file"


@root_only
def test_root_keeps_no_capability():
    def act():
        before = capabilities()["CapEff"]
        drop_rights(("/usr",))
        return [before > 0, *capabilities().values()]

    assert in_child(act).value == [True, 0, 0, 0, 0]


@root_only
def test_only_the_right_to_read_stays_where_the_interpreter_is_hidden(hidden):
    def act():
        drop_rights((str(hidden),))
        return [hidden.read_text(), capabilities()]

    has = capabilities()["CapPrm"]
    lesser = CAP_DAC_READ_SEARCH if has & CAP_DAC_READ_SEARCH else CAP_DAC_OVERRIDE
    text, kept = in_child(act).value
    assert text == "found"
    assert kept["CapEff"] == kept["CapPrm"] == lesser
    assert kept["CapInh"] == kept["CapAmb"] == 0


@root_only
def test_a_hidden_path_that_need_not_be_read_costs_no_right(hidden):
    def act():
        drop_rights(())
        return hidden.read_text()

    assert in_child(act).error == "PermissionError"


def test_an_ordinary_user_has_nothing_to_give_up():
    user = ORDINARY if os.getuid() == 0 else None

    def act():
        was = os.getresuid()
        drop_rights(())
        return [os.getresuid() == was, capabilities()["CapPrm"]]

    assert in_child(act, user=user).value == [True, 0]


def test_a_process_whose_parent_is_gone_ends_at_once():
    def act():
        die_with_parent(os.getppid() + 1)
        return "went on"

    assert in_child(act) == Outcome(error="silence", status=1)
    assert in_child(lambda: die_with_parent(os.getppid())).fine


@root_only
def test_no_process_of_the_same_user_can_read_its_memory():
    def act():
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)
        forbid_inspection()
        spy = ["/bin/sh", "-c", f"cat /proc/{os.getpid()}/environ > /dev/null"]
        return subprocess.run(spy, stderr=subprocess.DEVNULL, check=False).returncode

    assert in_child(act).value != 0
    assert in_child(lambda: Path(f"/proc/{os.getpid()}/environ").read_bytes() and None).fine
