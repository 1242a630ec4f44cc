"""A line for each job: appended, found again, cut where it was torn, and sorted in the end."""

import os
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import TrajectoryError, UsageError
from awm.rollout.job import Job
from awm.rollout.job_lines import JobLines, PlacedLines, line_of, read_job_lines
from awm.worlds.jsonl import PendingLines

JOBS = [Job("shop", number) for number in range(4)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines.jsonl"


def line(job, **more):
    return {**job.to_json(), **more}


def written(path, *lines):
    file = JobLines(path)
    for one in lines:
        file.add(Job.from_json(one), line_of(one))
    file.close()


def read(path):
    return [one for _, one in read_job_lines(path)]


def test_what_is_added_is_there_for_whoever_reads_meanwhile(path):
    file = JobLines(path)
    file.add(JOBS[0], line_of(line(JOBS[0], said="\u00fc")))
    assert read(path) == [line(JOBS[0], said="\u00fc")]
    assert file.line(JOBS[0]) == line(JOBS[0], said="\u00fc")
    file.close()


def test_half_a_character_is_written_as_a_question_mark():
    assert line_of({"said": "a\ud800\u00fc"}) == '{"said": "a?\u00fc"}'.encode()


def test_what_json_has_no_word_for_is_no_line():
    with pytest.raises(ValueError, match="JSON"):
        line_of({"said": float("nan")})


def test_the_last_line_of_a_job_counts(path):
    written(path, line(JOBS[0], n=1), line(JOBS[1], n=2), line(JOBS[0], n=3))
    file = JobLines(path)
    assert [file.line(job)["n"] for job in JOBS[:2]] == [3, 2]
    file.sort(JOBS)
    file.close()
    assert list(map(itemgetter("n"), read(path))) == [3, 2]


@given(torn=st.integers(1, 400))
def test_a_line_that_was_torn_is_cut_off_and_those_before_it_stay(tmp_path_factory, torn):
    path = tmp_path_factory.mktemp("torn") / "lines.jsonl"
    lines = [line(job, text="x" * 50) for job in JOBS]
    written(path, *lines)
    size = path.stat().st_size
    os.truncate(path, max(0, size - torn))
    whole = path.read_bytes().count(b"\n")
    assert read(path) == lines[:whole]
    file = JobLines(path)
    assert [job in file for job in JOBS] == [number < whole for number in range(len(JOBS))]
    for job in JOBS[whole:]:
        file.add(job, line_of(line(job, text="x" * 50)))
    file.close()
    assert path.stat().st_size == size
    assert read(path) == lines


def test_a_torn_line_longer_than_what_is_read_at_once_is_cut_off(path):
    written(path, line(JOBS[0]))
    kept = path.read_bytes()
    path.write_bytes(kept + b"x" * 200_000)
    JobLines(path).close()
    assert path.read_bytes() == kept


def test_sorted_lines_are_as_they_were_written(path):
    written(path, *(line(job, text="\u00e9") for job in reversed(JOBS)))
    file = JobLines(path)
    file.sort(JOBS)
    assert [file.line(job) for job in JOBS] == read(path)
    assert path.read_bytes() == b"".join(line_of(line(job, text="\u00e9")) + b"\n" for job in JOBS)
    file.add(JOBS[0], line_of(line(JOBS[0], again=True)))
    assert file.line(JOBS[0])["again"]
    file.close()
    assert len(read(path)) == 5


def test_a_sorted_file_is_not_written_again(path):
    written(path, line(JOBS[0]))
    file = JobLines(path)
    file.sort(JOBS)
    before = path.stat().st_ino
    file.sort(JOBS)
    file.close()
    assert path.stat().st_ino == before


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"world": "shop"}', b"\0\0\0", b"\xff"])
def test_a_whole_line_that_makes_no_sense_is_told_with_its_number(path, broken):
    written(path, line(JOBS[0]))
    path.write_bytes(path.read_bytes() + broken + b"\n")
    with pytest.raises(TrajectoryError, match="line 2"):
        JobLines(path)


def test_something_that_is_no_file_is_told(path):
    os.mkfifo(path)
    with pytest.raises(UsageError, match="is no file"):
        JobLines(path)


def test_links_are_not_followed(path, tmp_path):
    (tmp_path / "elsewhere").write_text("kept")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="cannot be written"):
        JobLines(path)
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_file_that_is_not_there_cannot_be_read(path):
    with pytest.raises(TrajectoryError, match="cannot be read"):
        read(path)


def test_a_line_is_read_when_it_is_asked_for(path):
    written(path, *(line(job, text="\u00e9") for job in reversed(JOBS)), line(JOBS[1], again=True))
    lines = PlacedLines(path)
    assert [lines.line(job) for job in JOBS if job != JOBS[1]] == [
        line(job, text="\u00e9") for job in JOBS if job != JOBS[1]
    ]
    assert lines.line(JOBS[1])["again"]
    assert Job("elsewhere", 0) not in lines


def test_placed_lines_stay_what_they_are_while_the_file_grows_and_is_sorted(path):
    written(path, *map(line, reversed(JOBS[1:])))
    lines = PlacedLines(path)
    file = JobLines(path)
    file.add(JOBS[0], line_of(line(JOBS[0])))
    file.sort(JOBS)
    file.close()
    assert JOBS[0] not in lines
    assert [lines.line(job) for job in JOBS[1:]] == [*map(line, JOBS[1:])]


def test_a_line_that_was_torn_has_no_place(path):
    written(path, *map(line, JOBS))
    os.truncate(path, path.stat().st_size - 1)
    lines = PlacedLines(path)
    assert [job in lines for job in JOBS] == [True] * (len(JOBS) - 1) + [False]


@pytest.mark.parametrize("name", ["a \u00e9\u4e16", 'q"\\b', "x\ny", "{}", ""])
def test_whose_a_line_is_can_be_told_however_it_is_written(path, name):
    job = Job(name, 3, 1)
    by_others = dict(reversed(line(job, more=name).items()))
    for text in (line_of(line(job)), line_of({"version": 1, **line(job)}), line_of(by_others)):
        path.write_bytes(text + b"\n")
        assert PlacedLines(path).line(job)["world"] == name


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"world": "shop"}', b"\0\0\0", b"\xff"])
def test_a_line_without_a_job_is_told_with_its_number(path, broken):
    written(path, line(JOBS[0]))
    path.write_bytes(path.read_bytes() + broken + b"\n")
    with pytest.raises(TrajectoryError, match="line 2"):
        PlacedLines(path)


@pytest.mark.parametrize("broken", [b', "x": }', b', "x": "\xff"}'])
def test_what_else_is_wrong_in_a_line_is_told_when_it_is_read(path, broken):
    path.write_bytes(line_of(line(JOBS[0]))[:-1] + broken + b"\n")
    lines = PlacedLines(path)
    with pytest.raises(TrajectoryError, match=f"the line of {JOBS[0]}"):
        lines.line(JOBS[0])


def test_what_a_sort_that_was_killed_leaves_goes_when_the_file_is_opened(path):
    written(path, line(JOBS[0]))
    killed = PendingLines(path)
    killed.append_line(b"{}")
    killed.finish()
    other = path.with_name(".other.jsonl.0.tmp")
    other.touch()
    assert len([*path.parent.iterdir()]) == 3
    JobLines(path).close()
    assert {*path.parent.iterdir()} == {path, other}
