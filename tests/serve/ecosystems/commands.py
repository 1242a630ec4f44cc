"""The commands of other houses, run as people run them, and watched."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Ran", "run"]

_SECONDS: Final = 110
_TO_END: Final = 10.0
"""Seconds in which what a command started ends once the command has: a closed pipe tells it."""
_GLANCE: Final = 0.1
_KEPT: Final = ("PATH", "PYTHONPATH", "AWM_LLM_LOCAL_ONLY")

_Process = tuple[int, str]
"""A process by its number and the moment of its start: numbers come again."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended.

    Attributes:
        code: Its exit status.
        told: What it printed, and what it complained of.
        files: What it left in its folder for temporary files.
        started: How many processes it, and those that it started, had started.
        processes: Those of them that are still there.
    """

    code: int
    told: str
    files: tuple[str, ...]
    started: int
    processes: frozenset[_Process]


def run(
    command: str,
    arguments: Sequence[str],
    folder: Path,
    *,
    meanwhile: Callable[[subprocess.Popen[str]], None] = lambda _: None,
    **variables: str,
) -> Ran:
    """Run a command beside this Python's in a folder, with a folder for temporary files.

    Args:
        command: Its name.
        arguments: Its arguments.
        folder: Where; results are written here.
        meanwhile: What happens while it runs.
        variables: What else its environment has.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    ours = {"HF_HUB_OFFLINE": "1", "HOME": str(folder), "TERM": "dumb", "TMPDIR": str(scratch)}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(command)), *arguments],
        cwd=folder,
        env={**kept, **ours, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    with _watched(process.pid) as seen:
        try:
            meanwhile(process)
            told, _ = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
            process.wait()
    left = _ending(seen)
    files = tuple(sorted(path.name for path in scratch.iterdir()))
    return Ran(process.returncode, told, files, len(seen), left)


@contextlib.contextmanager
def _watched(root: int) -> Iterator[set[_Process]]:
    """The processes below one, as long as they are seen."""
    seen: set[_Process] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_GLANCE):
            seen.update(_below(root))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _ending(seen: set[_Process]) -> frozenset[_Process]:
    """Those of the processes that do not end by themselves."""
    deadline = time.monotonic() + _TO_END
    while (left := seen & set(_living())) and time.monotonic() < deadline:
        time.sleep(_GLANCE)
    return frozenset(left)


def _below(root: int) -> set[_Process]:
    living = _living()
    numbers, found = {root}, set[_Process]()
    while new := {each for each, parent in living.items() if parent in numbers} - found:
        found |= new
        numbers |= {number for number, _ in new}
    return found


def _living() -> dict[_Process, int]:
    """The processes there are, without those that only wait to be buried, with their parents."""
    found: dict[_Process, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                state, parent, *more = (entry / "stat").read_text().rpartition(")")[2].split()
                if state != "Z":
                    found[int(entry.name), more[17]] = int(parent)
    return found
