"""Orders for tests: a small catalogue, and a folder of real worlds that many tests share."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import awm.synthesis.catalogue as catalogue_module
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner, Selection, WorldPlan
from awm.synthesis.shelf import Shelf
from awm.worlds import WorldFile, open_worlds
from awm.worlds.names import database_name
from tests.cli.running import PATIENCE, command, descendants, environment

DOMAINS = ("boutique_hotel", "campsite")
SHARED = Order(2, seed=11, selection=Selection(DOMAINS))
"""What the shared folder was ordered with; ten tasks a world, so there are some of every sort."""

CHOICE = ("--seed", "11", *(part for name in DOMAINS for part in ("--domain", name)))
"""The same for the command line, without the number of worlds."""

_HERE = Path(__file__).parent
_LONGEST = 110


class Command(NamedTuple):
    """A command that came to its end, and the folder that it wrote."""

    folder: Path
    out: str
    err: str


@cache
def made_below(base: Path) -> Command:
    """Have the shared worlds made, once in a run of the tests, by a process of its own."""
    folder = base / "generated"
    arguments = ("--target_count", "2", *CHOICE, "--jobs", "2", "--json")
    done = subprocess.run(
        command("gen", "all", *arguments, "--output_dir", str(folder)),
        env=environment(PYTHONHASHSEED="1"),
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Command(folder, done.stdout, done.stderr)


def small_catalogue(folder: Path) -> Catalogue:
    """A catalogue of one domain, the tool library of these tests, and no capability."""
    for name in ("domains", "capabilities", "vocabulary"):
        (folder / name).mkdir()
    ours = Path(catalogue_module.__file__).parent
    shutil.copy(_HERE / "tool_library.yaml", folder / "domains")
    shutil.copy(ours / "vocabulary" / "common.yaml", folder / "vocabulary")
    return Catalogue(folder)


@cache
def whole_catalogue() -> Catalogue:
    """All that the author knows, read once: that takes most of the time of a small order."""
    return Catalogue()


def first_plan(catalogue: Catalogue, seed: int = 0) -> WorldPlan:
    """The first world that is planned from a seed."""
    return next(Planner(seed, catalogue).plans(1))


def lines(folder: Path, part: str) -> list[bytes]:
    """The rows of a file as they are written."""
    return (folder / part).read_bytes().splitlines(keepends=True)


def files(folder: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def world_rows(folder: Path, place: int) -> dict[str, list[bytes]]:
    """The rows of one world in each file; worlds have as many rows as one another."""
    found = {}
    for part in WorldFile:
        written = lines(folder, part) if (folder / part).exists() else []
        each = len(written) // len(lines(folder, WorldFile.SCENARIO))
        found[part.value] = written[place * each : (place + 1) * each]
    return found


def shelve(folder: Path, order: Order, source: Path, indices: Iterable[int]) -> Shelf:
    """Put worlds of a written folder on the shelf of another, as if they had just been made."""
    shelf = Shelf(folder, order)
    shelf.open()
    worlds = open_worlds(source)
    for index in indices:
        world = worlds[list(worlds)[index]]
        database = (source / "databases" / database_name(world.name)).read_bytes()
        report = {"tasks": len(world.tasks), "dropped": [], "seconds": 0.5}
        shelf.put(index, world.records, database, report)
    return shelf


def workshops(above: int | None = None) -> set[int]:
    """The processes that make worlds below a process, this one if none is named."""
    found = {number for number, _ in descendants(above or os.getpid()) if _is_workshop(number)}
    # A process that was forked a moment ago still looks like its parent.
    return found - {below for number in found for below, _ in descendants(number)}


def _is_workshop(process: int) -> bool:
    try:
        return b"awm.synthesis.workshop" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does, which nothing announces."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


def wait_until(condition: Callable[[], bool]) -> None:
    """The same where no event loop runs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
