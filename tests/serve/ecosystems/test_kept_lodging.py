"""A lodging for each event loop, which ends with it."""

import asyncio

import pytest

from awm.errors import InfrastructureError, RuntimeClosedError
from awm.serve.kept_lodging import KeptLodging


class Lodged:
    """A lodging that notes when it is entered and left, and takes its time where it has a door."""

    def __init__(self, log, fault=None, *, door=None):
        self.log = log
        self.fault = fault
        self.door = door
        self.opening = asyncio.Event()

    async def __aenter__(self):
        self.log.append("opening")
        self.opening.set()
        await asyncio.sleep(0) if self.door is None else await self.door.wait()
        if self.fault is not None:
            raise self.fault
        self.log.append("open")
        return self

    async def __aexit__(self, *exception):
        self.log.append("closed")


@pytest.fixture
def log():
    return []


async def in_its_own_loop(work):
    """Run a coroutine as frameworks do: on a loop that nobody here knows of."""
    return await asyncio.to_thread(lambda: asyncio.run(work()))


async def test_all_who_ask_share_one(log):
    kept = KeptLodging(lambda: Lodged(log))

    async def work():
        found = await asyncio.gather(*(kept.here() for _ in range(32)))
        assert len(set(map(id, found))) == 1

    await in_its_own_loop(work)
    assert log == ["opening", "open", "closed"]


async def test_each_loop_has_one_of_its_own(log):
    kept = KeptLodging(lambda: Lodged(log))
    first, second = await in_its_own_loop(kept.here), await in_its_own_loop(kept.here)
    assert first is not second
    assert log == ["opening", "open", "closed"] * 2


async def test_loops_that_ended_are_forgotten(log):
    kept = KeptLodging(lambda: Lodged(log))
    for _ in range(3):
        await in_its_own_loop(kept.here)
    assert len(kept._keepers) == 1


async def test_it_outlives_whoever_asked_first(log):
    lodged = Lodged(log, door=asyncio.Event())
    kept = KeptLodging(lambda: lodged)

    async def work():
        first = asyncio.create_task(kept.here())
        await lodged.opening.wait()
        first.cancel()
        await asyncio.wait({first})
        assert first.cancelled()
        lodged.door.set()
        assert isinstance(await kept.here(), Lodged)

    await in_its_own_loop(work)
    assert log == ["opening", "open", "closed"]


async def test_it_is_closed_when_told_and_opened_again_when_asked(log):
    kept = KeptLodging(lambda: Lodged(log))

    async def work():
        first = await kept.here()
        await kept.close()
        await kept.close()
        assert await kept.here() is not first

    await in_its_own_loop(work)
    assert log == ["opening", "open", "closed"] * 2


async def test_why_it_cannot_be_opened_is_told_to_all_and_tried_again(log):
    faults = [InfrastructureError("no room"), None]
    kept = KeptLodging(lambda: Lodged(log, faults.pop(0)))

    async def work():
        told = await asyncio.gather(kept.here(), kept.here(), return_exceptions=True)
        assert [str(error) for error in told] == ["no room"] * 2
        assert isinstance(await kept.here(), Lodged)

    await in_its_own_loop(work)


async def test_a_fault_that_nobody_waits_for_is_no_fault(log):
    kept = KeptLodging(lambda: Lodged(log, InfrastructureError("no room")))

    async def work():
        asker = asyncio.create_task(kept.here())
        await asyncio.sleep(0)
        asker.cancel()
        await asyncio.wait({asker})

    await in_its_own_loop(work)  # a warning that it was never retrieved would fail the test


async def test_whoever_waits_while_it_is_closed_is_told(log):
    lodged = Lodged(log, door=asyncio.Event())
    kept = KeptLodging(lambda: lodged)

    async def work():
        asker = asyncio.create_task(kept.here())
        await lodged.opening.wait()
        await kept.close()
        with pytest.raises(RuntimeClosedError, match="closed while it was opened"):
            await asker

    await in_its_own_loop(work)
