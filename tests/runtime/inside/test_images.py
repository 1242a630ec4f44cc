import sqlite3

import pytest

from awm.runtime.inside.images import deserialise
from tests.runtime import programs


def count(image, name="main"):
    connection = sqlite3.connect(":memory:")
    if name != "main":
        connection.execute(f"ATTACH ':memory:' AS {name}")
    deserialise(connection, image, name)
    rows = connection.execute(f"SELECT count(*) FROM {name}.sqlite_master").fetchone()[0]
    connection.close()
    return rows


@pytest.mark.parametrize("formats", [b"\1\1", b"\2\2", b"\1\2", b"\2\1"])
def test_whatever_journal_the_header_names_the_rows_are_there(formats):
    image = programs.INITIAL[:18] + formats + programs.INITIAL[20:]
    assert count(image) == count(programs.INITIAL) > 0


def test_an_image_may_go_to_an_attached_database_and_none_is_an_empty_one():
    assert count(programs.INITIAL, "other") > 0
    assert count(b"") == 0


def test_what_is_no_database_says_so():
    with pytest.raises(sqlite3.DatabaseError):
        count(b"no database" * 1000)
