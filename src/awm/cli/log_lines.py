"""Log records as lines of JSON, for programs that collect them."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["JsonLines"]

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; all else was given as `extra`."""


class JsonLines(logging.Formatter):
    """One object a line.

    It has `time`, `level`, `logger`, `message`, `exception` where there was one, and whatever was
    given as `extra`, such as `session`, `world` and `task`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)
