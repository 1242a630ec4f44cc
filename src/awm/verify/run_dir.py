"""Run folders: what an agent's run left behind, ready to be graded.

    trajectory.json   what was said and done (see `awm.trajectory`)
    initial.db        the world before
    final.db          the world after

A world's code wrote the databases, so they are hostile bytes: see `awm.worlds.image`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from awm.errors import DatabaseFileError, TrajectoryError
from awm.trajectory import Trajectory, read_trajectory
from awm.worlds.image import check_image, read_image

__all__ = ["Run", "open_run"]

_TRAJECTORY: Final = "trajectory.json"
_INITIAL: Final = "initial.db"
_FINAL: Final = "final.db"

_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an agent at a task.

    Attributes:
        path: The folder.
        trajectory: What the agent did.
        initial: The file of the database before.
        final: The file of the database after.
    """

    path: Path
    trajectory: Trajectory
    initial: Path
    final: Path

    def read_initial(self) -> bytes:
        """The database before; raises TrajectoryError where `open_run` does."""
        return _seen(read_image, self.initial)

    def read_final(self) -> bytes:
        """The database after; raises TrajectoryError where `open_run` does."""
        return _seen(read_image, self.final)


def open_run(path: Path, initial: Path | None = None, final: Path | None = None) -> Run:
    """Read a run folder.

    Args:
        path: The folder.
        initial: The database before, where it is not the folder's `initial.db`.
        final: The database after, where it is not the folder's `final.db`.

    Raises:
        TrajectoryError: The folder is not there; its trajectory cannot be read or does not say
            which task it is about; or a database is missing, too large, no SQLite database,
            truncated, or not complete.
    """
    path = Path(path)
    if not path.exists():
        raise TrajectoryError(f"{path} is not there.", "Name the folder of a run.")
    if not path.is_dir():
        raise TrajectoryError(
            f"{path} is not a folder.", f"Name the folder of a run, which holds {_TRAJECTORY}."
        )
    run = Run(
        path,
        read_trajectory(path / _TRAJECTORY),
        Path(initial) if initial is not None else path / _INITIAL,
        Path(final) if final is not None else path / _FINAL,
    )
    for database in (run.initial, run.final):
        _seen(check_image, database)
    return run


def _seen(look: Callable[[Path], _Seen], database: Path) -> _Seen:
    try:
        return look(database)
    except DatabaseFileError as error:
        expected = (
            f"A run folder has {_INITIAL} and {_FINAL}; name other files if they lie elsewhere."
        )
        raise TrajectoryError(error.message, error.hint or expected) from error
