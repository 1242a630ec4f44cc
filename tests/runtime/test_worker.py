"""The gateway's end of a worker, with the test at the other end of the socket."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from awm.runtime.frames import FrameReader, encode
from awm.runtime.wire import Call, Close, Digested, Done, Open, decode, plain
from awm.runtime.worker import Worker, WorkerDiedError

LIMIT = 1 << 16


@dataclass
class StubZygote:
    """Hands out one end of a socket pair, and says how the worker at the other end ended."""

    there: socket.socket | None = None
    closed: bool = False
    killed: list[int] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    code: int | None = None

    async def spawn(self) -> tuple[socket.socket, int]:
        here, self.there = socket.socketpair()
        self.there.setblocking(False)
        return here, 4711

    def kill(self, worker: int) -> None:
        self.killed.append(worker)

    async def ending(self, worker: int) -> int | None:
        return self.code

    def forget(self, worker: int) -> None:
        self.forgotten.append(worker)


class Peer:
    """A worker and the test's grip on its other end."""

    def __init__(self, zygote: StubZygote, worker: Worker) -> None:
        assert zygote.there is not None
        self.zygote, self.worker, self.socket = zygote, worker, zygote.there
        self._reader = FrameReader(1 << 30)

    async def receive(self, count: int) -> list[list[object]]:
        frames: list[list[object]] = []
        loop = asyncio.get_running_loop()
        while len(frames) < count:
            frames += self._reader.feed(await loop.sock_recv(self.socket, 1 << 16))
        return [[number, decode(body)] for number, body in frames]

    async def answer(self, number: int, message: object = Done()) -> None:
        await self.say(encode([number, plain(message)]))

    async def say(self, raw: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, raw)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    zygote = StubZygote()
    worker = await Worker.start(zygote, LIMIT, flat=True)
    made = Peer(zygote, worker)
    yield made
    worker.retire()
    await worker.gone()
    made.socket.close()


async def _death(future: asyncio.Future) -> tuple[str, bool]:
    with pytest.raises(WorkerDiedError) as caught:
        await future
    return caught.value.cause, caught.value.guilty


async def test_requests_arrive_numbered_and_in_order_and_answers_find_them(peer: Peer) -> None:
    requests = [Open(1, 0, b"", b""), Call(1, 1, "a", "{}"), Close(1)]
    futures = [peer.worker.send(request, 5) for request in requests]
    assert await peer.receive(3) == [[1, requests[0]], [2, requests[1]], [3, requests[2]]]
    for number in (1, 2, 3):
        await peer.answer(number, Digested(str(number)))
    assert await asyncio.gather(*futures) == [Digested("1"), Digested("2"), Digested("3")]


async def test_an_answer_is_noted_even_when_nobody_waits_for_it_any_more(peer: Peer) -> None:
    noted = asyncio.Event()
    future = peer.worker.send(Close(1), 5, lambda _reply: noted.set())
    future.cancel()
    await peer.answer(1)
    await noted.wait()
    assert not peer.worker.lost


@pytest.mark.parametrize(
    "raw",
    [
        encode([2, plain(Done())]),
        encode([1, [99]]),
        encode([1, plain(Done()), 3]),
        encode("text"),
        encode(["1", plain(Done())]),
        b"\xff\xff\xff\xff",
        (LIMIT + 1).to_bytes(4, "little"),
        b"\x02\x00\x00\x00\xc1\xc1",
        encode([1, [2, *[[] for _ in range(2000)]]]),
    ],
    ids=["number", "tag", "arity", "text", "kind", "4-gb", "limit", "garbage", "structure"],
)
async def test_an_answer_that_breaks_the_protocol_ends_the_worker(peer: Peer, raw: bytes) -> None:
    first, second = peer.worker.send(Close(1), 5), peer.worker.send(Close(2), 5)
    await peer.say(raw)
    assert await _death(first) == ("protocol", True)
    assert await _death(second) == ("protocol", False)
    assert peer.worker.lost
    assert peer.zygote.killed == [4711]


async def test_a_worker_that_speaks_without_being_asked_is_ended(peer: Peer) -> None:
    await peer.say(b"\0")
    await peer.worker.gone()
    assert peer.zygote.killed == [4711]
    assert await _death(peer.worker.send(Close(1), 5)) == ("protocol", False)


async def test_the_oldest_request_runs_out_of_time_and_the_others_are_innocent(peer: Peer) -> None:
    slow, fast = peer.worker.send(Close(1), 0.02), peer.worker.send(Close(2), 0.001)
    assert await _death(slow) == ("timeout", True)
    assert await _death(fast) == ("timeout", False)
    assert peer.zygote.killed == [4711]


async def test_time_counts_from_when_the_worker_gets_round_to_a_request(peer: Peer) -> None:
    futures = [peer.worker.send(Close(number), 30) for number in (1, 2)]
    timer = peer.worker._timer
    await peer.answer(1)
    await futures[0]
    assert peer.worker._timer is not timer
    await peer.answer(2)
    await futures[1]
    assert peer.worker._timer is None


@pytest.mark.parametrize(
    ("code", "cause", "says"),
    [
        (0, "exit", "status 0"),
        (7, "exit", "status 7"),
        (-signal.SIGSEGV, "signal", "signal 11"),
        (-signal.SIGKILL, "killed", "killed from outside"),
    ],
)
async def test_how_a_process_ended_is_told_to_the_request_it_was_serving(
    peer: Peer, code: int, cause: str, says: str
) -> None:
    peer.zygote.code = code
    first, second = peer.worker.send(Close(1), 5), peer.worker.send(Close(2), 5)
    peer.socket.close()
    with pytest.raises(WorkerDiedError, match=says) as caught:
        await first
    assert (caught.value.cause, caught.value.guilty) == (cause, True)
    assert await _death(second) == (cause, False)
    assert peer.zygote.forgotten == [4711]


async def test_a_worker_that_hangs_up_and_goes_on_is_killed(peer: Peer) -> None:
    future = peer.worker.send(Close(1), 5)
    peer.socket.shutdown(socket.SHUT_WR)
    assert await _death(future) == ("protocol", True)
    assert peer.zygote.killed == [4711]


async def test_nobody_is_guilty_of_the_end_of_the_zygote_or_of_a_retirement() -> None:
    for cause in ("zygote", "retired"):
        zygote = StubZygote(closed=cause == "zygote")
        worker = await Worker.start(zygote, LIMIT)
        future = worker.send(Close(1), 5)
        if cause == "zygote":
            zygote.there.close()
        else:
            worker.retire()
            worker.retire()
        assert await _death(future) == (cause, False)
        await worker.gone()
        zygote.there.close()


async def test_the_innocent_are_told_before_the_guilty(peer: Peer) -> None:
    told: list[int] = []
    for number in range(4):
        future = peer.worker.send(Close(number), 5)
        future.add_done_callback(lambda _, number=number: told.append(number))
    peer.worker._kill("timeout", "for the test")
    await peer.worker.gone()
    await asyncio.sleep(0)
    assert told == [1, 2, 3, 0]


async def test_deaths_that_nobody_waits_for_are_no_warnings(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.worker.send(Close(1), 5)
    peer.worker.retire()
    await peer.worker.gone()
    peer.worker.send(Close(2), 5)
    assert not caplog.records


async def test_what_cannot_be_encoded_is_not_left_waiting(peer: Peer) -> None:
    with pytest.raises(OverflowError):
        peer.worker.send(Close(2**64), 5)
    future = peer.worker.send(Close(1), 5)
    await peer.answer(1)
    assert await future == Done()


async def test_answers_after_one_that_retires_the_worker_do_not_count(peer: Peer) -> None:
    first = peer.worker.send(Close(1), 5, lambda _reply: peer.worker.retire())
    second = peer.worker.send(Close(2), 5)
    await peer.say(encode([1, plain(Done())]) + encode([2, plain(Done())]))
    assert await first == Done()
    assert await _death(second) == ("retired", False)
