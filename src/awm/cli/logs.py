"""Logging for people at a terminal: our own warnings, others' only when asked for."""

import logging
import sys
from typing import Final

from awm.cli.log_lines import JsonLines
from awm.errors import UsageError

__all__ = ["set_up_logging"]

_LEVELS: Final = ("debug", "info", "warning", "error")
_FORMS: Final = ("text", "json")
_TEXT: Final = "%(levelname)s %(name)s: %(message)s"
_QUIET: Final = {
    # Reports every event stream that ends with its session as an error, with a traceback.
    "mcp.server.streamable_http": logging.CRITICAL,
    "mcp.client.streamable_http": logging.CRITICAL,
    "uvicorn.error": logging.CRITICAL,
    "httpx": logging.WARNING,
}


def set_up_logging(level: str | None, form: str | None = None) -> None:
    """Log to standard error.

    Args:
        level: From the command line; None for what the settings say.
        form: `text` or `json`, likewise.

    Raises:
        UsageError: There is no such level or form.
        SettingsError: See `load_settings`.
    """
    if form is not None and form.lower() not in _FORMS:
        raise UsageError(f"--log_format is {form!r}.", f"Give one of {', '.join(_FORMS)}.")
    if level is not None and level.lower() not in _LEVELS:
        raise UsageError(f"--log_level is {level!r}.", f"Give one of {', '.join(_LEVELS)}.")
    if level is None or form is None:
        from awm.settings import load_settings  # noqa: PLC0415 - pydantic is slow to import

        chosen_settings = load_settings()
        level = level or chosen_settings.log_level
        form = form or chosen_settings.log_format
    chosen = logging.getLevelNamesMapping()[level.upper()]
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines() if form.lower() == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[lines], level=chosen, force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(logging.NOTSET if chosen <= logging.DEBUG else quiet)
