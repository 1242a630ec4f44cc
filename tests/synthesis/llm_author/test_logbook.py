"""A log of a run for machines, a line of JSON for each event."""

import json
import os
import resource
import signal
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError, WorldFileError
from awm.synthesis.llm_author.events import (
    RunBegun,
    RunEnded,
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.logbook import Logbook

AT = datetime(2026, 2, 2, 9, tzinfo=UTC)
DONE = StageDone("A", "db", 2, ("odd",), ("left",), broken=True)
EVENTS = [
    RunBegun("1.0", 3, {"models": {"task": "m"}}),
    StageStarted("A", "db"),
    Waiting("A", "db", "busy"),
    DONE,
    WorldDone("A", 10, 9),
    WorldFailed("B", "env", "it does not start"),
    RunEnded(1, 1, 2.5, None, "stopped"),
]


def clock():
    moments = iter(AT + timedelta(seconds=number) for number in range(1000))
    return lambda: next(moments)


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.jsonl"


def logged(path, events):
    with Logbook(path, clock()) as book:
        for event in events:
            book(event)
    return book


def test_each_event_is_a_line_with_its_time_and_its_fields(path):
    assert logged(path, EVENTS).problem is None
    found = lines(path)
    assert [each["event"] for each in found] == [
        "run_begun", "stage_started", "waiting", "stage_done", "world_done", "world_failed",
        "run_ended",
    ]  # fmt: skip
    assert found[3] == {
        "at": "2026-02-02T09:00:03.000000+00:00", "event": "stage_done", "world": "A",
        "stage": "db", "attempts": 2, "mended": ["odd"], "left": ["left"], "broken": True,
        "kept": False,
    }  # fmt: skip
    assert found[0]["order"] == {"models": {"task": "m"}}


def test_a_line_is_there_as_soon_as_the_event_is_told(path):
    with Logbook(path) as book:
        book(DONE)
        assert len(lines(path)) == 1
        at = datetime.fromisoformat(lines(path)[0]["at"])
    assert at.utcoffset() == timedelta(0)


def test_a_run_that_goes_on_appends(path):
    logged(path, EVENTS[:2])
    logged(path, EVENTS[2:])
    assert len(lines(path)) == len(EVENTS)


@given(st.integers(0, 400))
def test_what_a_killed_run_left_of_a_line_spoils_no_other(tmp_path_factory, size):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    logged(path, EVENTS[:3])
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    logged(path, [DONE])
    kept = whole[:size].count(b"\n")
    assert [each["event"] for each in lines(path)] == [
        *["run_begun", "stage_started", "waiting"][:kept],
        "stage_done",
    ]


def test_what_a_model_said_stays_in_its_line(path):
    said = 'a\nb\u2028c\x00\x1b[31m \ud800 \N{SNOWMAN} "}'
    logged(path, [WorldFailed(said, "env", said)])
    (line,) = path.read_bytes().decode("utf-8").rstrip("\n").split("\n")
    assert json.loads(line)["why"] == said


def test_where_there_is_no_room_the_run_goes_on_and_it_is_told_why(path):
    book = Logbook(path, clock())
    book(DONE)
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        book(DONE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    book(DONE)
    assert book.problem is not None
    assert "the log ends here: File too large." in str(book.problem)
    assert path.stat().st_size == size + 10
    logged(path, [DONE])
    assert [each["event"] for each in lines(path)] == ["stage_done", "stage_done"]


def test_after_its_end_nothing_is_logged_and_nothing_raised(path):
    book = logged(path, [DONE])
    book.close()
    book(DONE)
    assert len(lines(path)) == 1


def test_what_cannot_be_a_log_is_refused_at_once(tmp_path, path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "other").touch()
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name in ("folder", "link", "gone/log"):
        with pytest.raises(WorldFileError, match="cannot be written"):
            Logbook(tmp_path / name)
    with pytest.raises(UsageError, match="is no file"):
        Logbook(tmp_path / "pipe")
