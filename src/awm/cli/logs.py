"""Logging for people at a terminal: our own warnings, others' only when asked for."""

import logging
import sys
from typing import Final

from awm.errors import UsageError

__all__ = ["set_up_logging"]

_LEVELS: Final = ("debug", "info", "warning", "error")
_QUIET: Final = {
    # Reports every event stream that ends with its session as an error, with a traceback.
    "mcp.server.streamable_http": logging.CRITICAL,
    "mcp.client.streamable_http": logging.CRITICAL,
    "uvicorn.error": logging.CRITICAL,
    "httpx": logging.WARNING,
}


def set_up_logging(level: str | None) -> None:
    """Log to standard error.

    Args:
        level: From the command line; None for what the settings say.

    Raises:
        UsageError: There is no such level.
        SettingsError: See `load_settings`.
    """
    if level is not None and level.lower() not in _LEVELS:
        raise UsageError(f"--log_level is {level!r}.", f"Give one of {', '.join(_LEVELS)}.")
    if level is None:
        from awm.cli.context import settings  # noqa: PLC0415 - pydantic is slow to import

        level = settings().log_level
    chosen = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(
        stream=sys.stderr, level=chosen, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(logging.NOTSET if chosen <= logging.DEBUG else quiet)
