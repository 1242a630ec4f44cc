"""A log of a run for machines: each event as a line of JSON, with its time, as it happens.

    {"at": "2026-02-02T09:00:00.000000+00:00", "event": "stage_done", "world": "...", ...}

The other fields are those of the event (`awm.synthesis.llm_author.events`).
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from awm.errors import Problem
from awm.synthesis.llm_author.events import (
    Event,
    RunBegun,
    RunEnded,
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from awm.worlds.appended import append, open_to_append
from awm.worlds.holding import writing_to

__all__ = ["LOG", "Logbook"]

LOG: Final = "llm_log.jsonl"
"""What happened when, in the folder of the worlds; of all runs that wrote to it."""

_NAMES: Final[dict[type[Event], str]] = {
    RunBegun: "run_begun",
    StageStarted: "stage_started",
    StageDone: "stage_done",
    Waiting: "waiting",
    WorldDone: "world_done",
    WorldFailed: "world_failed",
    RunEnded: "run_ended",
}


def _now() -> datetime:
    return datetime.now(UTC)


class Logbook:
    """Appends events to a file; a listener, and a context manager.

    What is logged costs money, and is worth more than the log: where a line cannot be written, the
    run goes on, nothing more is logged, and `problem` says why.

    Args:
        path: The file; made where nothing is there. Lines of earlier runs stay. What one that was
            killed left of a line goes.
        now: Says what time it is, with its zone.

    Attributes:
        problem: Why it is not whole; None as long as it is.

    Raises:
        UsageError: It is something else than a file.
        WorldFileError: It cannot be opened.
        InfrastructureError: There is no room.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = _now) -> None:
        self._path = path
        self._now = now
        self.problem: Problem | None = None
        with writing_to(path):
            self._file: int | None = open_to_append(path, "A log is")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what happens after that is not logged. Closing twice is all right."""
        if self._file is not None:
            file, self._file = self._file, None
            with suppress(OSError):  # some systems say only now that there was no room
                os.close(file)

    def __call__(self, event: Event) -> None:
        """Log an event."""
        if self._file is None:
            return
        try:
            append(self._file, _line(event, self._now()))
        except OSError as error:
            why = f"the log ends here: {error.strerror or error}."
            self.problem = Problem("", str(self._path), why, severity="warning")
            self.close()


def _line(event: Event, at: datetime) -> bytes:
    content = {
        "at": at.isoformat(timespec="microseconds"),
        "event": _NAMES[type(event)],
        **asdict(event),
    }
    text = json.dumps(content, ensure_ascii=False) + "\n"
    # What a model wrote may hold half of a pair of surrogates: \udc00 is JSON for it, too.
    return text.encode(errors="backslashreplace")
