"""The command line as a process of its own, and the processes below it."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATIENCE = 20
"""Seconds after which a process that should have done something is taken to hang."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "awm", *arguments]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWM_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "AWM_LLM_LOCAL_ONLY": "1", **more}


def evaluate(worlds: Path, folder: Path, *options: str) -> Path:
    """Have `awm eval` make an evaluation in a folder; that folder."""
    subprocess.run(
        command("eval", str(worlds), *options, "--output_dir", str(folder)),
        env=environment(),
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return folder


@dataclass(slots=True)
class Server:
    """`awm env start`, in a folder of its own."""

    process: subprocess.Popen[str]
    url: str
    run: Path
    banner: str

    def stop(self, number: int = signal.SIGINT) -> str:
        """Send a signal, wait for the end; return what standard error said."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> str:
        _, said = self.process.communicate(timeout=PATIENCE)
        return said


def start_server(folder: Path, *arguments: str) -> Server:
    """Start `awm env start` on a free port and wait until it serves."""
    process, banner = _serving(folder, command("env", "start", "--port", "0", *arguments))
    (url,) = re.findall(r"Served at +(\S+)", banner)
    (run,) = re.findall(r"Run folder +(\S+)", banner)
    return Server(process, url, folder / run, banner)


@dataclass(slots=True)
class Door:
    """`awm serve`, behind one of its doors."""

    process: subprocess.Popen[str]
    url: str
    banner: str

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; the exit code, and what standard error said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


def start_door(folder: Path, *arguments: object, **variables: str) -> Door:
    """Start `awm serve` on a free port and wait until it serves."""
    order = command("serve", *map(str, arguments), "--port", "0")
    process, banner = _serving(folder, order, **variables)
    (url,) = re.findall(r"http://[^/\s]+", banner)
    return Door(process, url, banner)


def _serving(folder: Path, order: list[str], **variables: str) -> tuple[subprocess.Popen[str], str]:
    """Start a server in a folder and wait until it serves; its process, and what it said."""
    process = subprocess.Popen(
        order,
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        return process, read_until(process.stdout, "Ctrl-C stops it")
    except BaseException:
        process.kill()
        process.communicate()  # or its pipes would be a fault of the next test's
        raise


def read_until(stream: IO[str], text: str) -> str:
    lines = ""
    while text not in lines:
        line = stream.readline()
        assert line, f"the process ended; it had said {lines!r}"
        lines += line
    return lines


def descendants(root: int) -> set[tuple[int, str]]:
    """All processes below one, each with its start time: numbers are used again."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _fields(int(folder.name))):
            parents[int(folder.name)] = int(fields[1]), fields[19]
    found, waiting = set(), [root]
    while waiting:
        above = waiting.pop()
        below = [number for number, (parent, _) in parents.items() if parent == above]
        found |= {(number, parents[number][1]) for number in below}
        waiting += below
    return found


def all_gone(processes: set[tuple[int, str]]) -> bool:
    """Wait until none of these is left; False if one stays."""
    deadline = time.monotonic() + PATIENCE
    while any(_alive(number, started) for number, started in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _alive(number: int, started: str) -> bool:
    fields = _fields(number)
    # A zombie has ended: whoever adopted it takes its time to notice.
    return fields is not None and fields[19] == started and fields[0] != "Z"


def _fields(number: int) -> list[str] | None:
    """The fields of /proc/<number>/stat after the name, from the state on."""
    try:
        return Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
