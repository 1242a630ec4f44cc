"""What a rollout is of: a task, which time it is tried, and with which seed."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from awm.types import JsonObject

__all__ = ["Job", "seed_of"]

_SEED_BITS: Final = 31  # what every model's server takes


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One attempt at one task.

    Attributes:
        world: The world's normalised name.
        task_idx: The task's number, from 0.
        rollout: Which of the attempts at it this is, from 0.
    """

    world: str
    task_idx: int
    rollout: int = 0

    def __str__(self) -> str:
        return f"{self.world} task {self.task_idx} rollout {self.rollout}"

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return {"world": self.world, "task_idx": self.task_idx, "rollout": self.rollout}

    @classmethod
    def from_json(cls, written: JsonObject) -> "Job":
        """Read what `to_json` wrote.

        Raises:
            KeyError: It is something else.
        """
        return cls(written["world"], written["task_idx"], written["rollout"])


def seed_of(job: Job, seed: int) -> int:
    """The seed of an attempt: of whatever is drawn in it, and in no other.

    Args:
        job: The attempt.
        seed: That of the whole run.
    """
    digest = hashlib.sha256(f"{seed} {job}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)
