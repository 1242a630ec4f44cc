import sqlite3
import struct
import tracemalloc
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.runtime.delta import DeltaError, apply, difference, page_size

SIZE = 512


def image_of(pages: list[int], size: int = SIZE) -> bytes:
    """A made-up database whose pages each hold one repeated byte."""
    image = bytearray(b"".join(bytes([content]) * size for content in pages))
    image[16:18] = size.to_bytes(2, "big")
    return bytes(image)


def header(size: int, count: int) -> bytes:
    return struct.pack("<II", size, count)


def record(number: int, page: bytes) -> bytes:
    return struct.pack("<I", number) + page


TEMPLATE = image_of([1, 2, 3, 4])
PAGES = st.lists(st.integers(0, 255), min_size=1, max_size=12)


@given(PAGES, PAGES)
def test_a_delta_turns_the_template_into_the_image_however_they_differ(before, after):
    template, image = image_of(before), image_of(after)
    assert apply(template, difference(template, image)) == image


@given(PAGES, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 255))))
def test_a_delta_holds_the_pages_that_differ_and_no_others(pages, edits):
    edited = [*pages]
    for at, content in edits:
        edited[at % len(edited)] = content
    different = sum(old != new for old, new in zip(pages, edited, strict=True))
    delta = difference(image_of(pages), image_of(edited))
    assert len(delta) == (8 + different * (4 + SIZE) if different else 0)


def test_an_equal_image_gives_an_empty_delta_and_the_other_way_round():
    assert difference(TEMPLATE, bytes(bytearray(TEMPLATE))) == b""
    assert apply(TEMPLATE, b"") == TEMPLATE


def test_a_shorter_image_is_no_more_than_a_header():
    shrunk = TEMPLATE[: 2 * SIZE]
    delta = difference(TEMPLATE, shrunk)
    assert len(delta) == 8
    assert apply(TEMPLATE, delta) == shrunk


@pytest.mark.parametrize("size", [512, 1024, 4096, 32768, 65536])
def test_real_databases_grow_change_and_shrink(size):
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
        rows = [(number, "x" * 700) for number in range(300)]
        connection.executemany("INSERT INTO notes VALUES (?, ?)", rows)
        connection.commit()
        template = connection.serialize()
        assert page_size(template) == size
        for statement in (
            "UPDATE notes SET text = 'changed' WHERE id = 7",
            "INSERT INTO notes (text) SELECT text FROM notes",
            "CREATE INDEX by_text ON notes (text)",
            "DELETE FROM notes WHERE id > 10",
            "VACUUM",
        ):
            connection.execute(statement)
            connection.commit()
            image = connection.serialize()
            assert apply(template, difference(template, image)) == image
        assert len(image) < len(template)


def test_one_changed_row_makes_a_delta_of_a_few_pages():
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
        rows = [(number, "x" * 700) for number in range(1000)]
        connection.executemany("INSERT INTO notes VALUES (?, ?)", rows)
        connection.commit()
        template = connection.serialize()
        connection.execute("UPDATE notes SET text = 'changed' WHERE id = 500")
        connection.commit()
        assert len(difference(template, connection.serialize())) < 4 * page_size(template)


@pytest.mark.parametrize(
    ("template", "image"),
    [
        pytest.param(TEMPLATE, image_of([1, 2], 1024), id="other page size"),
        pytest.param(TEMPLATE, TEMPLATE + b"x", id="half a page"),
        pytest.param(TEMPLATE, b"", id="nothing"),
        pytest.param(b"", TEMPLATE, id="no template"),
        pytest.param(b"", b"SQLite", id="a header cut off"),
    ],
)
def test_what_has_no_common_pages_cannot_be_compared(template, image):
    with pytest.raises(DeltaError, match="cannot be compared"):
        difference(template, image)


PAGE = bytes(SIZE)


@pytest.mark.parametrize(
    "delta",
    [
        pytest.param(b"x", id="header cut off"),
        pytest.param(header(SIZE, 4) + b"x", id="record cut off"),
        pytest.param(header(SIZE, 4) + record(0, PAGE)[:-1], id="page cut off"),
        pytest.param(header(1024, 2) + record(0, bytes(1024)), id="other page size"),
        pytest.param(header(0, 4), id="no page size"),
        pytest.param(header(SIZE, 4) + record(4, PAGE), id="page beyond the count"),
        pytest.param(header(SIZE, 9) + record(6, PAGE), id="page that leaves a gap"),
        pytest.param(header(SIZE, 5), id="page missing at the end"),
        pytest.param(header(SIZE, 6) + 2 * record(5, PAGE), id="gap filled with the wrong page"),
        pytest.param(header(SIZE, 2**32 - 1), id="huge count"),
        pytest.param(header(2**32 - 1, 2**32 - 1), id="huge pages"),
        pytest.param(header(SIZE, 2**32 - 1) + record(2**32 - 2, PAGE), id="huge number"),
    ],
)
def test_a_malformed_delta_is_a_delta_error_and_allocates_little(delta):
    tracemalloc.start()
    try:
        with pytest.raises(DeltaError):
            apply(TEMPLATE, delta)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_template_that_is_no_database_is_a_delta_error_too():
    with pytest.raises(DeltaError):
        apply(b"", header(0, 1) + record(0, b""))


@settings(max_examples=300)
@given(st.binary(max_size=40), st.integers(0, 8), st.lists(st.integers(0, 8)))
def test_any_bytes_give_an_image_of_the_size_they_announce_or_a_delta_error(tail, count, numbers):
    delta = header(SIZE, count) + b"".join(record(number, PAGE) for number in numbers) + tail
    try:
        image = apply(TEMPLATE, delta)
    except DeltaError:
        return
    assert len(image) == count * SIZE
