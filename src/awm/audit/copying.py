"""Writes a mended copy of a folder of worlds. The folder itself is only read."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from awm.audit.fixes import FixReport, WorldFixes
from awm.audit.fixing import fix_world
from awm.audit.model import Audit, WorldAudit
from awm.audit.running import Effort, audit_world
from awm.errors import Problem, UsageError, WorldError
from awm.runtime import Runtime, VerifierPool
from awm.worlds import WorldFolder, WorldWriter, normalise, open_worlds, writing_worlds
from awm.worlds.files import DATABASE_FOLDER
from awm.worlds.names import database_name
from awm.worlds.place import draft_of
from awm.worlds.store import BUNDLED

__all__ = ["REPORT", "check_target", "fix_folder", "fix_worlds", "target_for"]

REPORT: Final = "fixes.json"
"""The file beside the worlds of a copy that says what was changed in it."""

_NORMAL: Final = Effort()


def target_for(source: str | Path) -> Path:
    """Where the mended copy of a folder goes by itself: beside it, or here for `bundled`."""
    if source == BUNDLED:
        return Path(f"{BUNDLED}_fixed").resolve()
    folder = _folder_of(Path(source))
    return folder.parent / f"{folder.name or 'worlds'}_fixed"


def check_target(folder: WorldFolder, target: Path, *, overwrite: bool = False) -> None:
    """Refuse a place for a copy before the work instead of after it.

    Raises:
        UsageError: It is the folder itself, or holds worlds already and `overwrite` is not set.
        WorldFileError: It cannot be written to.
    """
    source, place = _folder_of(folder.path), Path(target).resolve()
    if place in {source, source / DATABASE_FOLDER}:
        raise UsageError(
            f"{target} is where the worlds come from, and those are never changed.",
            "Name another folder for the corrected copy with --output_dir.",
        )
    with draft_of(place, overwrite=overwrite):
        pass  # a folder can be made there


async def fix_worlds(  # noqa: PLR0913 - what is said by name is optional
    folder: WorldFolder,
    target: Path,
    runtime: Runtime,
    pool: VerifierPool,
    *,
    names: Iterable[str] | None = None,
    audit: Audit | None = None,
    effort: Effort = _NORMAL,
    overwrite: bool = False,
    done: Callable[[WorldFixes], None] = lambda _world: None,
) -> FixReport:
    """Write a copy of the worlds of a folder in which is mended what can be; see `fix_world`.

    One world at a time is held. The copy appears in the end, whole or not at all, with a report as
    `fixes.json`. A prebuilt database is copied as it is. A world that cannot be read is reported,
    and so are lines that belong to no world; they come last in their files, as they are.

    Args:
        folder: Where the worlds are.
        target: Where the copy goes; made if it is not there.
        runtime: Where worlds are brought to life.
        pool: Where their verifiers run.
        names: Which worlds to mend, all by default; the others are copied as they are.
        audit: What an audit found out about them; those that it lacks are audited.
        effort: How thoroughly they are audited, and compiled verifiers tried.
        overwrite: Whether worlds that are in the target already may be replaced.
        done: Told of each world, in order.

    Raises:
        UsageError: The target is the folder itself, or holds worlds already and `overwrite` is not
            set; or no world can be read.
        UnknownWorldError: A name is not in the folder.
        WorldFileError: The target cannot be written.
        InfrastructureError: The machinery failed.
    """
    check_target(folder, target, overwrite=overwrite)
    copying = _Copying(folder, runtime, pool, audit, effort)
    chosen = {*folder} if names is None else {normalise(folder.title(name)) for name in names}
    fixes: list[WorldFixes] = []
    with writing_worlds(target, overwrite=overwrite) as writer:
        for name in folder:
            fixed = await copying.copy(name, writer, mend=name in chosen)
            fixes.append(fixed)
            done(fixed)
        await asyncio.to_thread(copying.copy_lines, writer)
        left = tuple(problem for problem in folder.problems if problem.severity == "error")
        report = FixReport(str(folder.path), target, left, tuple(fixes))
        text = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
        writer.add_file(REPORT, text.encode("utf-8", "backslashreplace") + b"\n")
    return report


def fix_folder(
    source: str | Path,
    target: str | Path | None = None,
    *,
    names: Iterable[str] | None = None,
    effort: Effort = _NORMAL,
    overwrite: bool = False,
    allow_weak: bool = False,
) -> FixReport:
    """Audit and mend a folder of worlds, from code that is not asynchronous; see `fix_worlds`.

    Args:
        source: See `awm.open_worlds`.
        target: Where the copy goes; by default see `target_for`.
        names: Which worlds to mend, all by default; the others are copied as they are.
        effort: How thoroughly they are audited, and compiled verifiers tried.
        overwrite: Whether worlds that are in the target already may be replaced.
        allow_weak: Run where code cannot be jailed.

    Raises:
        AwmError: The folder cannot be opened, the copy not be written, or the machinery fails.
    """
    place = target_for(source) if target is None else Path(target)

    async def run() -> FixReport:
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(Runtime(allow_weak=allow_weak))
            pool = await stack.enter_async_context(VerifierPool(allow_weak=allow_weak))
            folder = open_worlds(source)
            return await fix_worlds(
                folder, place, runtime, pool, names=names, effort=effort, overwrite=overwrite
            )

    return asyncio.run(run())


class _Copying:
    """The worlds of one folder on their way to another."""

    def __init__(
        self,
        folder: WorldFolder,
        runtime: Runtime,
        pool: VerifierPool,
        audit: Audit | None,
        effort: Effort,
    ) -> None:
        self._folder = folder
        self._runtime = runtime
        self._pool = pool
        self._effort = effort
        self._audited: dict[str, WorldAudit] = {world.world: world for world in audit or ()}
        self._unread: list[str] = []

    async def copy(self, name: str, writer: WorldWriter, *, mend: bool) -> WorldFixes:
        """Write one world, mended if it is to be."""
        try:
            world = await asyncio.to_thread(self._folder.__getitem__, name)
        except WorldError as error:
            self._unread.append(name)
            problems = error.problems or (Problem(name, "", error.message, error.hint),)
            return WorldFixes(name, (), problems)
        fixes = WorldFixes(name, (), ())
        if mend:
            found = self._audited.get(name)
            if found is None:
                found = await audit_world(world, self._runtime, self._pool, self._effort)
            fixed = await fix_world(world, found, self._runtime, self._pool, self._effort)
            world, fixes = fixed.world, WorldFixes(name, fixed.changes, fixed.needs_author)
        await asyncio.to_thread(writer.add, world)
        return fixes

    def copy_lines(self, writer: WorldWriter) -> None:
        """Write what could not be read, last: of several rows for a thing the last sound counts."""
        databases = _folder_of(self._folder.path) / DATABASE_FOLDER
        for name in self._unread:
            for part, line in self._folder.lines(name):
                writer.add_line(part, line)
            database = databases / database_name(name)
            if database.is_file():
                writer.add_database(name, database)
        for part, line in self._folder.stray_lines():
            writer.add_line(part, line)


def _folder_of(source: Path) -> Path:
    """The folder that a source of worlds is, or lies in."""
    source = source.resolve()
    return source.parent if source.is_file() else source
