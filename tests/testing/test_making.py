import pytest

from awm.errors import InfrastructureError
from awm.synthesis.order import Order
from awm.synthesis.plan import WorldPlan
from awm.testing import ModelServer
from awm.testing.making import BundledSource, Library, Plans, folder_for
from awm.worlds.bundled import bundled_worlds
from tests.testing.conftest import BRIEF
from tests.testing.questions import client, question

ORDER = Order(count=3)


class CountingSource:
    """Three worlds that are one, and what was asked for; the second fails at first."""

    def __init__(self):
        self.asked = []
        self.world = next(iter(bundled_worlds().values()))

    async def names(self):
        return ["One", "Two", "Three"]

    async def at(self, place):
        self.asked.append(place)
        if self.asked.count(place) == 1 and place == 1:
            raise InfrastructureError("the process died.")
        return self.world

    async def remembered(self):
        return [2]

    async def aclose(self):
        self.asked.append("closed")


@pytest.fixture
def source():
    return CountingSource()


@pytest.fixture
def library(source, tmp_path):
    return Library(source, Plans(ORDER, tmp_path))


async def test_a_world_is_asked_for_once_however_often_it_is_needed(library, source):
    worlds = [await library.world(title) for title in ("One", "one ", "ONE")]
    assert worlds[0] is worlds[1] is worlds[2]
    assert source.asked == [0]


async def test_a_world_that_could_not_be_made_is_tried_again(library, source):
    with pytest.raises(InfrastructureError):
        await library.world("Two")
    assert (await library.world("Two")).tasks == source.world.tasks


async def test_a_title_that_is_none_of_the_worlds_finds_one_that_its_text_decides_on(tmp_path):
    found = []
    for _ in range(2):
        source = CountingSource()
        library = Library(source, Plans(ORDER, tmp_path))
        for title in [f"Club {number}" for number in range(20)]:
            try:
                await library.world(title)
            except InfrastructureError:
                await library.world(title)
        found.append(source.asked)
    assert found[0] == found[1]
    assert set(found[0]) == {0, 1, 2}


async def test_a_task_is_found_by_its_sentence_in_a_world_that_was_asked_for(library, source):
    world = await library.world("One")
    sentence = "  ".join(source.world.tasks[4].split())
    assert await library.holding(sentence) == [(world, 4)]
    assert source.asked == [0]


async def test_a_task_is_found_by_its_sentence_in_a_world_that_an_earlier_server_made(
    library, source
):
    ((_, number),) = await library.holding(source.world.tasks[4])
    assert number == 4
    assert source.asked == [2]


async def test_a_sentence_that_is_no_task_is_found_nowhere(library):
    assert list(await library.holding("What is the capital of Peru?")) == []


async def test_closing_ends_whatever_makes_worlds(library, source):
    await library.aclose()
    assert source.asked == ["closed"]


async def test_as_many_worlds_are_prepared_as_there_are_if_more_are_wanted(tmp_path):
    library = Library(BundledSource(), Plans(ORDER, tmp_path))
    await library.prepare_first(50)
    assert (await library.world("Online Pharmacy")).title == "Online Pharmacy"


class CountedPlanner:
    """Plans that were made once, for whoever asks for them again."""

    asked = ()

    def __init__(self, rows):
        self._rows = rows

    def __call__(self, seed):
        return self

    def plans(self, count):
        self.asked = (*self.asked, count)
        return map(WorldPlan.from_row, self._rows[:count])


async def test_plans_are_kept_and_more_are_made_where_more_are_wanted(
    builtin, cache, tmp_path, monkeypatch
):
    rows = await Plans(Order(count=4, tasks=2), only(cache)).rows()
    planner = CountedPlanner(rows)
    monkeypatch.setattr("awm.testing.making.Planner", planner)
    found = [await Plans(Order(count=count), tmp_path).rows() for count in (2, 2, 1, 4, 3)]
    assert found == [rows[:2], rows[:2], rows[:1], rows, rows[:3]]
    assert planner.asked == (2, 4)


def test_two_orders_share_no_folder_unless_only_their_number_differs(tmp_path):
    folders = [
        folder_for(tmp_path, order)
        for order in (Order(count=3), Order(count=9), Order(count=3, tasks=2), Order(3, seed=1))
    ]
    assert folders[0] == folders[1]
    assert len(set(folders)) == 3


async def test_a_world_that_was_made_is_kept_for_the_next_server(builtin, cache):
    title = (await Plans(Order(count=1, tasks=2), only(cache)).rows())[0]["name"]
    (made,) = cache.rglob("[0-9]*.json")
    before = made.stat().st_mtime_ns
    texts = []
    async with ModelServer(known=1, tasks=2, cache=cache) as other:
        for server in (builtin, other):
            llm = client(server, BRIEF)
            texts.append((await llm.ask(question("env", scenario=title))).text)
            await llm.aclose()
    assert texts[0] == texts[1]
    assert made.stat().st_mtime_ns == before


def only(folder):
    (found,) = folder.iterdir()
    return found
