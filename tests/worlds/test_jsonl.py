"""Rows are found without being parsed, read one by one, and written whole or not at all."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import WorldFileError
from awm.worlds import jsonl
from awm.worlds.jsonl import index_lines, read_line, read_lines, write_lines

TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(content)
    return path


def places(path: Path) -> list[tuple[int, str]]:
    return [(entry.line_number, entry.name) for entry in index_lines(path, "scenario").entries]


@pytest.mark.parametrize(
    "content",
    [
        b'{"scenario": "A", "x": 1}\n{"scenario": "B"}\n',
        b'{"scenario": "A", "x": 1}\r\n{"scenario": "B"}\r\n',
        b'{"scenario": "A", "x": 1}\n{"scenario": "B"}',
        b'\xef\xbb\xbf{"scenario": "A", "x": 1}\n{"scenario": "B"}\n',
        b'  { "scenario" :"A", "x": 1} \n{"scenario": "B"}  \n',
        b'{"x": 1, "scenario": "A"}\n{"y": {"scenario": "C"}, "scenario": "B"}\n',
        b'{"scenario": "\\u0041", "x": 1}\n{"scenario": "B"}\n',
    ],
)
def test_rows_are_found_however_the_lines_are_laid_out(tmp_path, content):
    path = written(tmp_path, content)
    index = index_lines(path, "scenario")
    assert [(entry.line_number, entry.name) for entry in index.entries] == [(1, "A"), (2, "B")]
    assert index.problems == ()
    rows = read_lines(path, index.entries, index.stamp)
    assert [row["scenario"] for row in rows] == ["A", "B"]
    assert rows[0]["x"] == 1


def test_blank_lines_count_and_hold_nothing(tmp_path):
    assert places(written(tmp_path, b'\n \t\n{"scenario": "A"}\n\r\n{"scenario": "B"}\n\n')) == [
        (3, "A"),
        (5, "B"),
    ]


def test_an_empty_file_has_no_rows_and_no_problems(tmp_path):
    index = index_lines(written(tmp_path, b""), "scenario")
    assert (index.entries, index.problems) == ((), ())


@pytest.mark.parametrize(
    ("line", "what", "column"),
    [
        (b'{"scenario": "B", "x": "cut o', "not JSON: Unterminated string", 24),
        (b'{"scenario": "B", "x": ', "not JSON: Expecting value", 23),
        (b"nonsense", "not JSON: Expecting value", 1),
        (b'["scenario", "B"]', "not a JSON object, but list", 1),
        (b'"scenario"', "not a JSON object, but str", 1),
        (b'{"scenario": 5}', "the name, 'scenario', is not a string", 1),
        (b'{"x": 1}', "the name, 'scenario', is missing", 1),
        (b'{"x": "\xc3\xa9\xff", "scenario": "B"}', "not UTF-8: invalid start byte", 9),
        (b'{"scenario": "\xff"}', "not UTF-8: invalid start byte", 15),
        (b'{"scenario": "\\x"}', "not JSON: Invalid \\escape", 15),
        (b"[" * 100_000, "not JSON", 1),
        (b'{"x": ' + b"9" * 5000 + b', "scenario": "B"}', "not JSON that can be read", 1),
    ],
)
def test_a_line_that_is_no_row_is_a_problem_and_costs_no_other(tmp_path, line, what, column):
    path = written(tmp_path, b'{"scenario": "A"}\n' + line + b'\n{"scenario": "C"}\n')
    index = index_lines(path, "scenario")
    assert [(entry.line_number, entry.name) for entry in index.entries] == [(1, "A"), (3, "C")]
    [problem] = index.problems
    assert problem.where == f"rows.jsonl: line 2, column {column}"
    assert what in problem.what
    assert problem.severity == "error"


def test_a_problem_shows_the_line_near_the_fault(tmp_path):
    path = written(tmp_path, b'{"scenario": "B", "x": [1, 2 3]')
    [problem] = index_lines(path, "scenario").problems
    assert "[1, 2 3]" in problem.hint


def test_a_line_that_breaks_off_is_a_problem_of_the_world_it_begins_with(tmp_path):
    path = written(tmp_path, b'{"scenario": "Zoo B", "x": [1,\n{"x": 1, "scenario": "C"\n')
    assert [problem.world for problem in index_lines(path, "scenario").problems] == ["zoo_b", ""]


def test_a_line_too_long_to_be_held_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 50)
    long = b'{"scenario": "A", "x": "' + b"x" * 3_000_000 + b'"}'
    path = written(tmp_path, long + b'\n{"scenario": "B"}\n' + long)
    index = index_lines(path, "scenario")
    assert [(entry.line_number, entry.name) for entry in index.entries] == [(2, "B")]
    assert [problem.what for problem in index.problems] == ["longer than 50 bytes"] * 2
    assert read_line(path, index.entries[0]) == {"scenario": "B"}


def test_a_fault_in_the_middle_shows_when_the_row_is_read(tmp_path):
    path = written(tmp_path, b'{"scenario": "A", "x": oops}\n')
    [entry] = index_lines(path, "scenario").entries
    with pytest.raises(WorldFileError, match=r"world 'A'.*rows\.jsonl") as caught:
        read_line(path, entry)
    assert caught.value.problems[0].where == "rows.jsonl: line 1, column 24"


def test_a_file_that_changed_is_not_read(tmp_path):
    path = written(tmp_path, b'{"scenario": "A"}\n')
    index = index_lines(path, "scenario")
    path.write_bytes(b'{"scenario": "Another"}\n')
    with pytest.raises(WorldFileError, match=r"changed since it was opened.*Open it again"):
        read_lines(path, index.entries, index.stamp)
    path.unlink()
    with pytest.raises(WorldFileError, match="cannot be read"):
        read_lines(path, index.entries, index.stamp)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorldFileError, match=r"nowhere\.jsonl cannot be read: No such file"):
        index_lines(tmp_path / "nowhere.jsonl", "scenario")


def test_rows_are_read_by_many_threads_at_once(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_lines(path, ({"scenario": str(number), "x": "y" * number} for number in range(200)))
    index = index_lines(path, "scenario")
    wrong: list[str] = []

    def work() -> None:
        wrong.extend(
            entry.name
            for entry in index.entries
            if read_line(path, entry) != {"scenario": entry.name, "x": "y" * int(entry.name)}
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert wrong == []


@given(rows=st.lists(st.dictionaries(TEXT, JSON, max_size=4), max_size=4), name=TEXT)
def test_what_is_written_is_read_back_equal(tmp_path_factory, rows, name):
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    # What JSON itself cannot tell apart, a pair of surrogates from its character, is joined first.
    rows = [json.loads(json.dumps(row | {"scenario": name})) for row in rows]
    write_lines(path, rows)
    index = index_lines(path, "scenario")
    assert index.problems == ()
    assert repr(read_lines(path, index.entries, index.stamp)) == repr(rows)


def test_text_is_written_as_it_is_and_lone_surrogates_escaped(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_lines(path, [{"scenario": "Caf\u00e9 \u2028 \ud800"}])
    assert path.read_bytes() == '{"scenario": "Caf\u00e9 \u2028 \\ud800"}\n'.encode()


@pytest.mark.parametrize("row", [{"x": object()}, {"x": {1, 2}}, {("a",): 1}])
def test_a_row_that_is_not_json_leaves_the_old_file_alone(tmp_path, row):
    path = written(tmp_path, b"old")
    with pytest.raises(WorldFileError, match=r"rows\.jsonl is not JSON"):
        write_lines(path, [{"scenario": "A"}, row])
    assert path.read_bytes() == b"old"
    assert [child.name for child in tmp_path.iterdir()] == ["rows.jsonl"]


def test_an_interrupted_write_leaves_nothing_behind(tmp_path):
    def rows():
        yield {"scenario": "A"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(tmp_path / "rows.jsonl", rows())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path):
    with pytest.raises(WorldFileError, match="cannot be written"):
        write_lines(tmp_path / "none" / "rows.jsonl", [])


def test_a_written_file_has_the_usual_permissions(tmp_path):
    write_lines(tmp_path / "rows.jsonl", [])
    (tmp_path / "usual").touch()
    assert (tmp_path / "rows.jsonl").stat().st_mode == (tmp_path / "usual").stat().st_mode
