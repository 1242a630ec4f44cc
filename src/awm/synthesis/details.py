"""What a world's files say about its tasks beyond their sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awm.synthesis.written import is_whole
from awm.worlds import World, WorldFile

__all__ = ["TaskDetail", "details_of"]


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """What is known about a task.

    Attributes:
        kind: What sort it is, such as `question` or `decline`; empty if nobody wrote it down.
        difficulty: Its level, 1 to 5; None if nobody wrote it down.
        phrasings: Other ways to say the same.
    """

    kind: str = ""
    difficulty: int | None = None
    phrasings: tuple[str, ...] = ()


def details_of(world: World) -> tuple[TaskDetail, ...]:
    """The details of a world's tasks, in order; empty ones for those that have none."""
    rows = world.records.get(WorldFile.TASKS, ())
    written = rows[-1].get("details") if rows else None
    listed = list(written) if isinstance(written, (list, tuple)) else []
    found = [_detail(each) for each in listed[: len(world.tasks)]]
    return (*found, *(TaskDetail() for _ in range(len(world.tasks) - len(found))))


def _detail(written: Any) -> TaskDetail:
    if not isinstance(written, Mapping):
        return TaskDetail()
    kind, level = written.get("kind"), written.get("difficulty")
    phrasings = written.get("phrasings")
    return TaskDetail(
        kind if isinstance(kind, str) else "",
        level if is_whole(level) else None,
        tuple(str(each) for each in phrasings) if isinstance(phrasings, (list, tuple)) else (),
    )
