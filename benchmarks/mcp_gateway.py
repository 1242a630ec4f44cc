"""What the MCP gateway costs beside a server that is nothing but the official SDK.

    python benchmarks/mcp_gateway.py [--quick] [--markdown FILE] [--json FILE]

Every server is a process of its own (`mcp_served.py`) with one tool that returns a constant, so
that no world's work is measured; the gateway has a jailed world behind it all the same. The client
is the same for all of them: plain HTTP requests over connections that stay open.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from awm.cli.memory import memory_of
from report import Figure, conclude, options_of

MB = 1 << 20
SESSION_ID = "mcp-session-id"
THINKING = (1.0, 5.0)
MANY = 256
AT_ONCE = 64
GROWTH_MB = 8
"""How much memory may differ between two moments at which equally much is held: what allocators
keep, and the first of everything."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are repeated."""

    calls: int
    seconds: float
    sessions: int


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a process of its own."""

    url: str
    process: int

    @property
    def memory(self) -> int:
        """Bytes that the process holds, without its workers."""
        return memory_of(self.process)

    @property
    def descriptors(self) -> int:
        """How many descriptors it has open."""
        return sum(1 for _ in Path(f"/proc/{self.process}/fd").iterdir())


@contextlib.contextmanager
def served(kind: str, idle_seconds: float = 1800) -> Iterator[Served]:
    script = str(Path(__file__).with_name("mcp_served.py"))
    process = subprocess.Popen(
        [sys.executable, script, kind, str(idle_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Served(process.stdout.readline().strip(), process.pid)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


class Client:
    """Sessions with one server."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def begin(self) -> str:
        """Begin a session; its id."""
        params = {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "0"},
        }
        answer = await self._post("", 0, "initialize", params)
        return answer.headers[SESSION_ID]

    async def call(self, session: str, number: int) -> float:
        """Call the tool; the seconds that it took."""
        began = time.perf_counter()
        answer = await self._post(session, number, "tools/call", {"name": "constant"})
        seconds = time.perf_counter() - began
        if "42" not in answer.text or '"isError":false' not in answer.text:
            raise RuntimeError(f"the tool answered {answer.text[:200]}")
        return seconds

    async def end(self, session: str) -> None:
        """Say that a session is over."""
        await self._http.delete(self._url, headers={SESSION_ID: session})

    async def _post(
        self, session: str, number: int, method: str, params: dict[str, Any]
    ) -> httpx.Response:
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        headers = {SESSION_ID: session} if session else {}
        answer = await self._http.post(self._url, json=message, headers=headers)
        return answer.raise_for_status()


@contextlib.asynccontextmanager
async def client_of(server: Served) -> AsyncIterator[Client]:
    accepted = {"accept": "application/json, text/event-stream"}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        headers=accepted, limits=limits, timeout=60, trust_env=False
    ) as http:
        yield Client(http, server.url)


async def alone(kinds: Sequence[str], effort: Effort) -> dict[str, float]:
    """The median seconds of a call in the only session of each server.

    All servers are called in turn, so that whatever else the machine does strikes all of them.
    """
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    async with contextlib.AsyncExitStack() as stack:
        places = {}
        for kind in kinds:
            client = await stack.enter_async_context(client_of(stack.enter_context(served(kind))))
            places[kind] = client, await client.begin()
        for number in range(effort.calls):
            for kind, (client, session) in places.items():
                times[kind].append(await client.call(session, number))
    return {kind: statistics.median(measured[20:]) for kind, measured in times.items()}


async def thinking(kind: str, effort: Effort) -> tuple[float, float, int]:
    """The median and the 95th percentile of a call's seconds, and how many calls there were."""
    dice = random.Random(1)
    times: list[float] = []

    async def think(client: Client, session: str, until: float) -> None:
        number = 1
        await asyncio.sleep(dice.uniform(0, THINKING[1]))
        while time.monotonic() < until:
            times.append(await client.call(session, number))
            number += 1
            await asyncio.sleep(dice.uniform(*THINKING))

    with served(kind) as server:
        async with client_of(server) as client:
            sessions = [await client.begin() for _ in range(MANY)]
            for session in sessions:
                await client.call(session, 0)
            until = time.monotonic() + effort.seconds
            await asyncio.gather(*(think(client, session, until) for session in sessions))
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], len(times)


@dataclass(frozen=True, slots=True)
class Residue:
    """What a server holds after all sessions are gone."""

    memory: int
    descriptors: int


async def crowded(effort: Effort) -> tuple[Residue, Residue]:
    """What is held after a tenth of many sessions, and after all of them."""
    dice = random.Random(2)
    idle_seconds = 5.0

    async def come_and_go(client: Client) -> None:
        session = await client.begin()
        chance = dice.random()
        if chance < 0.5:
            await client.call(session, 1)
        if chance < 0.4 or chance > 0.9:
            await client.end(session)

    async def crowd(server: Served, count: int) -> Residue:
        async with client_of(server) as client:
            for _ in range(count // AT_ONCE):
                await asyncio.gather(*(come_and_go(client) for _ in range(AT_ONCE)))
        await asyncio.sleep(2 * idle_seconds)  # those that were abandoned are swept
        return Residue(server.memory, server.descriptors)

    with served("gateway", idle_seconds) as server:
        tenth = effort.sessions // 10
        return await crowd(server, tenth), await crowd(server, effort.sessions - tenth)


async def measure(effort: Effort) -> list[Figure]:
    medians = await alone(("gateway", "bare", "bare-json"), effort)
    ours, bare, bare_json = (medians[kind] for kind in ("gateway", "bare", "bare-json"))
    their_median, their_tail, _ = await thinking("bare-json", effort)
    median, tail, calls = await thinking("gateway", effort)
    first, last = await crowded(effort)
    growth = (last.memory - first.memory) / MB
    return [
        Figure(
            "a call, one session",
            f"{bare * 1e3:.2f} ms (the SDK alone), {bare_json * 1e3:.2f} ms (answering in JSON)",
            f"{ours * 1e3:.2f} ms, jailed",
            f"{ours / bare_json:.2f}x",
            "at most 1.5x",
            ours / bare_json <= 1.5,
        ),
        Figure(
            f"{MANY} sessions that think 1 to 5 s, {calls:,} calls: p50",
            f"{their_median * 1e3:.1f} ms",
            f"{median * 1e3:.1f} ms",
            f"{median / their_median:.2f}x",
            "under 15 ms",
            median < 0.015,
        ),
        Figure(
            f"{MANY} sessions that think 1 to 5 s, {calls:,} calls: p95",
            f"{their_tail * 1e3:.1f} ms",
            f"{tail * 1e3:.1f} ms",
            f"{tail / their_tail:.2f}x",
            "under 60 ms",
            tail < 0.06,
        ),
        Figure(
            f"{effort.sessions:,} sessions opened, closed or abandoned: memory",
            "-",
            f"{first.memory / MB:.0f} MB after a tenth, {last.memory / MB:.0f} MB after all",
            f"{growth:+.1f} MB",
            f"at most {GROWTH_MB} MB more",
            growth <= GROWTH_MB,
        ),
        Figure(
            f"{effort.sessions:,} sessions opened, closed or abandoned: descriptors",
            "-",
            f"{first.descriptors} after a tenth, {last.descriptors} after all",
            f"{last.descriptors - first.descriptors:+d}",
            "no more",
            last.descriptors <= first.descriptors,
        ),
    ]


def main() -> int:
    options = options_of(argparse.ArgumentParser(description=__doc__))
    quick = options.quick
    effort = Effort(
        calls=200 if quick else 2000,
        seconds=10 if quick else 60,
        sessions=2000 if quick else 20_000,
    )
    figures = asyncio.run(measure(effort))
    subject = "a tool that returns a constant, servers and client on the same machine"
    return conclude("MCP gateway", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
