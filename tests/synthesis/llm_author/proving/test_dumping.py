"""Rows are told as many of each table as there is room for."""

import json

from hypothesis import given
from hypothesis import strategies as st

from awm.runtime import StateDiff, TableDiff
from awm.synthesis.llm_author.proving.dumping import rows_dumped


def state(**tables):
    return StateDiff(
        tuple(TableDiff(name, ("id",), tuple(rows), (), ()) for name, rows in tables.items())
    )


ROOMS = [{"id": 1, "name": "Tejo", "image": b"\x00\x01"}, {"id": 2, "name": None, "image": None}]


def test_each_table_has_a_line_of_columns_and_a_list_for_each_row():
    assert rows_dumped(state(rooms=ROOMS, pets=[{"id": 7}]), 1000).splitlines() == [
        "rooms (2 rows): id | name | image",
        '[1, "Tejo", "<2 bytes>"]',
        "[2, null, null]",
        "pets (1 row): id",
        "[7]",
    ]


def test_where_room_is_short_every_table_shows_its_first_rows_and_says_how_many_more():
    many = [{"id": number, "note": "n" * 40} for number in range(500)]
    text = rows_dumped(state(logs=many, pets=[{"id": 7}]), 4000)
    assert len(text) <= 4000
    assert '[0, "nnn' in text
    assert "\n... and 450 more\npets (1 row): id\n[7]" in text


def test_a_long_cell_loses_its_middle():
    text = rows_dumped(state(logs=[{"id": 1, "note": "n" * 5000}]), 4000)
    assert len(text) < 400
    assert "characters left out" in text


@given(st.integers(200, 3000), st.integers(1, 60), st.integers(1, 40))
def test_it_keeps_to_the_room_it_is_given_within_a_note(characters, tables, rows):
    many = {f"t{n}": [{"id": i, "x": "x" * 30} for i in range(rows)] for n in range(tables)}
    assert len(rows_dumped(state(**many), characters)) <= characters + 40


def test_rows_that_fit_are_all_told():
    rows = [{"id": number} for number in range(300)]
    lines = rows_dumped(state(pets=rows), 10_000).splitlines()
    assert [json.loads(line)[0] for line in lines[1:]] == list(range(300))
