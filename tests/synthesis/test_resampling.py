"""The same world in another initial state: other rows, tasks that follow them, all proven."""

import json

import pytest

from awm.errors import UsageError
from awm.synthesis.details import details_of
from awm.synthesis.drafts import drafted_tasks
from awm.synthesis.generating import generate
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.synthesis.proof import prove
from awm.synthesis.resampling import resample
from awm.worlds import World, WorldFile, bundled_worlds, open_worlds
from tests.audit.tasked import proven
from tests.synthesis.ordering import SHARED, lines

SAME = (WorldFile.SCENARIO, WorldFile.DATABASE, WorldFile.SPEC, WorldFile.ENVIRONMENT)


@pytest.fixture(scope="module")
def world(worlds):
    """A world as it was written to a folder."""
    return worlds[next(iter(worlds))]


@pytest.fixture(scope="module")
async def other(world, runtime, pool):
    """The same world in its third state."""
    return await resample(world, 3, runtime, pool)


def plain(world: World) -> dict[str, list[str]]:
    """A world's rows as they are written."""
    return {
        part.value: [json.dumps(dict(row), ensure_ascii=False) for row in rows]
        for part, rows in world.records.items()
    }


def test_tools_rules_and_schema_are_the_same(world, other):
    assert other.name == world.name
    for part in SAME:
        assert plain(other)[part] == plain(world)[part]


def test_rows_tasks_oracles_and_verifiers_are_others(world, other):
    for part in WorldFile:
        if part not in SAME:
            assert plain(other)[part] != plain(world)[part]
    assert not set(other.tasks) & set(world.tasks)


def test_each_task_has_its_place_by_its_sort(world, other):
    mine, theirs = details_of(world), details_of(other)
    assert [each.kind for each in theirs] == [each.kind for each in mine]
    # The rows may not allow the same level; they do for most.
    off = [abs(one.difficulty - two.difficulty) for one, two in zip(mine, theirs, strict=True)]
    assert sum(off) / len(off) < 1


async def test_its_tasks_are_proven_for_others_too(other, runtime, pool):
    """As an audit sees it, on near misses that nobody tried when they were made."""
    strays = [call for oracle in other.oracles.values() for call in oracle.solution.calls]
    assert list(other.oracles) == list(range(10))
    for task_idx in (0, 4, 9):
        audit = await proven(runtime, pool, other, task_idx, strays)
        assert audit.verdict == "proven", audit.reason
        assert audit.modes == ("code", "sql")


async def test_from_any_state_it_comes_back_as_it_was_published(plan, catalogue, runtime, pool):
    manuscript = Manuscript(plan, catalogue)
    tasks = drafted_tasks(plan, manuscript.surface, manuscript.books)
    proven = await prove(manuscript, tasks, Order(1, tasks=2), runtime, pool)
    published = World.from_records(proven.records)
    other = await resample(published, 1, runtime, pool, catalogue=catalogue)
    assert plain(other) != plain(published)
    back = await resample(other, 0, runtime, pool, catalogue=catalogue)
    assert plain(back) == plain(published)


async def test_it_is_what_an_order_of_that_state_gives(other, tmp_path):
    order = Order(1, SHARED.seed, selection=SHARED.selection, state=3)
    await generate(order, tmp_path / "third")
    (name,) = open_worlds(tmp_path / "third")
    assert name == other.name
    for part, rows in plain(other).items():
        assert [line.decode().rstrip("\n") for line in lines(tmp_path / "third", part)] == rows


async def test_worlds_of_others_have_one_state_only(runtime, pool):
    bundled = bundled_worlds()
    with pytest.raises(UsageError, match="was not made by the builtin author"):
        await resample(bundled[next(iter(bundled))], 1, runtime, pool)


async def test_without_its_tasks_it_is_not_known_how_many_there_are(world, runtime, pool):
    records = {part: rows for part, rows in world.records.items() if part != WorldFile.TASKS}
    with pytest.raises(UsageError, match="Only its worlds have other initial states"):
        await resample(World.from_records(records), 1, runtime, pool)
