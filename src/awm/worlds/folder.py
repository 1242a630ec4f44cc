"""Worlds by name, wherever they come from."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from awm.errors import Problem, UnknownWorldError
from awm.worlds.files import WorldFile
from awm.worlds.model import World
from awm.worlds.names import normalise

__all__ = ["WorldFolder"]


class WorldFolder(Mapping[str, World]):
    """Worlds by normalised name, in the order in which the files first mention them.

    Any spelling of a name will do as a key. A world is read from disk each time it is asked for:
    keep it while you need it. Reading is safe from any number of threads.

    Args:
        path: Where the worlds come from, for people to read.
        titles: Each world's name as it was first written, by its normalised name.
        load: Reads one world by its normalised name.
        problems: What was found wrong while looking for worlds.
        lines: Reads the lines of one world by its normalised name, or for the empty name those of
            no world; see `lines` and `stray_lines`.
    """

    def __init__(
        self,
        path: Path,
        titles: Mapping[str, str],
        load: Callable[[str], World],
        problems: tuple[Problem, ...] = (),
        lines: Callable[[str], Iterator[tuple[WorldFile, bytes]]] = lambda _name: iter(()),
    ) -> None:
        self.path = path
        self.problems = problems
        self._titles = dict(titles)
        self._load = load
        self._lines = lines

    def __getitem__(self, name: str) -> World:
        return self._load(self._known(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and normalise(name) in self._titles

    def __iter__(self) -> Iterator[str]:
        return iter(self._titles)

    def __len__(self) -> int:
        return len(self._titles)

    def __repr__(self) -> str:
        return f"<WorldFolder {str(self.path)!r}: {len(self)} worlds>"

    def title(self, name: str) -> str:
        """Return a world's name as it was first written, without reading the world.

        Raises:
            UnknownWorldError: There is no such world.
        """
        return self._titles[self._known(name)]

    def lines(self, name: str) -> Iterator[tuple[WorldFile, bytes]]:
        """Yield the lines that a world is read from as they are, each with the file that it is in.

        What cannot be read as a world can still be copied. Worlds that are not read from files of
        the layout have none.

        Raises:
            UnknownWorldError: There is no such world.
            WorldFileError: A file cannot be read, or has changed since the folder was opened.
        """
        return self._lines(self._known(name))

    def stray_lines(self) -> Iterator[tuple[WorldFile, bytes]]:
        """Yield the lines that belong to no world, as `lines` does: such as are no JSON.

        Raises:
            WorldFileError: A file cannot be read, or has changed since the folder was opened.
        """
        return self._lines("")

    def named(self, names: Iterable[str]) -> list[str]:
        """Return the normalised names of the worlds of these names, each once, in that order.

        Raises:
            UnknownWorldError: There is no world of a name.
        """
        return list(dict.fromkeys(self._known(name) for name in names))

    def _known(self, name: str) -> str:
        normal = normalise(name)
        if normal in self._titles:
            return normal
        close = difflib.get_close_matches(normal, self._titles, n=3, cutoff=0.5)
        raise UnknownWorldError(
            name,
            f"it is not among the {len(self)} worlds of {self.path}.",
            f"Did you mean {' or '.join(close)}?" if close else self._listing(),
            [problem for problem in self.problems if problem.world == normal],
        )

    def _listing(self) -> str:
        names = list(self._titles)
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        return f"There are: {shown}." if names else "There are none."
