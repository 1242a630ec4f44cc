"""Lines that were written whole are there, whatever became of the last one."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.worlds.appended import append, open_to_append


@given(lines=st.lists(st.integers(0, 70_000), max_size=4), torn=st.integers(0, 140_000))
def test_a_line_that_was_not_finished_is_cut_off_and_the_others_stay(tmp_path_factory, lines, torn):
    path = tmp_path_factory.mktemp("lines") / "log"
    whole = b"".join(b"x" * length + b"\n" for length in lines)
    path.write_bytes(whole + b"y" * torn)
    file = open_to_append(path, "A log is")
    append(file, b"next\n")
    os.close(file)
    assert path.read_bytes() == whole + b"next\n"


def test_what_is_no_file_is_named_and_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe is no file") as refused:
        open_to_append(tmp_path / "pipe", "Episodes are")
    assert refused.value.hint == "Episodes are written there: move it away."
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        open_to_append(tmp_path / "link", "A log is")
    assert not (tmp_path / "elsewhere").exists()
