"""A folder of worlds for frameworks that open it themselves."""

from pathlib import Path

from awm.worlds import write_worlds
from tests.rollout.diaries import SOLUTION, diary

__all__ = ["ANSWER", "FAILING", "SOLUTION", "SOLVED", "write_diaries"]

ANSWER = "It is written down."
SOLVED = {"world": "diary", "task_idx": 0}
"""A task that `SOLUTION` solves."""
FAILING = {"world": "diary", "task_idx": 1}
"""A task whose verifier fails."""


def write_diaries(folder: Path) -> Path:
    """Two diaries, of which one does not come to life. Nobody verifies their third tasks."""
    write_worlds([diary(), diary("Broken diary", code="this is no Python\n")], folder)
    return folder
