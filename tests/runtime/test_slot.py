"""A slot always has a living worker for whoever asks."""

import asyncio
from dataclasses import dataclass, field

import pytest

from awm.errors import InfrastructureError, RuntimeClosedError, WorkerLostError, WorldLoadError
from awm.runtime.slot import WorkerSlot
from awm.runtime.wire import Close, Done, Message
from awm.runtime.worker import Cause, WorkerDiedError


@dataclass(eq=False)
class StubWorker:
    """Answers `Done`, or dies of what it was given."""

    dies_of: tuple[Cause, bool] | None = None
    lost: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, message: Message, seconds: float) -> asyncio.Future[Message]:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        if self.dies_of is None:
            future.set_result(Done())
        else:
            self.lost = True
            cause, guilty = self.dies_of
            future.set_exception(WorkerDiedError(cause, "for the test", guilty=guilty))
        return future

    def retire(self) -> None:
        self.lost = True
        self.ended.set()

    async def gone(self) -> None:
        await self.ended.wait()


class Starter:
    """Starts the given workers one after the other, once it is let."""

    def __init__(self, *workers: StubWorker | Exception) -> None:
        self.left = list(workers)
        self.started = 0
        self.may_start = asyncio.Event()
        self.may_start.set()

    async def __call__(self) -> StubWorker:
        self.started += 1
        await self.may_start.wait()
        worker = self.left.pop(0)
        if isinstance(worker, Exception):
            raise worker
        return worker


async def test_a_living_worker_is_kept_and_a_lost_one_replaced() -> None:
    first, second = StubWorker(), StubWorker()
    slot = WorkerSlot(Starter(second), first)
    assert await slot.worker() is await slot.worker() is first
    first.lost = True
    assert await slot.worker() is await slot.worker() is second is slot.current


async def test_all_who_wait_get_the_same_replacement_even_if_one_gives_up() -> None:
    start = Starter(StubWorker())
    start.may_start.clear()
    slot = WorkerSlot(start)
    waiting = [asyncio.create_task(slot.worker()) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    start.may_start.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert set(outcomes[1:]) == {slot.current}
    assert start.started == 1


async def test_a_start_is_tried_again_if_the_machinery_fails_not_if_the_world_does() -> None:
    worker = StubWorker()
    stumbling = Starter(InfrastructureError("one"), InfrastructureError("two"), worker)
    assert await WorkerSlot(stumbling).worker() is worker
    with pytest.raises(InfrastructureError, match="three"):
        await WorkerSlot(Starter(*map(InfrastructureError, ("one", "two", "three")))).worker()
    broken = Starter(WorldLoadError("w", "broken"), worker)
    slot = WorkerSlot(broken)
    with pytest.raises(WorldLoadError):
        await slot.worker()
    assert await slot.worker() is worker


@pytest.mark.parametrize("end", [("killed", True), ("retired", False), ("timeout", False)])
async def test_a_request_is_made_again_when_its_worker_was_lost_over_something_else(
    end: tuple[Cause, bool],
) -> None:
    slot = WorkerSlot(Starter(StubWorker(end), StubWorker()))
    assert await slot.request(Close(1), 1) == Done()
    with pytest.raises(WorkerLostError, match="3 workers in a row"):
        await WorkerSlot(Starter(*(StubWorker(end) for _ in range(3)))).request(Close(1), 1)


async def test_a_request_that_its_worker_dies_of_is_not_made_again() -> None:
    start = Starter(StubWorker(("timeout", True)), StubWorker())
    with pytest.raises(WorkerDiedError):
        await WorkerSlot(start).request(Close(1), 1)
    assert start.started == 1


async def test_closing_ends_the_worker_and_refuses_from_then_on() -> None:
    worker = StubWorker()
    slot = WorkerSlot(Starter(), worker)
    await slot.close()
    await slot.close()
    assert worker.ended.is_set()
    with pytest.raises(RuntimeClosedError):
        await slot.worker()


async def test_closing_amid_a_replacement_refuses_those_who_wait_and_cancels_nobody() -> None:
    start = Starter(StubWorker())
    start.may_start.clear()
    slot = WorkerSlot(start)
    waiting = [asyncio.create_task(slot.worker()) for _ in range(3)]
    await asyncio.sleep(0)
    await slot.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {RuntimeClosedError}
    assert slot.current is None
