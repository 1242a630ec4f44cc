"""Workshops side by side: who makes which world, and what happens when one of them is lost."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from awm.errors import InfrastructureError, WorldError
from awm.synthesis.workshop import Made
from awm.synthesis.workshops import MakerGoneError, Workshops


class ScriptedMaker:
    """Makes worlds as its script says: an error to raise, or None for a world."""

    def __init__(self, name: str, script: Sequence[Exception | None] = ()) -> None:
        self.name = name
        self.asked: list[str] = []
        self.closed = False
        self._script = list(script)

    async def make(self, row, place=None) -> Made:
        self.asked.append(row["name"])
        await asyncio.sleep(0)
        if self._script and (error := self._script.pop(0)) is not None:
            raise error
        return Made(len(self.asked), row["name"], 1, (), 0.0)

    async def close(self) -> None:
        self.closed = True


class Yard:
    """What starts scripted makers, and remembers them."""

    def __init__(self) -> None:
        self.opened: list[ScriptedMaker] = []

    def opening(self, *script: Exception | None) -> Callable:
        async def opened() -> ScriptedMaker:
            self.opened.append(ScriptedMaker(f"m{len(self.opened)}", script))
            return self.opened[-1]

        return opened


@pytest.fixture
def yard() -> Yard:
    return Yard()


def rows(count: int) -> list[dict]:
    return [{"name": f"world {number}"} for number in range(count)]


def patience() -> asyncio.Timeout:
    """What is under way ends by itself, or would hang for ever."""
    return asyncio.timeout(2)


async def never() -> ScriptedMaker:
    """Start a workshop for which there is no room."""
    return await asyncio.get_running_loop().create_future()


async def test_every_world_is_made_once_and_told_of(yard):
    made: list[str] = []
    async with Workshops([yard.opening()] * 3) as shops:
        await shops.make_all(rows(10), lambda each: made.append(each.title))
    assert sorted(made) == sorted(row["name"] for row in rows(10))
    assert len(yard.opened) == 3
    assert all(maker.closed for maker in yard.opened)


async def test_none_is_started_before_a_world_waits_for_it(yard):
    async with Workshops([yard.opening()] * 3) as shops:
        await shops.make_all([], pytest.fail)
        assert yard.opened == []
        for row in rows(2):
            await shops.make(row)
        assert [maker.asked for maker in yard.opened] == [["world 0", "world 1"]]


async def test_one_without_room_keeps_nobody_waiting(yard):
    made: list[Made] = []
    async with Workshops([yard.opening(), never]) as shops:
        await shops.make_all(rows(4), made.append)
    assert len(made) == 4


async def test_a_world_whose_machine_is_lost_is_made_in_another_workshop(yard):
    async with Workshops([yard.opening(MakerGoneError()), yard.opening()]) as shops:
        assert (await shops.make(rows(1)[0])).title == "world 0"
    assert [maker.asked for maker in yard.opened] == [["world 0"], ["world 0"]]


async def test_three_machines_lost_over_one_world_end_it(yard):
    async with Workshops([yard.opening(MakerGoneError())] * 2) as shops:
        with pytest.raises(InfrastructureError, match=r"3 machines.*'world 0'") as raised:
            await shops.make(rows(1)[0])
    assert "ray status" in str(raised.value)


async def test_a_world_that_does_not_come_to_life_leaves_its_workshop_in_use(yard):
    stillborn = WorldError("world 0", "no tables.", "Give it some.")
    async with Workshops([yard.opening(stillborn)]) as shops:
        with pytest.raises(WorldError, match="no tables"):
            await shops.make(rows(1)[0])
        await shops.make(rows(2)[1])
    assert [maker.asked for maker in yard.opened] == [["world 0", "world 1"]]


async def test_a_workshop_that_failed_is_ended_and_another_one_takes_its_place(yard):
    async with Workshops([yard.opening(InfrastructureError("it died."))]) as shops:
        with pytest.raises(InfrastructureError, match="it died"):
            await shops.make(rows(1)[0])
        assert yard.opened[0].closed
        with pytest.raises(InfrastructureError, match="it died"):  # its successor's script
            await shops.make(rows(2)[1])
    assert len(yard.opened) == 2


async def test_one_that_cannot_be_started_is_told_and_tried_again_for_the_next(yard):
    refusals = [InfrastructureError("no processes left.")]

    async def opening() -> ScriptedMaker:
        if refusals:
            raise refusals.pop()
        return await yard.opening()()

    async with Workshops([opening]) as shops:
        with pytest.raises(InfrastructureError, match="no processes left"):
            await shops.make(rows(1)[0])
        assert (await shops.make(rows(2)[1])).title == "world 1"


async def test_one_that_fails_keeps_nobody_else_waiting_for_it(yard):
    async with Workshops([yard.opening(InfrastructureError("it died."))]) as shops, patience():
        told = await asyncio.gather(*map(shops.make, rows(3)), return_exceptions=True)
    assert [str(each) for each in told] == ["it died."] * 3  # each of its successors does


async def test_one_that_cannot_be_started_is_told_to_all_who_wait_for_it():
    async def opening() -> ScriptedMaker:
        raise InfrastructureError("no processes left.")

    async with Workshops([opening]) as shops, patience():
        told = await asyncio.gather(*map(shops.make, rows(3)), return_exceptions=True)
    assert [str(each) for each in told] == ["no processes left."] * 3


async def test_an_error_of_nobodys_kind_at_the_start_is_raised_and_not_waited_on():
    async def opening() -> ScriptedMaker:
        raise OSError(24, "Too many open files")

    async with Workshops([opening]) as shops, patience():
        with pytest.raises(OSError, match="Too many open files"):
            await shops.make(rows(1)[0])


async def test_it_is_known_that_none_has_room(yard):
    async with Workshops([never, yard.opening()]) as shops:
        assert not shops.none_has_room
        waiting = asyncio.create_task(shops.make(rows(1)[0]))
        await asyncio.sleep(0)
        assert shops.none_has_room
        await shops.make(rows(2)[1])
        assert not shops.none_has_room
        waiting.cancel()


async def test_the_first_failure_ends_the_others(yard):
    class Endless(ScriptedMaker):
        async def make(self, row, place=None) -> Made:
            return await asyncio.get_running_loop().create_future()

    async def endless() -> ScriptedMaker:
        return Endless("endless")

    failing = yard.opening(None, InfrastructureError("it died."))
    async with Workshops([endless, failing]) as shops:
        with pytest.raises(InfrastructureError, match="it died"):
            await shops.make_all(rows(9), lambda _made: None)
