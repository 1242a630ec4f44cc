"""Worlds that several tests of the running runtime share, and how to look at processes."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from awm.errors import WorldError
from awm.runtime import Limits
from awm.worlds import World

SHORT = Limits(
    call_seconds=1.5,
    grace_seconds=0.5,
    load_seconds=3.0,
    memory_mb=1024,
    response_mb=2,
    database_mb=16,
)
"""Limits under which what never ends is over soon."""

NOTEBOOK = """
import asyncio


@app.post("/slow", operation_id="add_slowly")
async def add_slowly(title: str):
    note = await add_note(title)
    for _ in range(20_000):
        pass
    return note


@app.delete("/notes/{note_id}", operation_id="remove_note")
async def remove_note(note_id: int):
    session = SessionLocal()
    note = session.get(Note, note_id)
    if note is None:
        session.close()
        raise HTTPException(404, f"there is no note {note_id}")
    session.delete(note)
    session.commit()
    session.close()
    return {"removed": note_id}


@app.post("/hang", operation_id="hang")
async def hang():
    await asyncio.Event().wait()


@app.post("/wait", operation_id="wait_then_add")
async def wait_then_add(title: str):
    await asyncio.sleep(0.2)
    return await add_note(title)


@app.post("/exit", operation_id="exit_process")
async def exit_process():
    await add_note("lost")
    os._exit(7)


counted = 0


@app.post("/count", operation_id="count")
async def count():
    global counted
    counted += 1
    return counted
"""
"""Handlers, on top of `conftest.HEADER`, that are slow, hang, exit, and count in a global."""


def children(session: int | None = None) -> set[int]:
    """The processes that descend from this one, or that belong to a session.

    One that has ended and waits to be buried counts, unless by the machine's own undertaker.
    """
    found = list(_processes())
    ours = {os.getpid(), *(each.number for each in found if each.session == session)}
    return {
        each.number
        for each in found
        if (each.session == session if session else each.parent == os.getpid())
        and (not each.has_ended or each.parent in ours)
    }


def zygotes() -> set[int]:
    """This process's children that run a zygote."""
    return {child for child in children() if b"awm.runtime.inside.zygote" in _command(child)}


def workers_of(zygote: int) -> set[int]:
    """The living processes of a zygote's session, without itself."""
    return children(session=zygote) - {zygote}


def resident_mb() -> float:
    """How much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak_mb() -> float:
    """The most memory that this process has held since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    """Let `peak_mb` count from what is held now."""
    Path("/proc/self/clear_refs").write_text("5")


def descriptors() -> int:
    """How many descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for something that no event tells of, such as a process's end."""
    async with asyncio.timeout(4):
        while not holds():  # noqa: ASYNC110 - nothing would set an event
            await asyncio.sleep(0.002)


def usable(worlds: list[World]) -> list[World]:
    """The worlds that have code and a database."""
    found = []
    for world in worlds:
        with contextlib.suppress(WorldError):
            world.code, world.recipe()
            found.append(world)
    return found


@dataclass(frozen=True, slots=True)
class _Process:
    number: int
    has_ended: bool
    parent: int
    session: int


def _processes() -> Iterator[_Process]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while we looked
                # After the name, which may hold anything: state, parent, group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                yield _Process(int(entry.name), fields[0] == "Z", int(fields[1]), int(fields[3]))


def _command(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""
