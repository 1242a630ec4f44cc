"""Logging: our warnings, others' only when asked for."""

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
