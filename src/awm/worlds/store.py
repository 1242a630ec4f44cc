"""A folder of worlds, opened without reading it: only where each row lies is held."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from awm.errors import Problem, WorldFileError
from awm.types import JsonObject
from awm.worlds.bundled import bundled_worlds
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.folder import WorldFolder
from awm.worlds.jsonl import LineEntry, LineIndex, index_lines, other_lines, raw_lines, read_lines
from awm.worlds.model import World
from awm.worlds.names import database_name, normalise

__all__ = ["BUNDLED", "open_files", "open_worlds"]

BUNDLED = "bundled"
"""What to open for the worlds that come with the package; `./bundled` is a folder of that name."""


@dataclass(frozen=True, slots=True)
class _Files:
    """The indexed files of some worlds, and how one world is read from them."""

    indexes: Mapping[WorldFile, LineIndex]
    rows: Mapping[str, Mapping[WorldFile, tuple[LineEntry, ...]]]
    databases: Path | None

    def load(self, name: str) -> World:
        rows = self.rows[name]
        return World.from_records(
            {part: self._read(name, part, entries) for part, entries in rows.items()},
            database_file=self._database(name),
            lines={part: [entry.line_number for entry in rows[part]] for part in rows},
        )

    def lines(self, name: str) -> Iterator[tuple[WorldFile, bytes]]:
        """The lines of one world; for the empty name, those that no world is read from."""
        if name:
            for part, entries in self.rows[name].items():
                yield from ((part, line) for line in raw_lines(self.indexes[part], entries))
            return
        for part, index in self.indexes.items():
            known = {entry.offset for rows in self.rows.values() for entry in rows.get(part, ())}
            yield from ((part, line) for line in other_lines(index, known))

    def _read(self, name: str, part: WorldFile, entries: tuple[LineEntry, ...]) -> list[JsonObject]:
        index = self.indexes[part]
        try:
            return list(read_lines(index.path, entries, index.stamp))
        except WorldFileError as error:
            raise WorldFileError(name, error.message, error.hint, error.problems) from error

    def _database(self, name: str) -> Path | None:
        path = self.databases / database_name(name) if self.databases else None
        return path if path and path.is_file() else None


def open_worlds(path: str | Path, *, database_dir: str | Path | None = None) -> WorldFolder:
    """Open the worlds of a folder in the AWM layout.

    Args:
        path: The folder; or a file that takes the place of `gen_envs.jsonl`, whatever it is called,
            with the other files beside it; or the string `bundled` for the package's own worlds.
        database_dir: Where prebuilt databases lie, instead of the folder's `databases`.

    Raises:
        WorldFileError: The path is not there, or holds no file of the layout.
    """
    if path == BUNDLED:
        return bundled_worlds()
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    files = {part: folder / part for part in WorldFile if (folder / part).is_file()}
    if path.is_file() and path.name not in set(WorldFile):
        files[WorldFile.ENVIRONMENT] = path
    elif not path.exists():
        raise WorldFileError(
            "", f"{path} is not there.", "Give a folder with files such as gen_envs.jsonl."
        )
    if not files:
        raise WorldFileError(
            "", f"{path} holds no worlds.", f"Looked for {', '.join(WorldFile)}; none is there."
        )
    return _open(path, files, Path(database_dir or folder / DATABASE_FOLDER))


def open_files(
    files: Mapping[WorldFile, str | Path], *, database_dir: str | Path | None = None
) -> WorldFolder:
    """Open worlds whose parts lie in files of any name and place.

    Args:
        files: The file of each part that there is.
        database_dir: Where prebuilt databases lie, if there are any.

    Raises:
        WorldFileError: No file is given, or one is not there.
    """
    paths = {part: Path(files[part]) for part in WorldFile if part in files}
    if not paths:
        raise WorldFileError("", "no file to read worlds from.", "Give at least one.")
    for part, path in paths.items():
        if not path.is_file():
            raise WorldFileError("", f"{path} is not there or no file.", f"It is to be the {part}.")
    first = next(iter(paths.values()))
    return _open(first.parent, paths, Path(database_dir) if database_dir else None)


def _open(path: Path, files: Mapping[WorldFile, Path], databases: Path | None) -> WorldFolder:
    indexes = {part: index_lines(files[part], part.name_key) for part in WorldFile if part in files}
    problems = [problem for index in indexes.values() for problem in index.problems]
    titles: dict[str, str] = {}
    rows: dict[str, dict[WorldFile, tuple[LineEntry, ...]]] = {}
    for part, index in indexes.items():
        for name, found in _by_name(index, problems).items():
            entries = found if part.per_task else _settle(name, index, found, problems)
            titles.setdefault(name, entries[0].name)
            rows.setdefault(name, {})[part] = entries
    files_of = _Files(indexes, rows, databases)
    return WorldFolder(path, titles, files_of.load, tuple(problems), files_of.lines)


def _by_name(index: LineIndex, problems: list[Problem]) -> dict[str, tuple[LineEntry, ...]]:
    named: dict[str, list[LineEntry]] = {}
    for entry in index.entries:
        if name := normalise(entry.name):
            named.setdefault(name, []).append(entry)
        else:
            problems.append(
                Problem(
                    world="",
                    where=f"{index.path.name}: line {entry.line_number}",
                    what=f"the name {entry.name!r} has no letter a-z and no digit",
                    hint="give the world a name in Latin letters",
                )
            )
    return {name: tuple(entries) for name, entries in named.items()}


def _settle(
    name: str, index: LineIndex, entries: tuple[LineEntry, ...], problems: list[Problem]
) -> tuple[LineEntry, ...]:
    """Return those of a world's rows in one file that are JSON; note the others and the clash.

    A single row is read when its world is. Of several, a broken one must not hide the others.
    """
    if len(entries) == 1:
        return entries
    problems += _clashes(name, index, entries)
    readable = []
    for entry in entries:
        try:
            read_lines(index.path, [entry], index.stamp)
        except WorldFileError as error:
            problems += error.problems
        else:
            readable.append(entry)
    return tuple(readable) or entries


def _clashes(name: str, index: LineIndex, entries: tuple[LineEntry, ...]) -> Iterator[Problem]:
    where = f"{index.path.name}: line {entries[-1].line_number}"
    others = ", ".join(str(entry.line_number) for entry in entries[:-1])
    spellings = dict.fromkeys(entry.name for entry in entries)
    if len(spellings) > 1:
        written = " and ".join(repr(spelling) for spelling in spellings)
        what = f"{written} are one name, {name}; it is also on line {others}"
        yield Problem(name, where, what, "rename one of them; the last sound row counts", "warning")
    else:
        what = f"a further row of this world, after line {others}"
        yield Problem(name, where, what, "the last sound row counts; remove the others", "warning")
