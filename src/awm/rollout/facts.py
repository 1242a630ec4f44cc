"""What is known about a task, by which results are broken down."""

from dataclasses import dataclass
from typing import Final

__all__ = ["UNKNOWN", "TaskFacts"]


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What a world's files say about a task.

    Attributes:
        difficulty: How hard it is, from 1; None where nobody said.
        kind: What sort of task it is, such as `update`; None where nobody said.
        tags: What else it is marked with, in the order of the file.
        category: What its world is about; None where nobody said.
        oracle_calls: How many tool calls its reference solution takes; None where there is none.
    """

    difficulty: int | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    category: str | None = None
    oracle_calls: int | None = None


UNKNOWN: Final = TaskFacts()
"""A task about which nothing is known."""
