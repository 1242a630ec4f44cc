"""The folder that `awm agent` leaves behind: trajectory.json, initial.db, final.db, a journal."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from awm.cli.errand import Assigned
from awm.errors import InfrastructureError, UsageError
from awm.trajectory import Trajectory, trajectory_json
from awm.whole import write_whole

__all__ = ["check_folder", "keep_databases", "keep_json", "keep_trajectory", "new_folder"]

_TRAJECTORY: Final = "trajectory.json"
_INITIAL: Final = "initial.db"
_FINAL: Final = "final.db"
_AGENTS: Final = "agents"


def check_folder(path: Path) -> None:
    """Refuse a folder that cannot be used, before anything is played.

    Raises:
        UsageError: It holds a run already, or is no folder.
    """
    try:
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is not a folder.", "Name another one with --output_dir.")
        taken = any((path / name).exists() for name in (_TRAJECTORY, _INITIAL, _FINAL))
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise _unusable(path, error) from error
    if taken:
        raise UsageError(
            f"{path} already holds a run.", "Name another folder, or remove that run first."
        )


def new_folder(given: Path | None, outputs: Path) -> Path:
    """Make the run folder.

    Args:
        given: This one; if None, `<outputs>/agents/<UTC time>`, numbered if there is one already.
        outputs: Where outputs are.

    Raises:
        UsageError: It cannot be made.
    """
    if given is not None:
        _make(given, exist_ok=True)
        return given
    stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    names = (stamp if number == 1 else f"{stamp}_{number}" for number in count(1))
    return next(path for path in (outputs / _AGENTS / name for name in names) if _made(path))


def keep_trajectory(
    folder: Path, run: Trajectory, what: Assigned, about: Mapping[str, Any]
) -> None:
    """Write what was said and done, and beside it what published runs say about themselves.

    A task that is none of a world's has no number, so that nobody grades it as another one.

    Args:
        folder: The run folder.
        run: What was said and done.
        what: What was to be done.
        about: Who did it, and how.

    Raises:
        InfrastructureError: It cannot be written.
    """
    told = {**trajectory_json(run), **about}
    told["scenario"] = None if what.world is None else run.world
    told["task_id"] = what.task_idx
    keep_json(folder / _TRAJECTORY, told)


def keep_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document to the folder.

    Raises:
        InfrastructureError: It cannot be written.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2)
    # A lone surrogate, which JSON can spell and UTF-8 cannot, comes out as its JSON escape.
    _write(path, text.encode("utf-8", "backslashreplace"))


def keep_databases(folder: Path, initial: bytes, final: bytes) -> None:
    """Write the databases from before and after, as they come and without opening them.

    Raises:
        InfrastructureError: They cannot be written.
    """
    _write(folder / _INITIAL, initial)
    _write(folder / _FINAL, final)


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise InfrastructureError(
            f"{path} cannot be written: {error.strerror or error}."
        ) from error


def _made(path: Path) -> bool:
    """Make a folder that is not there; False where it is."""
    if path.exists():
        return False
    _make(path, exist_ok=False)
    return True


def _make(path: Path, *, exist_ok: bool) -> None:
    try:
        path.mkdir(parents=True, exist_ok=exist_ok)
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> UsageError:
    why = error.strerror or str(error)
    return UsageError(f"{path} cannot be used: {why}.", "Name another folder with --output_dir.")
