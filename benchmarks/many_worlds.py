"""A thousand worlds behind one `awm serve mcp`: what one in use costs, and a resting one.

    python benchmarks/many_worlds.py [--quick] [--worlds FOLDER] [--live N] [--markdown FILE]

The worlds are the builtin author's, with one task each, made by `awm gen all` unless there is a
folder of them. The server is `awm serve mcp` as a user starts it; the client comes into every world
once, and stays there. Four things are measured: what a client waits for in a world that nobody was
in before, in one that has rested meanwhile, and in one in use; the memory of all processes of the
server; what a world adds to it; and which worlds rest once more are in use than may be. The last
is read off the processes below the server, not off times. `--quick` does it with 40 worlds.
"""

import argparse
import asyncio
import contextlib
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from awm.cli.memory import memory_of, tree_memory
from awm.worlds import open_worlds
from report import Figure, conclude, options_of

WORLDS, QUICK_WORLDS = 1000, 40
LIVE, QUICK_LIVE = 100, 10
WARM_ROUNDS = 5
MOST_MB = 40.0
MOST_SECONDS = 1.0
MB = 1 << 20
SESSION_ID = "mcp-session-id"
_BEGINNING = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "0"},
}


@dataclass(frozen=True, slots=True)
class Served:
    """The server, in a process of its own.

    Attributes:
        url: Its address, without a path.
        process: Its number.
    """

    url: str
    process: int

    @property
    def memory(self) -> float:
        """What all its processes have in memory, in MB of 2^20 bytes."""
        below = tree_memory(self.process)
        return ((below.total_bytes if below else 0) + memory_of(self.process)) / MB

    def processes(self) -> frozenset[tuple[int, str]]:
        """The processes below it, each with its start: numbers are used again."""
        found: dict[int, list[str]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                fields = stat.read_text(errors="replace").rpartition(")")[2].split()
                found[int(stat.parent.name)] = fields
        below = {self.process}
        while True:
            more = {pid for pid, fields in found.items() if int(fields[1]) in below} - below
            if not more:
                return frozenset((pid, found[pid][19]) for pid in below - {self.process})
            below |= more


class Stay:
    """A client's session in one world.

    Args:
        http: Its connections.
        base: The server's address.
        world: Where it is.
    """

    def __init__(self, http: httpx.AsyncClient, base: str, world: str) -> None:
        self._http = http
        self._url = f"{base}/worlds/{world}/mcp"
        self._headers: dict[str, str] = {}
        self._tools: list[str] = []
        self._number = 0

    async def begin(self) -> float:
        """Come in, ask for the tools, call one; the seconds until that is answered."""
        began = time.perf_counter()
        answer = await self._asked("initialize", _BEGINNING)
        self._headers = {SESSION_ID: answer.headers[SESSION_ID]}
        listed = (await self._asked("tools/list", {})).json()["result"]["tools"]
        self._tools = _undemanding(listed)
        await self.call()
        return time.perf_counter() - began

    async def call(self) -> float:
        """Call the next of the tools that want nothing; the seconds that it took."""
        tool = self._tools[self._number % len(self._tools)]
        began = time.perf_counter()
        answer = await self._asked("tools/call", {"name": tool, "arguments": {}})
        seconds = time.perf_counter() - began
        if answer.json()["result"]["isError"]:
            raise SystemExit(f"{self._url}: {tool} answered {answer.text[:300]}")
        return seconds

    async def _asked(self, method: str, params: Mapping[str, Any]) -> httpx.Response:
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        answer = await self._http.post(self._url, json=message, headers=self._headers)
        return answer.raise_for_status()


def make(folder: Path, count: int) -> Path:
    """Worlds as a user makes them, one process for each core."""
    command = [sys.executable, "-m", "awm", "gen", "all", "--author", "builtin", "--size", "large"]
    command += ["--num_tasks", "1", "--target_count", str(count), "--output_dir", str(folder)]
    subprocess.run(command, check=True)
    return folder


@contextlib.contextmanager
def serving(folder: Path, live: int) -> Iterator[Served]:
    """`awm serve mcp` of a folder, with so many worlds alive at a time at most."""
    command = [sys.executable, "-m", "awm", "serve", "mcp", str(folder), "--port", "0"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWM_")}
    with subprocess.Popen(
        [*command, "--live_worlds", str(live)],
        env={**kept, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = ""
            while "Ctrl-C" not in said:
                line = process.stdout.readline()
                if not line:
                    raise SystemExit("the server does not start")
                said += line
            found = re.search(r"http://[^/\s]+", said)
            assert found is not None
            yield Served(found[0], process.pid)
        finally:
            process.terminate()


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[httpx.AsyncClient]:
    """Connections to be shared by all stays, as no two of them ask at once."""
    accepted = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(headers=accepted, timeout=60, trust_env=False) as http:
        yield http


@dataclass(frozen=True, slots=True)
class Visits:
    """What it took to be in all worlds.

    Attributes:
        cold: The seconds of the first visits.
        warm: The seconds of calls in worlds in use.
        empty: What all processes of the server held before anybody came, in MB.
        full: The same once as many worlds were in use as may be.
        last: The same once somebody was in all of them, and as many in use.
    """

    cold: list[float]
    warm: list[float]
    empty: float
    full: float
    last: float


@dataclass(frozen=True, slots=True)
class Order:
    """Which worlds had a process when they were called, once more were called than may have one.

    Attributes:
        rested: How many were called that had none.
        started: How many processes came with that.
        recent: How many were called that had been used more lately than those that should rest.
        recent_started: How many processes came with that; with eviction by least use, none.
        oldest: How many were called that had not been used for the longest time.
        oldest_started: How many processes came with that; with eviction by least use, as many.
    """

    rested: int
    started: int
    recent: int
    recent_started: int
    oldest: int
    oldest_started: int


async def visited(server: Served, stays: Sequence[Stay], live: int) -> Visits:
    """Come into every world in turn; call tools in those that were first, and in the last."""
    empty = server.memory
    cold = await _begun(stays[:live], 0, len(stays))
    await _used(stays[:live])
    full = server.memory
    cold += await _begun(stays[live:], live, len(stays))
    warm = await _used(stays[-live:])
    return Visits(cold, warm, empty, full, server.memory)


async def _begun(stays: Sequence[Stay], before: int, total: int) -> list[float]:
    times = []
    for number, stay in enumerate(stays, start=before + 1):
        times.append(await stay.begin())
        if number % 50 == 0 or number == total:
            print(f"{number:,} of {total:,} worlds visited", file=sys.stderr)
    return times


async def _used(stays: Sequence[Stay]) -> list[float]:
    return [await stay.call() for _ in range(WARM_ROUNDS) for stay in stays]


async def evicted(server: Served, stays: Sequence[Stay], live: int) -> tuple[Order, list[float]]:
    """Call more worlds than may be alive, and see whose process went.

    Args:
        server: The server.
        stays: Somebody in every world. The last `live` have been called last, in their order.
        live: How many may be alive.

    Returns:
        What came of it, and the seconds of calls in worlds that had rested.
    """
    alive, resting = list(stays[-live:]), list(stays[:-live])
    used = random.Random(0).sample(alive, live // 2)
    unused = [stay for stay in alive if stay not in used]
    for stay in used:
        await stay.call()
    count = min(len(unused) // 2, len(resting))
    oldest, younger = unused[:count], unused[count:]

    async def called(which: Sequence[Stay]) -> tuple[int, list[float]]:
        before = server.processes()
        times = [await stay.call() for stay in which]
        return len(server.processes() - before), times

    started, times = await called(resting[:count])
    recent = [*used, *younger]
    recent_started, _ = await called(recent)
    oldest_started, more = await called(oldest)
    order = Order(count, started, len(recent), recent_started, count, oldest_started)
    return order, times + more


async def measure(folder: Path, live: int) -> list[Figure]:
    """All figures."""
    names = list(open_worlds(str(folder)))
    if len(names) < live + live // 2:
        raise SystemExit(f"{len(names)} worlds are too few for {live} alive: give --live")
    with serving(folder, live) as server:
        async with connected() as http:
            stays = [Stay(http, server.url, name) for name in names]
            visits = await visited(server, stays, live)
            order, rested = await evicted(server, stays, live)
            counts = await _counts(http, server)
            _explain(server, dict(zip(names, visits.cold, strict=True)))
    return [
        _waiting("nobody was there before: session, list of tools, first call", visits.cold),
        _waiting("it has rested: the next call", rested),
        _ratio(visits.warm, visits.cold),
        _memory(visits, len(names), live),
        _lasting(counts, len(names), live),
        _least_used(order),
    ]


def _explain(server: Served, cold: Mapping[str, float]) -> None:
    """Say what one has to look at where a promise is missed: the slowest, and the largest."""
    slowest = sorted(cold, key=lambda name: cold[name])[-3:]
    print("slowest:", *(f"{name} {cold[name]:.2f} s" for name in slowest), file=sys.stderr)
    sizes = sorted((memory_of(pid) / MB for pid, _ in server.processes()), reverse=True)
    largest = ", ".join(f"{size:.0f}" for size in sizes[:5])
    own = memory_of(server.process) / MB
    print(f"largest processes, in MB: the server {own:.0f}; below it {largest}", file=sys.stderr)


async def _counts(http: httpx.AsyncClient, server: Served) -> dict[str, float]:
    text = (await http.get(f"{server.url}/metrics")).text
    found = re.findall(r"^(awm_[a-z_]+) ([0-9.e+]+)$", text, flags=re.MULTILINE)
    return {name: float(value) for name, value in found}


def _undemanding(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tools that take arguments and need none: they list rows, and would take filters."""
    able = [tool for tool in tools if not tool["inputSchema"].get("required")]
    if not able:
        raise SystemExit(f"every tool wants arguments: {[tool['name'] for tool in tools]}")
    filters = [tool for tool in able if tool["inputSchema"].get("properties")]
    return [str(tool["name"]) for tool in filters or able]


def _waiting(name: str, times: Sequence[float]) -> Figure:
    middle, tail = _middle_and_tail(times)
    longest = max(times)
    ours = f"p50 {middle * 1e3:.0f} ms, p95 {tail * 1e3:.0f} ms, at most {longest * 1e3:.0f} ms"
    return Figure(f"{name} ({len(times):,})", "-", ours, "-", "under 1 s", longest < MOST_SECONDS)


def _ratio(warm: Sequence[float], cold: Sequence[float]) -> Figure:
    middle, tail = _middle_and_tail(warm)
    cold_middle, _ = _middle_and_tail(cold)
    return Figure(
        f"it is in use: the next call ({len(warm):,})",
        f"{cold_middle * 1e3:.0f} ms (nobody was there before)",
        f"p50 {middle * 1e3:.1f} ms, p95 {tail * 1e3:.1f} ms",
        f"{cold_middle / middle:.0f}x faster",
        "at once (10x and more)",
        cold_middle >= 10 * middle,
    )


def _memory(visits: Visits, worlds: int, live: int) -> Figure:
    each = (visits.full - visits.empty) / live
    resting = (visits.last - visits.full) / (worlds - live)
    return Figure(
        f"memory of a world in use ({live:,}), of one that rests ({worlds - live:,})",
        "-",
        f"{each:.1f} MB, {resting:.2f} MB; all processes: {visits.empty:,.0f} MB at first,"
        f" {visits.last:,.0f} MB at last",
        f"{each / resting:.0f}x less at rest" if resting > 0 else "-",
        f"at most {MOST_MB:g} MB in use",
        each <= MOST_MB,
    )


def _lasting(counts: Mapping[str, float], worlds: int, live: int) -> Figure:
    sessions, alive, lost = (
        int(counts[f"awm_{what}"]) for what in ("sessions", "workers", "worker_losses_total")
    )
    return Figure(
        "sessions that are open at the end; worlds alive; processes lost",
        "-",
        f"{sessions:,}; {alive}; {lost}",
        "-",
        f"{worlds:,}; at most {live}; 0",
        sessions == worlds and alive <= live and not lost,
    )


def _least_used(order: Order) -> Figure:
    return Figure(
        f"{order.rested} that rest are called, then {order.recent} used lately, then"
        f" the {order.oldest} used least lately: processes started",
        "-",
        f"{order.started}; {order.recent_started}; {order.oldest_started}",
        "-",
        f"{order.rested}; 0; {order.oldest}",
        (order.started, order.recent_started, order.oldest_started)
        == (order.rested, 0, order.oldest),
    )


def _middle_and_tail(times: Sequence[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=Path, help="a folder that has them")
    parser.add_argument("--live", type=int, help="how many may be alive at a time")
    options = options_of(parser)
    live = options.live or (QUICK_LIVE if options.quick else LIVE)
    with tempfile.TemporaryDirectory(prefix="awm-many-worlds-") as temporary:
        folder = options.worlds or make(
            Path(temporary) / "worlds", QUICK_WORLDS if options.quick else WORLDS
        )
        figures = asyncio.run(measure(folder, live))
    subject = "`awm gen all --author builtin --num_tasks 1`, one client after the other"
    return conclude("Many worlds in one server", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
