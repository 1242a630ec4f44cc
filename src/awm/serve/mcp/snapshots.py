"""The snapshots that a session's owner had taken, as many as a server can hold for one."""

from collections.abc import Iterator
from typing import Final

from awm.runtime import Snapshot

__all__ = ["MOST_BYTES", "MOST_SNAPSHOTS", "KeptSnapshots"]

MOST_SNAPSHOTS: Final = 32
MOST_BYTES: Final = 64 << 20


class KeptSnapshots:
    """Snapshots by name. Where there are too many the oldest ones are let go, never the newest."""

    __slots__ = ("_count", "_kept")

    def __init__(self) -> None:
        self._count = 0
        self._kept: dict[str, Snapshot] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def add(self, snapshot: Snapshot) -> str:
        """Keep a snapshot.

        Returns:
            Its name.
        """
        self._count += 1
        name = str(self._count)
        self._kept[name] = snapshot
        while len(self._kept) > 1 and self._is_too_much:
            del self._kept[next(iter(self._kept))]
        return name

    def get(self, name: str) -> Snapshot | None:
        """The snapshot of a name; None where there is none, or none any more."""
        return self._kept.get(name)

    def clear(self) -> None:
        """Let all of them go."""
        self._kept.clear()

    @property
    def _is_too_much(self) -> bool:
        size = sum(len(each.delta) + len(each.memory) for each in self._kept.values())
        return len(self._kept) > MOST_SNAPSHOTS or size > MOST_BYTES
