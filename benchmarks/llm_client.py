"""What asking a language model costs on our side: CPU time for each question.

    python benchmarks/llm_client.py [--quick] [--markdown FILE] [--json FILE]

A server in another process answers each question after 200 ms with 4 KB, while 256 are under way.
What counts is the time that this process computes. The ordinary way is the same requests with bare
`httpx`: one client for all, as many connections as it takes, as few kept as by default. (With all
of them kept it computes ten times as long: it looks at every connection for each request.)
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from awm.llm import FREE, Gate, Journal, Message, OpenAICompatible, Question
from report import Figure, conclude, options_of

UNDER_WAY = 256
ANSWER_SECONDS = 0.2
ANSWER_BYTES = 4096
ASKED_BYTES = 8192
MOST_MS = 6.0

Ask = Callable[[int], Awaitable[object]]


@contextmanager
def server() -> Iterator[str]:
    """The base URL of a running server."""
    script = str(Path(__file__).with_name("chat_server.py"))
    command = [sys.executable, script, str(ANSWER_SECONDS), str(ANSWER_BYTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.kill()


def text_of(number: int) -> str:
    """What is asked, different each time."""
    return f"{number} " + "x" * ASKED_BYTES


async def cpu_ms(ask: Ask, count: int) -> float:
    """CPU time of this process for each question, in ms, when connections are open already."""
    await _ask_all(ask, range(UNDER_WAY))
    began = time.process_time()
    await _ask_all(ask, range(UNDER_WAY, UNDER_WAY + count))
    return 1000 * (time.process_time() - began) / count


async def _ask_all(ask: Ask, numbers: range) -> None:
    left = iter(numbers)

    async def lane() -> None:
        for number in left:
            await ask(number)

    await asyncio.gather(*(lane() for _ in range(UNDER_WAY)))


async def bare(url: str, count: int) -> float:
    """The same requests with nothing around them."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as http:

        async def ask(number: int) -> object:
            body = {"model": "m", "messages": [{"role": "user", "content": text_of(number)}]}
            response = await http.post(f"{url}/chat/completions", json=body)
            return json.loads(response.content)["choices"][0]["message"]["content"]

        return await cpu_ms(ask, count)


async def ours(url: str, count: int, journal: Journal | None) -> float:
    """Our client, and where there is a journal, each answer written down."""
    client = OpenAICompatible(url, None, "m", gate=Gate(UNDER_WAY))
    llm = client if journal is None else _kept(client, journal)
    try:
        return await cpu_ms(lambda number: llm.ask(_question(number)), count)
    finally:
        await client.aclose()


def _kept(client: OpenAICompatible, journal: Journal):  # noqa: ANN202 - whatever a journal makes
    return journal.model(client, name="m", stage="benchmark", world="", price=FREE)


def _question(number: int) -> Question:
    return Question((Message("user", text_of(number)),))


def measure(rounds: int, count: int) -> list[Figure]:
    """Both clients in turn, so that what else the machine does meets both."""
    measured: dict[str, list[float]] = {"bare": [], "ours": [], "kept": []}
    with server() as url, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            measured["bare"].append(asyncio.run(bare(url, count)))
            measured["ours"].append(asyncio.run(ours(url, count, None)))
            with Journal(Path(folder) / str(number)) as journal:
                measured["kept"].append(asyncio.run(ours(url, count, journal)))
    ordinary, plain, kept = (statistics.median(times) for times in measured.values())
    return [
        _figure("CPU time of a question", ordinary, plain),
        _figure("the same, the answer written into a journal", ordinary, kept),
    ]


def _figure(name: str, ordinary: float, ours: float) -> Figure:
    return Figure(
        name,
        f"{ordinary:.2f} ms",
        f"{ours:.2f} ms",
        f"{ours / ordinary:.2f}x",
        f"under {MOST_MS:g} ms",
        ours < MOST_MS,
    )


def main() -> int:
    options = options_of(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    figures = measure(1, 1024) if options.quick else measure(5, 4096)
    subject = f"{UNDER_WAY} questions of 8 KB under way, each answered after 200 ms with 4 KB"
    return conclude("Asking language models", subject, figures, options)


if __name__ == "__main__":
    sys.exit(main())
