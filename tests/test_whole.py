"""Files appear whole or not at all."""

import os

import pytest

from awm.whole import whole_file, write_whole


def test_what_is_written_is_there(tmp_path):
    write_whole(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    write_whole(tmp_path / "file", b"")
    assert (tmp_path / "file").read_bytes() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_older_file_survives_a_write_that_fails(tmp_path, monkeypatch):
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_left_where_nothing_can_be_written(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "file", b"content")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "folder", b"content")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        write_whole(tmp_path / "file" / "inside", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_file_that_is_written_bit_by_bit_appears_at_the_end(tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with whole_file(target) as file:
        file.write(b"new ")
        assert target.read_bytes() == b"old"
        file.write(b"content")
    assert target.read_bytes() == b"new content"


def test_what_breaks_off_leaves_nothing(tmp_path):
    with pytest.raises(TypeError), whole_file(tmp_path / "file") as file:
        file.writelines([b"half", None])
    assert [*tmp_path.iterdir()] == []


def test_a_name_may_be_as_long_as_names_may_be(tmp_path):
    longest = tmp_path / ("x" * 255)
    write_whole(longest, b"content")
    assert longest.read_bytes() == b"content"


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("file")
    write_whole(link, b"new")
    assert not link.is_symlink()
    assert (link.read_bytes(), (tmp_path / "file").read_bytes()) == (b"new", b"old")
