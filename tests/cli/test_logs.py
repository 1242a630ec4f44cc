"""Logging: our warnings, others' only when asked for."""

import json
import logging

import pytest

from awm.cli.logs import set_up_logging
from awm.errors import UsageError

QUIET = logging.getLogger("mcp.server.streamable_http")


@pytest.fixture(autouse=True)
def _levels_back():
    level = QUIET.level
    yield
    QUIET.setLevel(level)


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", "diwe"), ("info", "iwe"), ("WARNING", "we"), ("error", "e"), (None, "we")],
)
def test_what_is_below_the_level_is_not_logged(capsys, level, shown):
    set_up_logging(level)
    log = logging.getLogger("awm.test")
    for write, text in ((log.debug, "d"), (log.info, "i"), (log.warning, "w"), (log.error, "e")):
        write(text)
    out, err = capsys.readouterr()
    assert out == ""
    assert "".join(line[-1] for line in err.splitlines()) == shown


def test_the_setting_counts_where_the_command_line_is_silent(capsys, monkeypatch):
    monkeypatch.setenv("AWM_LOG_LEVEL", "error")
    set_up_logging(None)
    logging.getLogger("awm.test").warning("not shown")
    set_up_logging("warning")
    logging.getLogger("awm.test").warning("shown")
    assert capsys.readouterr().err == "WARNING awm.test: shown\n"


def test_errors_of_others_that_are_none_are_shown_only_to_debug(capsys):
    set_up_logging("warning")
    QUIET.error("a stream has ended")
    assert capsys.readouterr().err == ""
    set_up_logging("debug")
    QUIET.error("a stream has ended")
    assert "a stream has ended" in capsys.readouterr().err


def test_an_unknown_level_is_told():
    with pytest.raises(UsageError, match="loud"):
        set_up_logging("loud")


def test_an_unknown_form_is_told():
    with pytest.raises(UsageError, match="xml"):
        set_up_logging("warning", "xml")


def _lines(err: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in err.splitlines()]


def test_programs_read_an_object_a_line_with_all_that_was_said(capsys):
    set_up_logging("warning", "json")
    log = logging.getLogger("awm.test")
    log.warning("called %s", "add_note", extra={"session": "s1", "task": 3, "odd": {1}})
    try:
        int("two\nlines")
    except ValueError:
        log.exception("failed")
    first, second = _lines(capsys.readouterr().err)
    assert first.pop("time")
    first.pop("_ray_timestamp_ns", None)  # which Ray adds in a process that it was imported into
    assert first == {
        "level": "warning",
        "logger": "awm.test",
        "message": "called add_note",
        "session": "s1",
        "task": 3,
        "odd": "{1}",
    }
    assert "ValueError: invalid literal" in str(second["exception"])


def test_the_form_is_a_setting_too(capsys, monkeypatch):
    monkeypatch.setenv("AWM_LOG_FORMAT", "JSON")
    set_up_logging(None)
    logging.getLogger("awm.test").warning("said")
    assert [line["message"] for line in _lines(capsys.readouterr().err)] == ["said"]
