"""Where finished worlds wait until all that were ordered are there.

Each appears whole or not at all, so that a run that was killed goes on where it was.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from awm.errors import UsageError
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds import WorldFile
from awm.worlds.holding import writing_to

__all__ = ["Ordered", "Packed", "Shelf"]

_FOLDER: Final = ".generating"
_GONE: Final = ".generating.old"
_ORDER: Final = "order.json"
_PLACING: Final = "placing.json"

Records = Mapping[WorldFile, Sequence[JsonObject]]


class Ordered(Protocol):
    """An order, as far as a shelf cares."""

    def as_json(self) -> dict[str, Any]:
        """All that its worlds depend on: worlds of two orders never stand on one shelf."""
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    """A world between two shelves.

    Attributes:
        index: Its number.
        database: An SQLite database file.
        content: Its rows and what was reported of it, as a shelf keeps them.
    """

    index: int
    database: bytes
    content: bytes


class Shelf:
    """The finished worlds of an order that is being carried out.

    Args:
        folder: Where the worlds go in the end.
        order: What was ordered.

    Attributes:
        path: Where they wait.
        draft: Where what is made of them is written before it is put in place.
    """

    def __init__(self, folder: Path, order: Ordered) -> None:
        self.path = folder / _FOLDER
        self.draft = self.path / "draft"
        self._order = order

    def check(self) -> None:
        """See that nothing of another order is there.

        Raises:
            UsageError: It is, or nobody knows what is there.
        """
        written = self._written_order()
        wanted = self._order.as_json()
        if written == {}:
            raise UsageError(
                f"{self.path / _ORDER} cannot be read, so nobody knows of which order the finished"
                f" worlds beside it are.",
                f"Delete {self.path}, or give --overwrite: they have to be made again.",
            )
        if written is not None and written != wanted:
            raise UsageError(
                f"{self.path.parent} holds the unfinished worlds of another order: "
                f"{_difference(written, wanted)}.",
                "Give the same options to finish it, another --output_dir to begin elsewhere,"
                " or --overwrite to throw it away.",
            )

    def open(self, *, overwrite: bool = False) -> None:
        """Make the shelf, or find it as it was left.

        Args:
            overwrite: Whether what is left there of another order may be thrown away.

        Raises:
            UsageError: Something of another order is there.
            WorldFileError: The folder cannot be written to.
            InfrastructureError: There is no room in it.
        """
        if not overwrite:
            self.check()
        with writing_to(self.path):
            if self._written_order() == self._order.as_json():
                return
            self.clear()
            self.path.mkdir(parents=True)
            write_whole(self.path / _ORDER, json.dumps(self._order.as_json(), indent=2).encode())

    def sweep(self) -> None:
        """Take away what is left of a shelf that a run was clearing when it was killed.

        Raises:
            WorldFileError: It cannot be taken away.
        """
        with writing_to(self.path):
            _remove(self.path.with_name(_GONE))

    def _written_order(self) -> dict[str, Any] | None:
        """The order that is there; empty if it cannot be read."""
        try:
            written = _read(self.path / _ORDER)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError):  # not ours, no text, no JSON
            return {}
        return written if isinstance(written, dict) else {}

    def placing(self) -> JsonObject | None:
        """What was being put in place when a run was stopped; see `place`."""
        try:
            written = _read(self.path / _PLACING)
        except (OSError, ValueError, RecursionError):
            return None
        return written if isinstance(written, dict) else None

    def place(self, what: JsonObject) -> None:
        """Note that files are being put in place now.

        What is half in place is known by it for what the same command may replace, and finishes.
        """
        if self.placing() != what:
            write_whole(self.path / _PLACING, json.dumps(what).encode())

    def done(self) -> frozenset[int]:
        """The numbers of the worlds that are there, with their databases."""
        return frozenset(
            int(path.stem)
            for path in self.path.glob("[0-9]*.json")
            if path.with_suffix(".db").exists()
        )

    def put(self, index: int, records: Records, database: bytes, report: JsonObject) -> None:
        """Put a world there, its database first.

        Raises:
            UsageError: Another run has thrown the shelf away, and made one for another order.
            OSError: It cannot be written.
        """
        lines = {
            part.value: [json.dumps(row, ensure_ascii=False) for row in rows]
            for part, rows in records.items()
        }
        content = {"report": report, "lines": lines}
        self.unpack(Packed(index, database, json.dumps(content, ensure_ascii=False).encode()))

    def pack(self, index: int) -> "Packed":
        """Take a world that is there away, to another shelf of the same order.

        Raises:
            OSError: It cannot be read.
        """
        packed = Packed(index, self.database(index).read_bytes(), self._file(index).read_bytes())
        self._file(index).unlink()
        self.database(index).unlink()
        return packed

    def unpack(self, packed: "Packed") -> None:
        """Put a world there that was packed elsewhere; see `put`."""
        if self._written_order() not in (None, self._order.as_json()):
            raise UsageError(f"{self.path} is of another order now.", "The world is not needed.")
        write_whole(self.database(packed.index), packed.database)
        write_whole(self._file(packed.index), packed.content)

    def lines(self, index: int) -> tuple[dict[WorldFile, list[bytes]], JsonObject]:
        """The lines of a world that is there, by file, and what was reported of it.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not what was put there.
        """
        content = _read(self._file(index))
        if not isinstance(content, dict) or content.keys() != {"report", "lines"}:
            raise ValueError("it is no world of ours")
        lines = {
            WorldFile(part): [line.encode() for line in rows]
            for part, rows in content["lines"].items()
        }
        return lines, content["report"]

    def database(self, index: int) -> Path:
        """Where the database of a world is."""
        return self.path / f"{index:06}.db"

    def clear(self) -> None:
        """Take everything away, in one step for whoever looks at it.

        Raises:
            WorldFileError: It cannot be taken away.
        """
        gone = self.path.with_name(_GONE)
        with writing_to(self.path):
            _remove(gone)
            if self.path.is_dir():
                self.path.rename(gone)
                _remove(gone)

    def _file(self, index: int) -> Path:
        return self.path / f"{index:06}.json"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _remove(path: Path) -> None:
    """Take a folder away, or whatever has its name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    told = [
        f"{key} {one.get(key)!r}, not {value!r}"
        for key, value in other.items()
        if one.get(key) != value
    ]
    return "; ".join(told) or "it says more"
