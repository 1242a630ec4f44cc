"""The folder that a run of the server leaves behind.

    initial.db               the state that every session starts from
    final.db                 the state that the session ended in that ended last
    sessions/001/initial.db  where the first session started
    sessions/001/final.db    where it ended

Databases are written as they come from a worker and never opened here: a world's code can put
anything into them.
"""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

from awm.errors import UsageError
from awm.whole import write_whole

__all__ = ["RunFolder", "SessionFolder"]

INITIAL: Final = "initial.db"
FINAL: Final = "final.db"
_SESSIONS: Final = "sessions"


class SessionFolder:
    """Where one session's databases are kept. It appears with its first file.

    Args:
        path: The folder.
        run: The run that the session belongs to.
    """

    def __init__(self, path: Path, run: "RunFolder") -> None:
        self.path = path
        self._run = run

    def write_initial(self, image: bytes) -> None:
        """Write the state that the session starts from; raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / INITIAL, image)

    def write_final(self, image: bytes) -> None:
        """Write the state that the session ended in, here and for the run; raises OSError."""
        write_whole(self.path / FINAL, image)
        self._run.write_final(image)


class RunFolder:
    """A run's folder, which no other run writes to.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._numbers = count(1)
        self._final_lock = Lock()

    @classmethod
    def under(cls, output_dir: Path, world: str, now: datetime | None = None) -> "RunFolder":
        """Make `<output_dir>/servers/<UTC time>_<world>`, numbered if there is one already.

        Raises:
            UsageError: It cannot be made.
        """
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%d_%H%M%S")
        servers = output_dir / "servers"
        for number in count(1):
            name = f"{stamp}_{world}" if number == 1 else f"{stamp}_{world}_{number}"
            try:
                servers.mkdir(parents=True, exist_ok=True)
                (servers / name).mkdir()
            except FileExistsError:
                if not servers.is_dir():
                    raise _unusable(servers, "a file is in its place") from None
            except OSError as error:
                raise _unusable(servers / name, error.strerror or str(error)) from error
            else:
                return cls(servers / name)
        raise AssertionError("unreachable")

    @classmethod
    def at(cls, path: Path) -> "RunFolder":
        """Use this very folder, made if it is not there.

        Raises:
            UsageError: It holds a run already, or cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from error
        if any((path / name).exists() for name in (INITIAL, FINAL, _SESSIONS)):
            raise UsageError(
                f"{path} already holds a run.", "Name another folder, or remove that run first."
            )
        return cls(path)

    def new_session(self) -> SessionFolder:
        """The next session's folder, numbered from 001."""
        return SessionFolder(self.path / _SESSIONS / f"{next(self._numbers):03}", self)

    def write_initial(self, image: bytes) -> None:
        """Write the state that every session starts from; raises OSError."""
        write_whole(self.path / INITIAL, image)

    def write_final(self, image: bytes) -> None:
        """Write the state that the run ended in, as far as is known; raises OSError."""
        with self._final_lock:
            write_whole(self.path / FINAL, image)

    @property
    def has_final(self) -> bool:
        """Whether any session has ended."""
        return (self.path / FINAL).exists()


def _unusable(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be made: {why}.", "Name another folder with --output_dir.")
