"""Who waits for a process that is at work, and for how long."""

import asyncio

import pytest

from awm.runtime.turns import Turns

LONG, SHORT = 30.0, 0.01


@pytest.fixture
def turns() -> Turns:
    return Turns(LONG)


class Worker:
    """Takes turns, and says in which order they came."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._last = asyncio.Event()

    def start(self, name: str, owner: str = "w", *, at_once: bool = False) -> None:
        """Begin a piece of work that lasts until it is told to end."""
        self.gates[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._work(name, owner, at_once))

    async def end(self, *names: str) -> None:
        """End pieces of work, one after the other."""
        for name in names:
            self.gates[name].set()
            await self.tasks[name]
            await settled()

    async def all_begun(self) -> None:
        """Wait until everything that was started has its turn."""
        await self._last.wait()

    async def _work(self, name: str, owner: str, at_once: bool) -> None:
        async with self.turns.turn(owner, at_once=at_once):
            self.began.append(name)
            if len(self.began) == len(self.gates):
                self._last.set()
            await self.gates[name].wait()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_after_the_other_in_the_order_in_which_they_came(turns: Turns) -> None:
    work = Worker(turns)
    for name in "abc":
        work.start(name)
    await settled()
    for done, begun in (("a", ["a", "b"]), ("b", ["a", "b", "c"]), ("c", ["a", "b", "c"])):
        await work.end(done)
        assert work.began == begun


async def test_owners_do_not_wait_for_each_other(turns: Turns) -> None:
    work = Worker(turns)
    work.start("a", "one")
    work.start("b", "other")
    await settled()
    assert work.began == ["a", "b"]
    await work.end(*"ab")


async def test_whoever_has_a_process_for_the_taking_goes_at_once(turns: Turns) -> None:
    work = Worker(turns)
    work.start("a")
    work.start("b", at_once=True)
    await settled()
    assert work.began == ["a", "b"]
    await work.end(*"ab")


async def test_but_not_before_those_who_wait_already(turns: Turns) -> None:
    work = Worker(turns)
    for name in "abc":
        work.start(name, at_once=name == "c")
    await settled()
    assert work.began == ["a"]
    await work.end(*"abc")
    assert work.began == ["a", "b", "c"]


async def test_nobody_waits_for_longer_than_it_is_worth() -> None:
    work = Worker(Turns(SHORT))
    for name in "abc":
        work.start(name)
    await work.all_begun()
    await work.end(*"cab")


async def test_what_fails_calls_the_next_one(turns: Turns) -> None:
    async def fail() -> None:
        async with turns.turn("w", at_once=False):
            await asyncio.sleep(0)
            raise ValueError

    work = Worker(turns)
    failing = asyncio.create_task(fail())
    await asyncio.sleep(0)
    work.start("a")
    with pytest.raises(ValueError):
        await failing
    await settled()
    assert work.began == ["a"]
    await work.end("a")


async def test_who_gives_up_waiting_is_passed_over(turns: Turns) -> None:
    work = Worker(turns)
    for name in "abc":
        work.start(name)
    await settled()
    work.tasks["b"].cancel()
    await settled()
    await work.end("a")
    assert work.began == ["a", "c"]
    await work.end("c")


async def test_who_was_called_and_gives_up_calls_the_next_one(turns: Turns) -> None:
    work = Worker(turns)
    for name in "abc":
        work.start(name)
    await settled()
    work.gates["a"].set()
    await work.tasks["a"]  # which has called `b` by now
    work.tasks["b"].cancel()
    await settled()
    assert work.began == ["a", "c"]
    await work.end("c")


async def test_nothing_is_remembered_of_owners_that_are_done() -> None:
    turns = Turns(SHORT)
    work = Worker(turns)
    for number, name in enumerate("abcdefg"):
        work.start(name, f"owner {number % 3}")
    await work.all_begun()
    await work.end(*"abcdefg")
    assert not any(vars(turns)[kept] for kept in ("_at_work", "_waiting"))
