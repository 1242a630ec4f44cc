"""A description fits exactly one row, and who goes by it finds that row."""

import random
import re
from dataclasses import replace

import pytest

from awm.synthesis.dry import entity_of
from awm.synthesis.tasks.naming import Namer
from tests.synthesis.library import past

BOOKS = past(4)


@pytest.fixture
def namer():
    return Namer(BOOKS, random.Random(2), "british")


def test_a_row_with_a_name_is_called_by_it(namer):
    for row in BOOKS.rows("tool"):
        described = namer.describe(row)
        assert described is not None
        assert described.texts == (row.name,)
        assert described.filters == {"name": row.name}


def test_no_description_fits_two_rows(namer):
    for name in BOOKS.names:
        taken: dict[str, int] = {}
        for row in BOOKS.rows(name):
            described = namer.describe(row)
            for text in described.texts if described else ():
                assert taken.setdefault(text, row.id) == row.id, text


def test_what_a_description_says_is_so(namer):
    for row in BOOKS.rows("loan"):
        described = namer.describe(row)
        if described is None:
            continue
        for text in described.texts:
            assert row.tool.name in text
        assert all(getattr(row, name) == value for name, value in described.filters.items())


def test_who_goes_by_a_description_comes_by_the_rows_that_it_names(namer):
    for row in BOOKS.rows("attendance"):
        described = namer.describe(row)
        if described is not None:
            assert {row.member, row.workshop} <= set(described.through)


def test_rows_that_are_alike_are_told_apart_or_not_described(namer):
    tool, member = BOOKS.rows("tool")[0], BOOKS.rows("member")[0]
    books = BOOKS.copy()
    for _ in range(2):
        books.add(
            "hold", tool=books.same(tool), member=books.same(member), made_on=books.today, place=7
        )
    one, two = books.rows("hold")[-2:]
    describer = Namer(books, random.Random(1), "iso")
    assert describer.describe(one) is None
    two.place = 8
    described = describer.describe(one)
    assert described is not None
    assert described.texts == (f"{member.name}'s hold on {tool.name} with the place 7",)
    assert described.filters["place"] == 7


def test_a_row_is_described_by_one_that_has_no_name_either():
    loan = replace(BOOKS.blueprint.entities["inspection"], described=("the check of {loan}",))
    namer = Namer(BOOKS, random.Random(2), "british")
    plain = Namer(BOOKS, random.Random(2), "british", nests=False)
    met = 0
    for row in BOOKS.rows("inspection"):
        object.__setattr__(row, "entity_", loan)
        try:
            described, alone = namer.describe(row), plain.describe(row)
        finally:
            object.__setattr__(row, "entity_", BOOKS.blueprint.entities["inspection"])
        assert alone is None
        if described is not None:
            inner = namer.describe(row.loan)
            assert inner is not None
            assert described.texts[0].startswith(f"the check of {inner.texts[0]}")
            assert row.loan in described.through
            met += 1
    assert met


def test_a_number_is_told_as_a_number(namer):
    row = BOOKS.rows("loan")[0]
    described = namer.numbered(row)
    assert described.numbered
    assert all(re.search(rf"\b{row.id}$", text) for text in described.texts)
    assert namer.label(row) is None
    assert namer.label(row.tool) == row.tool.name


def test_dates_in_descriptions_are_written_in_one_style():
    for style, form in (("iso", r"\d{4}-\d\d-\d\d"), ("american", r"[A-Z][a-z]+ \d+, \d{4}")):
        namer = Namer(BOOKS, random.Random(1), style)
        texts = [t for row in BOOKS.rows("loan") if (d := namer.describe(row)) for t in d.texts]
        dated = [text for text in texts if "due on" in text]
        assert dated
        assert all(re.search(form, text) for text in dated)
        assert all(entity_of(row) for row in BOOKS.rows("loan"))
