"""What is on the shelf is whole, whenever the run was killed."""

import json
import shutil
from pathlib import Path

import pytest

from awm.errors import UsageError
from awm.synthesis import shelf as shelves
from awm.synthesis.order import Order
from awm.synthesis.shelf import Shelf
from awm.worlds import WorldFile

RECORDS = {WorldFile.SCENARIO: [{"name": "Café"}], WorldFile.TASKS: [{"tasks": ["a"]}]}
REPORT = {"index": 1, "dropped": []}


class Killed(BaseException):
    """The run is killed here."""


@pytest.fixture
def shelf(tmp_path):
    made = Shelf(tmp_path, Order(3))
    made.open()
    return made


def test_a_world_that_was_put_can_be_taken(shelf):
    shelf.put(1, RECORDS, b"rows", REPORT)
    lines, report = shelf.lines(1)
    assert {part: [json.loads(line) for line in rows] for part, rows in lines.items()} == RECORDS
    assert "Café".encode() in lines[WorldFile.SCENARIO][0]
    assert report == REPORT
    assert shelf.database(1).read_bytes() == b"rows"
    assert shelf.done() == {1}


def test_another_run_of_the_same_order_goes_on_where_it_was(shelf, tmp_path):
    shelf.put(0, RECORDS, b"rows", REPORT)
    again = Shelf(tmp_path, Order(99))
    again.open()
    assert again.done() == {0}


@pytest.mark.parametrize("order", [Order(3, seed=1), Order(3, tasks=2), Order(3, levels=(5,))])
def test_another_order_is_refused_and_told_what_differs(shelf, tmp_path, order):
    shelf.put(0, RECORDS, b"rows", REPORT)
    with pytest.raises(UsageError, match=r"seed|tasks|levels"):
        Shelf(tmp_path, order).open()
    assert shelf.done() == {0}


def test_another_order_takes_the_place_where_that_is_wanted(shelf, tmp_path):
    shelf.put(0, RECORDS, b"rows", REPORT)
    other = Shelf(tmp_path, Order(3, seed=1))
    other.open(overwrite=True)
    assert other.done() == frozenset()
    with pytest.raises(UsageError):
        shelf.open()


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"3", b"{}"])
def test_an_order_that_cannot_be_read_is_told_with_what_to_delete(shelf, content):
    (shelf.path / "order.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        shelf.open()
    assert caught.value.message.startswith(f"{shelf.path / 'order.json'} cannot be read, so ")
    assert caught.value.hint == (
        f"Delete {shelf.path}, or give --overwrite: they have to be made again."
    )
    shelf.open(overwrite=True)
    assert json.loads((shelf.path / "order.json").read_text()) == Order(3).as_json()


def test_worlds_are_not_thrown_away_because_their_order_may_not_be_read(
    shelf, tmp_path, monkeypatch
):
    shelf.put(0, RECORDS, b"rows", REPORT)
    read_text = Path.read_text

    def forbidden(path, **given):
        if path.name == "order.json":
            raise PermissionError(13, "Permission denied")
        return read_text(path, **given)

    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(UsageError, match=r"order\.json cannot be read"):
        shelf.open()
    monkeypatch.undo()
    assert shelf.done() == {0}


def test_a_world_is_not_put_where_another_order_is_now(shelf, tmp_path):
    """As a process does whose run was killed, while another run has thrown its shelf away."""
    Shelf(tmp_path, Order(3, seed=1)).open(overwrite=True)
    with pytest.raises(UsageError, match="is of another order now"):
        shelf.put(0, RECORDS, b"rows", REPORT)
    assert shelf.done() == frozenset()


def test_what_is_being_put_in_place_is_known_until_the_shelf_is_cleared(shelf, tmp_path):
    assert shelf.placing() is None
    shelf.place({"worlds": 3})
    assert Shelf(tmp_path, Order(3)).placing() == {"worlds": 3}
    shelf.clear()
    assert shelf.placing() is None


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b"3"])
def test_a_note_that_cannot_be_read_says_nothing(shelf, content):
    (shelf.path / "placing.json").write_bytes(content)
    assert shelf.placing() is None


@pytest.mark.parametrize("writes", [0, 1])
def test_a_run_that_is_killed_while_it_puts_leaves_no_half_world(
    shelf, tmp_path, monkeypatch, writes
):
    shelf.put(0, RECORDS, b"rows", REPORT)
    left = [writes]
    write = shelves.write_whole

    def killed(path, content):
        if not left[0]:
            raise Killed
        left[0] -= 1
        write(path, content)

    monkeypatch.setattr(shelves, "write_whole", killed)
    with pytest.raises(Killed):
        shelf.put(1, RECORDS, b"rows", REPORT)
    monkeypatch.undo()
    again = Shelf(tmp_path, Order(3))
    again.open()
    assert again.done() == {0}
    again.put(1, RECORDS, b"other rows", REPORT)
    assert again.done() == {0, 1}
    assert again.database(1).read_bytes() == b"other rows"


@pytest.mark.parametrize("gone", ["order.json", "000000.json", "000000.db"])
def test_a_run_that_is_killed_while_it_clears_leaves_nothing_that_is_taken_for_a_world(
    shelf, tmp_path, monkeypatch, gone
):
    for index in range(2):
        shelf.put(index, RECORDS, b"rows", REPORT)

    def killed(path):
        (path / gone).unlink()
        raise Killed

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(Killed):
        shelf.clear()
    monkeypatch.undo()
    again = Shelf(tmp_path, Order(3))
    again.open()
    assert 0 not in again.done()
    for index in again.done():
        assert again.lines(index)
        assert again.database(index).exists()
    assert again.done() == frozenset()
    assert {path.name for path in tmp_path.iterdir()} == {".generating"}


def test_worlds_whose_order_is_gone_are_never_taken_for_those_of_another(shelf, tmp_path):
    shelf.put(0, RECORDS, b"rows", REPORT)
    (shelf.path / "order.json").unlink()
    other = Shelf(tmp_path, Order(3, seed=9))
    other.open()
    assert other.done() == frozenset()


def test_a_shelf_that_is_cleared_is_gone(shelf):
    shelf.put(0, RECORDS, b"rows", REPORT)
    shelf.clear()
    assert not shelf.path.exists()
    shelf.open()
    assert shelf.done() == frozenset()


def test_half_written_files_are_no_worlds(shelf):
    (shelf.path / ".0123abcd.tmp").write_bytes(b"{")
    assert shelf.done() == frozenset()
