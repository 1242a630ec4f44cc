"""A table of sessions: room, use, and an end that each of them comes to, whatever others do."""

import asyncio
import logging
import math

import pytest

from awm.errors import InfrastructureError
from awm.serve import table as module
from awm.serve.table import Table, closed


class Lodger:
    """A session that ends once it may.

    Attributes:
        idle_seconds: As the test says.
        may_end: Set unless the test clears it.
        ended: How often it came to its end.
    """

    def __init__(self, idle_seconds: float = 0.0) -> None:
        self.idle_seconds = idle_seconds
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.ended = 0

    async def end(self) -> None:
        await self.may_end.wait()
        self.ended += 1


class Broken(Lodger):
    """A session whose end fails."""

    async def end(self) -> None:
        raise ZeroDivisionError("a slip of ours")


class Unmeasured(Lodger):
    """A session that fails over the question how long it was idle, the first time."""

    asked = 0

    @property
    def idle_seconds(self) -> float:
        self.asked += 1
        return 1.0 if self.asked > 1 else 1 / 0

    @idle_seconds.setter
    def idle_seconds(self, seconds: float) -> None:
        pass


@pytest.fixture
def table() -> Table[str, Lodger]:
    return Table(most=3, idle_seconds=60)


def filled(table, *lodgers):
    for number, lodger in enumerate(lodgers):
        table.add(str(number), lambda lodger=lodger: lodger)
    return lodgers


async def test_a_session_is_there_by_its_key_until_it_ends(table):
    (lodger,) = filled(table, Lodger())
    assert (table.get("0"), len(table), list(table)) == (lodger, 1, [lodger])
    await table.end("0")
    await table.end("0")
    assert (table.get("0"), len(table), lodger.ended) == (None, 0, 1)


async def test_beyond_the_most_none_is_begun_and_an_end_makes_room(table):
    filled(table, Lodger(), Lodger(), Lodger())
    assert table.add("late", lambda: pytest.fail("it was begun")) is None
    await table.end("1")
    late = Lodger()
    assert table.add("late", lambda: late) is late


async def test_it_is_remembered_why_a_session_ended_until_there_is_another(table, monkeypatch):
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    filled(table, Lodger(), Lodger(), Lodger())
    assert table.why_ended("0") is None
    for key in ("0", "1", "2"):
        await table.end(key, f"{key} was enough")
    assert [table.why_ended(key) for key in ("0", "1", "2")] == [
        None,
        "1 was enough",
        "2 was enough",
    ]
    table.add("1", Lodger)
    assert table.why_ended("1") is None


async def test_why_is_known_while_a_session_still_ends(table):
    (slow,) = filled(table, Lodger())
    slow.may_end.clear()
    ending = asyncio.create_task(table.end("0", "enough"))
    await asyncio.sleep(0)
    assert (table.get("0"), table.why_ended("0")) == (None, "enough")
    slow.may_end.set()
    await ending


async def test_a_session_ends_although_whoever_ended_it_goes_and_the_table_waits_for_it(table):
    (slow,) = filled(table, Lodger())
    slow.may_end.clear()
    ending = asyncio.create_task(table.end("0"))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait({ending})
    closing = asyncio.create_task(table.close())
    await asyncio.sleep(0)
    assert (ending.cancelled(), closing.done(), slow.ended) == (True, False, 0)
    slow.may_end.set()
    await closing
    assert slow.ended == 1


async def test_a_sweep_ends_those_that_nobody_used_and_says_how_many(table):
    used, idle, fresh = filled(table, Lodger(0), Lodger(60), Lodger(59.9))
    assert await table.sweep() == 1
    assert list(table) == [used, fresh]
    assert idle.ended == 1
    assert table.why_ended("1") == "nobody asked for it in 60 seconds"


async def test_where_there_is_no_limit_nobody_is_swept():
    table = Table(most=1, idle_seconds=math.inf)
    filled(table, Lodger(1e12))
    assert await table.sweep() == 0


async def test_one_that_ends_slowly_holds_up_no_other(table):
    slow, *others = filled(table, Lodger(61), Lodger(61), Lodger(61))
    slow.may_end.clear()
    sweeping = asyncio.create_task(table.sweep())
    async with asyncio.timeout(5):
        while not all(other.ended for other in others):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        slow.may_end.set()
        assert await sweeping == 3


async def test_a_session_that_does_not_end_well_is_logged_and_the_others_end(table, caplog):
    _, well = filled(table, Broken(61), Lodger(61))
    assert await table.sweep() == 2
    assert (len(table), well.ended) == (0, 1)
    assert "a slip of ours" in caplog.text


async def test_a_fault_of_one_sweep_is_logged_and_the_next_one_sweeps(caplog):
    table = Table(most=1, idle_seconds=0.01)
    (lodger,) = filled(table, Unmeasured())
    async with asyncio.timeout(5), table.swept():
        while not lodger.ended:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)
    assert "sessions were not swept" in caplog.text


async def test_at_the_end_all_end_and_none_begins_and_nothing_is_left(table):
    tasks = asyncio.all_tasks()
    async with table.swept():
        lodgers = filled(table, Lodger(), Broken(), Lodger())
    assert [lodger.ended for lodger in lodgers] == [1, 0, 1]
    assert len(table) == 0
    assert table.add("late", Lodger) is None
    assert table.why_ended("0") == "the server ends"
    assert asyncio.all_tasks() == tasks


async def test_an_instance_that_is_not_closed_properly_is_logged(caplog):
    async def let_go() -> None:
        raise InfrastructureError("its worker does not end.")

    await closed(let_go(), logging.getLogger("awm.test"))
    assert [record.name for record in caplog.records] == ["awm.test"]
    assert "its worker does not end" in caplog.text


async def test_a_slip_of_ours_over_closing_is_not_taken_for_a_fault_of_the_machinery():
    async def let_go() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await closed(let_go(), logging.getLogger("awm.test"))


async def test_an_instance_is_let_go_although_whoever_waits_is_cancelled():
    may, gone = asyncio.Event(), asyncio.Event()

    async def let_go() -> None:
        await may.wait()
        gone.set()

    closing = asyncio.create_task(closed(let_go(), logging.getLogger("awm.test")))
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait({closing})
    may.set()
    async with asyncio.timeout(5):
        await gone.wait()
