"""How long to wait for a server, how often to ask again, and when to give up.

Waits grow exponentially and are spread by chance, so that many clients that failed together do
not come back together. A server that says when to come back (`Retry-After`, RFC 9110 section
10.2.3: seconds or a date) is taken at its word, up to a limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

__all__ = ["DEFAULT_PATIENCE", "Patience", "told_wait"]

_BELIEVED: Final = 2
"""How often a server that asks for a short wait is taken at its word."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a question may take. All times are in seconds.

    Attributes:
        attempts: How often it is sent at most, counting from 1. A server that says that it was
            asked too often (429) is asked on until the deadline.
        timeout_seconds: How long each attempt may take.
        deadline_seconds: How long all of it may take, waits included; not how long it queues.
        first_wait_seconds: How long to wait after the first failure; twice as long after the next.
        longest_wait_seconds: The longest wait, whatever the server asks for.
    """

    attempts: int = 5
    timeout_seconds: float = 120.0
    deadline_seconds: float = 600.0
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0

    def wait_seconds(self, failures: int, told: float | None, chance: float) -> float:
        """How long to wait before the next attempt.

        Args:
            failures: How many attempts have failed, from 1.
            told: What the server asked for, if it did.
            chance: Where in the spread of waits this one lies, from 0 to 1.
        """
        doublings = min(failures - 1, 64)  # a float holds no more than 2**1023
        longest = min(self.first_wait_seconds * 2.0**doublings, self.longest_wait_seconds)
        own = longest * (0.5 + 0.5 * chance)
        if told is None:
            return own
        # Never sooner than told: a tenth is spread after it.
        wait = min(told, self.longest_wait_seconds) * (1 + 0.1 * chance)
        # Who has said "at once" in vain before is not asked without a pause.
        return wait if failures <= _BELIEVED else max(wait, own)


DEFAULT_PATIENCE: Final = Patience()
"""For whoever does not choose."""


def told_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds to wait by a response's headers; None where they do not say.

    Args:
        headers: By name in lower case, or in a mapping that does not mind the case.
        now: The present, with its time zone; dates in the headers are compared with it.
    """
    milliseconds = _number(headers.get("retry-after-ms"))  # what OpenAI and Azure say besides
    if milliseconds is not None:
        return milliseconds / 1000
    written = headers.get("retry-after")
    seconds = _number(written)
    if seconds is not None or written is None:
        return seconds
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, OverflowError):  # the latter of a year that no machine can count
        return None
    if date.tzinfo is None:  # "-0000" says that the zone is unknown; HTTP dates are in UTC
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _number(written: str | None) -> float | None:
    try:
        number = float(written or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None
