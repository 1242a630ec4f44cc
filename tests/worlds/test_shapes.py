"""A row that is not what its file promises is told so, down to the key."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.worlds.files import WorldFile
from awm.worlds.shapes import find_faults, is_sound, read_clock

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)
VERIFIER = {"task_idx": 0, "verification": {"code": ""}}


def faults(part: WorldFile, row: object) -> list[str]:
    return [f"{fault.key}: {fault.what}" for fault in find_faults(part, row)]


@pytest.mark.parametrize("part", list(WorldFile))
def test_the_small_world_is_sound(part, zoo):
    assert [faults(part, row) for row in zoo.get(part, [])] == [[] for _ in zoo.get(part, [])]


@pytest.mark.parametrize(
    ("part", "row", "expected"),
    [
        (WorldFile.SCENARIO, {}, ["name: is missing"]),
        (
            WorldFile.SCENARIO,
            {"name": "a", "description": 1},
            ["description: should be a string, is a whole number"],
        ),
        (WorldFile.TASKS, {"tasks": "all"}, ["tasks: should be a list, is a string"]),
        (WorldFile.TASKS, {"tasks": ["a", None]}, ["tasks[1]: should be a string, is null"]),
        (WorldFile.DATABASE, {"db_schema": []}, ["db_schema: should be an object, is a list"]),
        (
            WorldFile.DATABASE,
            {"db_schema": {"tables": [{"name": "a"}]}},
            ["db_schema.tables[0].ddl: is missing"],
        ),
        (
            WorldFile.DATABASE,
            {"db_schema": {"tables": []}, "foreign_keys": 1, "clock": "noon"},
            [
                "foreign_keys: should be true or false, is a whole number",
                "clock: is not a moment like 2026-02-01T12:00:00Z",
            ],
        ),
        (
            WorldFile.DATABASE,
            {"db_schema": {"tables": []}, "clock": 5},
            ["clock: should be a string, is a whole number"],
        ),
        (
            WorldFile.SAMPLE,
            {"sample_data": {"tables": [{"table_name": "a", "insert_statements": [{}]}]}},
            ["sample_data.tables[0].insert_statements[0]: should be a string, is an object"],
        ),
        (WorldFile.SPEC, {"api_spec": None}, ["api_spec: should be an object, is null"]),
        (WorldFile.ENVIRONMENT, {"full_code": None}, ["full_code: should be a string, is null"]),
        (
            WorldFile.VERIFIER_CODE,
            VERIFIER | {"task_idx": -1},
            ["task_idx: should be a task's number, counted from 0"],
        ),
        (
            WorldFile.VERIFIER_SQL,
            VERIFIER | {"task_idx": True},
            ["task_idx: should be a task's number, counted from 0"],
        ),
        (
            WorldFile.VERIFIER_SQL,
            {"task_idx": 1, "verification": None},
            ["verification: should be an object, is null"],
        ),
        (WorldFile.ORACLE, {}, ["task_idx: is missing", "calls: is missing"]),
    ],
)
def test_a_fault_names_its_key(part, row, expected):
    assert faults(part, row) == expected


@pytest.mark.parametrize("argument", [float("nan"), float("inf"), [{"a": {1}}], b""])
def test_arguments_that_are_no_json_make_an_oracle_unsound(argument):
    row = {"task_idx": 0, "calls": [{"tool": "buy", "arguments": {"price": argument}}]}
    expected = ["calls[0].arguments: holds what is no JSON, such as NaN"]
    assert faults(WorldFile.ORACLE, row) == expected


@pytest.mark.parametrize("missing", [{}, {"indexes": None}, {"indexes": []}])
def test_a_table_needs_no_indexes(missing):
    row = {"db_schema": {"tables": [{"name": "a", "ddl": "b", **missing}]}}
    assert is_sound(WorldFile.DATABASE, row)


@given(st.sampled_from(WorldFile), JSON)
def test_no_row_whatever_breaks_the_check(part, row):
    assert is_sound(part, row) == (faults(part, row) == [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01T12:00:00Z", datetime(2026, 2, 1, 12, tzinfo=UTC)),
        ("2026-02-01T12:00:00", datetime(2026, 2, 1, 12, tzinfo=UTC)),
        ("2026-02-01 14:00+02:00", datetime(2026, 2, 1, 12, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_clock_is_read_as_utc(text, moment):
    assert read_clock(text) == moment
    assert read_clock(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+05:00"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError):
        read_clock(text)
