"""Rows are written whole, in a form that is named by the ending, and over nothing."""

import json
import sys
import tracemalloc

import pytest

from awm.errors import UsageError
from awm.rollout.exporting import conversations, preferences, turn_samples
from awm.rollout.exporting_files import write_exported
from awm.rollout.exporting_recasting import Recording
from tests.rollout.acting import played, surface

ROW = {"messages": [{"role": "user", "content": "Grüße"}], "world": "shop", "reward": 1.0}


@pytest.fixture(params=["awm", "native-meta"])
async def exported(request):
    """Makes rows of a success and a failure, in one format or the other."""
    name = request.param
    won, _ = await played(name)
    lost, _ = await played(name, rollout=1, outcome="agent_error")
    return lambda make: [*make([won, lost], surface(name), Recording(name))]


def test_rows_are_lines_of_json(tmp_path):
    path = tmp_path / "new" / "sft.jsonl"
    assert write_exported([ROW, ROW], path) == 2
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [ROW, ROW]
    assert "Grüße" in lines[0]


def test_half_a_surrogate_pair_does_not_spoil_the_file(tmp_path):
    row = {"messages": [{"role": "user", "content": "a\ud800b"}]}
    write_exported([row], tmp_path / "sft.jsonl")
    assert json.loads((tmp_path / "sft.jsonl").read_bytes())["messages"][0]["content"] == "a?b"


def test_nothing_is_written_over_unless_asked_for(tmp_path):
    path = tmp_path / "sft.jsonl"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write_exported([ROW], path)
    assert path.read_text() == "mine"
    write_exported([ROW], path, overwrite=True)
    assert json.loads(path.read_text()) == ROW


@pytest.mark.parametrize("name", ["sft", "sft.csv", "sft.json"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"neither in \.jsonl nor in \.parquet"):
        write_exported([ROW], tmp_path / name)


def test_no_rows_make_no_file(tmp_path):
    assert write_exported([], tmp_path / "new" / "sft.jsonl") == 0
    assert [*tmp_path.iterdir()] == []


def test_rows_that_break_off_leave_what_was_there(tmp_path):
    path = tmp_path / "sft.jsonl"
    path.write_text("mine")

    def rows():
        yield ROW
        raise UsageError("no more.")

    with pytest.raises(UsageError, match="no more"):
        write_exported(rows(), path, overwrite=True)
    assert path.read_text() == "mine"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_row_is_let_go_when_it_is_written(tmp_path, ending, monkeypatch):
    if ending == "parquet":
        pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    monkeypatch.setattr("awm.rollout.exporting_files._GROUP", 10_000)
    text = "x" * 100_000
    rows = ({"messages": [{"role": "user", "content": f"{n}{text}"}]} for n in range(200))
    write_exported([ROW], tmp_path / f"first.{ending}")  # what is imported then is not counted
    tracemalloc.start()
    try:
        assert write_exported(rows, tmp_path / f"sft.{ending}") == 200
        assert tracemalloc.get_traced_memory()[1] < 20 * len(text)
    finally:
        tracemalloc.stop()


def test_without_what_writes_parquet_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"awm\[parquet\]"):
        write_exported([ROW], tmp_path / "sft.parquet")


@pytest.mark.parametrize("make", [conversations, preferences, turn_samples])
def test_parquet_holds_the_same_rows(tmp_path, make, exported):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    rows = exported(make)
    write_exported(rows, tmp_path / "rows.parquet")
    read = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [_without_nothing(row) for row in read] == [_without_nothing(row) for row in rows]


def test_parquet_holds_rows_in_groups(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    rows = [{**ROW, "world": f"w{number}"} for number in range(7)]
    size = len(json.dumps(rows[0], ensure_ascii=False).encode())
    monkeypatch.setattr("awm.rollout.exporting_files._GROUP", 3 * size)
    assert write_exported(rows, tmp_path / "rows.parquet") == 7
    file = parquet.ParquetFile(tmp_path / "rows.parquet")
    assert file.metadata.num_row_groups == 3
    assert [row["world"] for row in file.read().to_pylist()] == [row["world"] for row in rows]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@pytest.mark.parametrize("make", [conversations, preferences, turn_samples])
def test_datasets_loads_them(tmp_path, make, ending, exported):
    datasets = pytest.importorskip("datasets", reason="`datasets` is not installed")
    rows = exported(make)
    path = tmp_path / f"rows.{ending}"
    write_exported(rows, path)
    builder = "json" if ending == "jsonl" else "parquet"
    loaded = datasets.load_dataset(
        builder, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert [_without_nothing(row) for row in loaded] == [_without_nothing(row) for row in rows]


CALL = {"id": "c", "type": "function", "function": {"name": "pay", "arguments": "{}"}}


def said(text, **more):
    """A row in which an agent says so much."""
    return {"messages": [{"role": "assistant", "content": text, **more}], "reward": None}


def test_a_row_that_is_the_first_to_hold_something_and_comes_late_is_put_first(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("awm.rollout.exporting_files._HEAD", 500)
    monkeypatch.setattr("awm.rollout.exporting_files._MOVED", 64)
    plain = [said(f"{number}" * 50) for number in range(10)]
    calls, paid = said("pay", tool_calls=[CALL]), {**said("paid"), "reward": 1.0}
    rows = [*plain, calls, said("again", tool_calls=[CALL]), paid, said("end")]
    assert write_exported(rows, tmp_path / "sft.jsonl") == len(rows)
    lines = (tmp_path / "sft.jsonl").read_text(encoding="utf-8").splitlines()
    late = [calls, paid]
    assert [json.loads(line) for line in lines] == [
        *late,
        *(one for one in rows if one not in late),
    ]


def test_rows_whose_first_ones_hold_all_that_there_is_stand_as_they_came(tmp_path, monkeypatch):
    monkeypatch.setattr("awm.rollout.exporting_files._HEAD", 500)
    calls = said("pay", tool_calls=[CALL])
    rows = [said("first"), calls, *(said("x" * 50) for _ in range(20)), calls, said("end")]
    write_exported(rows, tmp_path / "sft.jsonl")
    lines = (tmp_path / "sft.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows


@pytest.mark.parametrize("column", ["messages", "completion", "rejected"])
def test_datasets_loads_lines_whose_first_megabytes_have_no_call(tmp_path, column, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="`datasets` is not installed")
    monkeypatch.setattr("awm.rollout.exporting_files._HEAD", 2_000)
    result = {"role": "tool", "content": "paid", "tool_call_id": "c"}
    silent = [{column: said("x" * 100)["messages"], "reward": None} for _ in range(500)]
    call = {column: said("", tool_calls=[CALL])["messages"], "reward": 1.0}
    told = {column: [result], "reward": 0.5}
    write_exported([*silent, call, *silent, told, *silent], tmp_path / "rows.jsonl")
    loaded = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "rows.jsonl"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
        chunksize=20_000,  # in place of 10 MiB
    )
    assert [_without_nothing(row) for row in loaded] == [
        _without_nothing(row) for row in (call, told, *silent, *silent, *silent)
    ]


def _without_nothing(value):
    """Without the empty columns and keys that a table has for all rows."""
    if isinstance(value, dict):
        return {key: _without_nothing(part) for key, part in value.items() if part is not None}
    return [_without_nothing(part) for part in value] if isinstance(value, list) else value
