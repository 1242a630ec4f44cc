"""Where finished worlds wait until all that were ordered are there.

Each appears whole or not at all, so that a run that was killed goes on where it was.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from awm.errors import UsageError, WorldFileError
from awm.synthesis.order import Order
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds import WorldFile

__all__ = ["Shelf", "writing_to"]

_FOLDER: Final = ".generating"
_ORDER: Final = "order.json"

Records = Mapping[WorldFile, Sequence[JsonObject]]


class Shelf:
    """The finished worlds of an order that is being carried out.

    Args:
        folder: Where the worlds go in the end.
        order: What was ordered.
    """

    def __init__(self, folder: Path, order: Order) -> None:
        self.path = folder / _FOLDER
        self._order = order

    def check(self) -> None:
        """See that nothing of another order is there.

        Raises:
            UsageError: It is.
        """
        written = self._written_order()
        wanted = self._order.as_json()
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
        """
        if not overwrite:
            self.check()
        wanted = self._order.as_json()
        if self._written_order() == wanted:
            return
        with writing_to(self.path.parent):
            # Worlds without an order are left when a run was killed while it threw them away.
            if self.path.exists():
                shutil.rmtree(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(self.path / _ORDER, json.dumps(wanted, indent=2).encode())

    def _written_order(self) -> dict[str, Any] | None:
        """The order that is there; empty if it cannot be read."""
        try:
            written = json.loads((self.path / _ORDER).read_text(encoding="utf-8"))
        except OSError:  # where it is there and cannot be read, making the shelf will tell why
            return None
        except ValueError:  # no JSON, or no text at all
            return {}
        return written if isinstance(written, dict) else {}

    def done(self) -> frozenset[int]:
        """The numbers of the worlds that are there, with their databases."""
        return frozenset(
            int(path.stem)
            for path in self.path.glob("[0-9]*.json")
            if path.with_suffix(".db").exists()
        )

    def put(self, index: int, records: Records, database: bytes, report: JsonObject) -> None:
        """Put a world there, its database first."""
        write_whole(self.database(index), database)
        lines = {
            part.value: [json.dumps(row, ensure_ascii=False) for row in rows]
            for part, rows in records.items()
        }
        content = {"report": report, "lines": lines}
        write_whole(self._file(index), json.dumps(content, ensure_ascii=False).encode())

    def lines(self, index: int) -> tuple[dict[WorldFile, list[bytes]], JsonObject]:
        """The lines of a world that is there, by file, and what was reported of it."""
        content = json.loads(self._file(index).read_text(encoding="utf-8"))
        lines = {
            WorldFile(part): [line.encode() for line in rows]
            for part, rows in content["lines"].items()
        }
        return lines, content["report"]

    def database(self, index: int) -> Path:
        """Where the database of a world is."""
        return self.path / f"{index:06}.db"

    def clear(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.path)

    def _file(self, index: int) -> Path:
        return self.path / f"{index:06}.json"


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Say in one line why something cannot be written.

    Raises:
        WorldFileError: It cannot.
    """
    try:
        yield
    except OSError as error:
        raise WorldFileError(
            "",
            f"{path} cannot be written: {error.strerror}.",
            "Choose another place, or make room.",
        ) from error


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    if not one:
        return "it cannot be read"
    told = [
        f"{key} {one.get(key)!r}, not {value!r}"
        for key, value in other.items()
        if one.get(key) != value
    ]
    return "; ".join(told) or "it says more"
