# These are the ways to files that generated code takes.
# ruff: noqa: PTH110, PTH113, PTH123, PTH202, SIM115
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.inside.patches import Patches
from awm.runtime.inside.states import FINAL, INITIAL, States, is_scratch
from awm.runtime.inside.witness import Witness

from .forked import in_child


def shown():
    states = States(Witness())
    states.show({INITIAL: b"before", FINAL: b"the final one"})
    return states


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (FINAL, False),
        (FINAL.encode(), False),
        (Path(FINAL), False),
        ("/awm/../awm/./final.db", False),
        (f"file:{FINAL}", True),
        (f"file:{FINAL}?mode=ro&immutable=1#x", True),
        (f"file://{FINAL}", True),
        (f"file://localhost{FINAL}", True),
        ("file:/awm/final%2Edb", True),
    ],
)
def test_a_path_leads_to_its_image_however_it_is_written(path, uri):
    assert shown().image(path, uri=uri) == b"the final one"


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.text())))
def test_anything_else_leads_nowhere(path):
    assert shown().image(path, uri=True) is None


@pytest.mark.parametrize(
    ("name", "uri", "scratch"),
    [
        (":memory:", False, True),
        ("", False, True),
        ("file::memory:?cache=shared", True, True),
        ("file:x?mode=memory", True, True),
        ("file:x?mode=memory", False, False),
        ("file:/etc/passwd?x=mode=memory", True, False),
        ("file:x?mode=ro", True, False),
        (None, True, False),
    ],
)
def test_scratch_databases_are_those_of_no_file(name, uri, scratch):
    assert is_scratch(name, uri=uri) is scratch


def test_files_are_what_the_program_would_find_on_a_disk():
    def act():
        patches = Patches(shown().patches())
        patches.apply()
        opened = open(FINAL, "rb").read(), open(INITIAL).read(), Path(FINAL).read_text()
        looked = os.path.getsize(FINAL), os.path.isfile(FINAL), Path(INITIAL).exists()
        rights = os.access(FINAL, os.R_OK), os.access(FINAL, os.W_OK)
        try:
            open(FINAL, "r+b")
        except PermissionError as error:
            refused = error.errno
        patches.undo()
        return opened, looked, rights, refused, os.path.exists(FINAL)

    assert in_child(act) == (
        (b"the final one", "before", "the final one"),
        (13, True, True),
        (True, False),
        13,
        False,
    )
