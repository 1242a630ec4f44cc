"""What is on the shelf is whole, whenever the run was killed."""

import json
import shutil

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
def test_an_order_that_cannot_be_read_is_another_order(shelf, content):
    (shelf.path / "order.json").write_bytes(content)
    with pytest.raises(UsageError, match="it cannot be read"):
        shelf.open()
    shelf.open(overwrite=True)
    assert json.loads((shelf.path / "order.json").read_text()) == Order(3).as_json()


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
    if gone == "order.json":
        other = Shelf(tmp_path, Order(3, seed=9))
        with pytest.raises(UsageError):
            other.open()
        assert again.done() == frozenset()


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
