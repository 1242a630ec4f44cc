"""Many scenarios at once."""

import asyncio
import random

import pytest

from awm.errors import BudgetError, InfrastructureError, LLMAnswerError, WorldBuildError
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.engine import Finished, carry_all
from awm.synthesis.llm_author.events import StageDone, WorldDone, WorldFailed
from awm.synthesis.llm_author.pipeline import Line
from awm.synthesis.order import Order
from awm.synthesis.shelf import Shelf

from .lines import FakeStage, bench, scenario, streamed

TITLES = [f"World {number}" for number in range(12)]


class Bound:
    """Finishes worlds, and remembers how many were being written at a time."""

    def __init__(self, shelf, waits=None):
        self.shelf, self.waits, self.order = shelf, waits, []

    async def __call__(self, number, draft):
        if self.waits:
            await asyncio.sleep(self.waits[number])
        self.order.append(number)
        report = {"tasks": 2, "proven": 1, "dropped": []}
        self.shelf.put(number, draft.records, b"database", report)
        return Finished(number, draft.title, 2, 1)


@pytest.fixture
def shelf(tmp_path):
    found = Shelf(tmp_path, Order(12))
    found.open()
    return found


async def carried(shelf, stages, finish, heard=None, titles=TITLES, under_way=4):
    tell = (lambda _event: None) if heard is None else heard.append
    line = Line(stages, bench(), Checkpoints(shelf.path / "parts"), tell, pause=0)
    return await carry_all(
        streamed(map(scenario, titles)), line, shelf, finish, tell=tell, under_way=under_way
    )


async def test_all_scenarios_become_worlds_in_their_order_whenever_they_are_done(shelf):
    chance = random.Random(1)
    finish = Bound(shelf, [chance.random() / 50 for _ in TITLES])
    made = await carried(shelf, [FakeStage("task")], finish)
    assert finish.order != sorted(finish.order)
    assert [each.title for each in made.worlds] == TITLES
    assert [each.number for each in made.worlds] == list(range(12))
    assert shelf.done() == frozenset(range(12))


async def test_only_so_many_are_under_way(shelf):
    now, most = 0, 0

    class Counting(FakeStage):
        async def __call__(self, bench, draft):
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1
            return await super().__call__(bench, draft)

    await carried(shelf, [Counting("task")], Bound(shelf), under_way=3)
    assert most == 3


async def test_one_that_fails_costs_no_other(shelf):
    def act(draft):
        if draft.title == "World 3":
            raise LLMAnswerError("no use")

    heard = []
    made = await carried(shelf, [FakeStage("task", act)], Bound(shelf), heard)
    assert [(each.number, each.stage, each.why) for each in made.lost] == [(3, "task", "no use")]
    assert len(made.worlds) == 11
    assert WorldFailed("World 3", "task", "no use") in heard


async def test_one_that_does_not_come_to_life_is_lost_too(shelf):
    async def stillborn(number, draft):
        raise WorldBuildError(draft.title, "no table.")

    made = await carried(shelf, [FakeStage("task")], stillborn, titles=["Shop"])
    assert [(each.title, each.stage) for each in made.lost] == [("Shop", "task")]
    assert "no table." in made.lost[0].why


async def test_worlds_of_an_earlier_run_are_found_and_told_with_their_stages(shelf):
    stage = FakeStage("task")
    first = await carried(shelf, [stage], Bound(shelf), titles=TITLES[:5])
    heard = []
    again = await carried(shelf, [stage], Bound(shelf), heard, titles=TITLES[:7])
    assert again.worlds[:5] == first.worlds
    assert sorted(stage.seen) == TITLES[:7]
    assert WorldDone("World 2", 2, 1, kept=True) in heard
    assert StageDone("World 2", "task", kept=True) in heard


async def test_what_has_the_number_of_another_scenario_is_not_taken_for_it(shelf):
    await carried(shelf, [FakeStage("task")], Bound(shelf), titles=["Old"])
    made = await carried(shelf, [FakeStage("task")], Bound(shelf), titles=["New"])
    assert [each.title for each in made.worlds] == ["New"]


async def test_when_the_budget_is_spent_nothing_that_is_under_way_is_broken_off(shelf):
    async def slow(number, draft):
        await asyncio.sleep(0.02)
        return await Bound(shelf)(number, draft)

    def act(draft):
        if draft.title == "World 3":
            raise BudgetError("spent")

    with pytest.raises(BudgetError):
        await carried(shelf, [FakeStage("task", act)], slow, titles=TITLES[:4])
    assert shelf.done() == {0, 1, 2}


async def test_a_fault_of_the_machinery_ends_the_run(shelf):
    async def broken(number, draft):
        raise InfrastructureError("no process")

    with pytest.raises(InfrastructureError):
        await carried(shelf, [FakeStage("task")], broken)


async def failing(rows, error):
    async for row in streamed(rows):
        yield row
    raise error


async def test_when_no_more_can_be_thought_of_that_is_told_when_the_others_are_done(shelf):
    rows = map(scenario, TITLES[:3])
    finish = Bound(shelf, [0.01] * 3)
    line = Line([FakeStage("task")], bench(), Checkpoints(shelf.path / "parts"), print)
    with pytest.raises(LLMAnswerError, match="3 of 9"):
        await carry_all(
            failing(rows, LLMAnswerError("3 of 9 scenarios were found.")), line, shelf, finish,
            tell=print, under_way=1,
        )  # fmt: skip
    assert shelf.done() == {0, 1, 2}


async def test_however_many_are_thought_of_ahead_a_run_that_ends_leaves_nothing_running(shelf):
    async def broken(number, draft):
        raise InfrastructureError("no process")

    before = asyncio.all_tasks()
    with pytest.raises(InfrastructureError):
        await carried(
            shelf, [FakeStage("task")], broken, titles=[f"W {n}" for n in range(200)], under_way=1
        )
    assert asyncio.all_tasks() == before
