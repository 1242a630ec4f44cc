import json
import math
import sqlite3
from collections import OrderedDict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.inside.faults import UnfitProgramError
from awm.runtime.inside.returned import as_json, as_plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.dates() | st.decimals() | st.just(object()),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner)
    | st.frozensets(st.integers()),
    max_leaves=20,
)  # fmt: skip


class Word(StrEnum):
    COMPLETE = "complete"


class Liar(str):
    __slots__ = ()
    __hash__ = str.__hash__

    def __str__(self):
        return "complete"

    def __eq__(self, other):
        return True


class LyingNumber(int):
    def __int__(self):
        return 7

    __index__ = __int__


@given(JSON)
def test_what_is_json_already_stays_as_it_is(value):
    infinite = "inf" in repr(value)
    assert infinite or as_plain(value) == value


@given(ANYTHING)
def test_whatever_it_is_becomes_text_that_any_file_can_hold(value):
    text = as_json({"result": "others", "value": as_plain(value)}, "code", 1 << 30)
    json.loads(text.encode().decode(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Word.COMPLETE, "complete"),
        (Liar("no"), "no"),
        (LyingNumber(3), 3),
        (math.inf, "inf"),
        (b"\xff", "ff"),
        (bytearray(b"\x01"), "01"),
        ({3, 1}, [1, 3]),
        ((1, (2,)), [1, [2]]),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02 03:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3), "03:00:00"),
        (Decimal("1.50"), "1.50"),
        ({None: 1, True: 2, 1.5: 3}, {"null": 1, "true": 2, "1.5": 3}),
        ("\ud800", "?"),
        (len, "a builtin_function_or_method"),
    ],
)
def test_values_are_read_by_what_they_are(value, plain):
    assert as_plain(value) == plain
    assert type(as_plain(value)) is type(plain)


def test_rows_are_objects():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    assert as_plain(connection.execute("SELECT 1 AS a, 'x' AS b").fetchone()) == {"a": 1, "b": "x"}
    connection.close()


@pytest.mark.parametrize("mode", ["code", "sql"])
@pytest.mark.parametrize("value", ["complete", None, True, ["result", "complete"], 1])
def test_nothing_but_an_object_is_a_result(mode, value):
    with pytest.raises(UnfitProgramError, match="where a dictionary is due") as caught:
        as_json(value, mode, 100)
    assert caught.value.kind == "wrong_type"


def test_only_a_verdict_needs_one_of_two_words():
    assert as_json({"result": "complete"}, "code", 100) == '{"result": "complete"}'
    assert as_json({"anything": 1}, "sql", 100) == '{"anything": 1}'
    for result in ("Complete", "complete ", True, None, ["complete"]):
        with pytest.raises(UnfitProgramError, match="neither complete nor others"):
            as_json({"result": result}, "code", 100)


def test_size_is_counted_in_bytes():
    result = {"result": "others", "x": "\u20ac" * 20}
    size = len(as_json(result, "code", 1000).encode())
    assert as_json(result, "code", size)
    with pytest.raises(UnfitProgramError) as caught:
        as_json(result, "code", size - 1)
    assert caught.value.kind == "too_large"


def test_what_contains_itself_is_refused():
    value: dict = {}
    value["x"] = [value]
    with pytest.raises(UnfitProgramError, match="nested"):
        as_plain(value)
