"""Which tasks there are: worlds are read once, held apart by split, and found by their names."""

import asyncio
from pathlib import Path

import pytest

from awm.errors import UsageError
from awm.rollout.splits import Splits
from awm.serve.openreward.refusals import NotThereError
from awm.serve.openreward.tasks import TaskLists, errand_of
from awm.serve.openreward.terms import OpenRewardTerms
from awm.serve.openreward.wire import TaskSpec
from awm.worlds import WorldFolder
from tests.rollout.diaries import TASKS, diary
from tests.serve.openreward.worlds import TEST, TRAIN, folder

NAMES = [f"world_{number}" for number in range(40)]


def counting(names=NAMES):
    """A folder, and the names of the worlds that were read from it."""
    read = []

    def load(name):
        read.append(name)
        return diary(name)

    return WorldFolder(Path("/counted"), {name: name for name in names}, load), read


async def scenarios(lists, split):
    return {task["scenario"] for task in await lists.of(split)}


async def test_each_world_is_read_once_however_many_ask():
    worlds, read = counting()
    lists = TaskLists(worlds, OpenRewardTerms())
    await asyncio.gather(*(lists.of(split) for split in ("train", "test") * 5))
    assert read == NAMES


async def test_who_gives_up_waiting_does_not_keep_others_waiting():
    worlds, read = counting()
    lists = TaskLists(worlds, OpenRewardTerms())
    hasty = asyncio.create_task(lists.of("train"))
    await asyncio.sleep(0)
    hasty.cancel()
    assert await lists.of("train")
    assert read == NAMES


async def test_worlds_of_validation_are_in_train_and_no_world_is_in_two_splits():
    worlds, _ = counting()
    lists, usual = TaskLists(worlds, OpenRewardTerms()), Splits()
    train, test = await scenarios(lists, "train"), await scenarios(lists, "test")
    assert test == {name for name in NAMES if usual.named(name) == "test"}
    assert train == set(NAMES) - test
    assert any(usual.named(name) == "validation" for name in train)


async def test_with_a_share_for_validation_there_is_a_split_of_it():
    worlds, _ = counting()
    terms = OpenRewardTerms(splits=Splits())
    lists = TaskLists(worlds, terms)
    assert terms.offered == ("train", "validation", "test")
    parts = [await scenarios(lists, split) for split in terms.offered]
    assert all(parts)
    assert sum(map(len, parts)) == len(NAMES)


async def test_tasks_are_in_the_order_of_the_worlds():
    worlds, _ = counting(["shop", "bank"])
    listed = await TaskLists(worlds, OpenRewardTerms()).of("train")
    places = [(task["scenario"], task["task_idx"], task["task"]) for task in listed]
    assert places == [(name, n, task) for name in ("shop", "bank") for n, task in enumerate(TASKS)]


async def test_a_world_that_cannot_be_read_costs_no_other(caplog):
    lists = TaskLists(folder(), OpenRewardTerms())
    assert {TRAIN, "sleeper", "sloth", "broken"} == await scenarios(lists, "train")
    assert {TEST} == await scenarios(lists, "test")
    assert "torn" in caplog.text


@pytest.mark.parametrize("split", ["validation", "Train", "", "nope"])
async def test_there_is_no_other_split(split):
    with pytest.raises(UsageError, match="Invalid split"):
        await TaskLists(folder(), OpenRewardTerms()).of(split)


@pytest.mark.parametrize("index", [3, -4, 10**30])
async def test_there_is_no_task_beyond_the_last(index):
    with pytest.raises(UsageError, match="Invalid index"):
        await TaskLists(folder(), OpenRewardTerms()).at("test", index)


async def test_reading_can_be_given_up():
    worlds, read = counting()
    lists = TaskLists(worlds, OpenRewardTerms())
    lists.begin()
    await asyncio.sleep(0)
    await lists.close()
    assert len(read) < len(NAMES)


async def test_an_errand_names_its_world_and_its_sentence(lodging):
    errand = await errand_of(lodging, TaskSpec(scenario="E-commerce 33", task_idx=2))
    assert (errand.world.name, errand.sentence) == (TRAIN, TASKS[2])
    assert errand.spec == TaskSpec(scenario=TRAIN, task_idx=2, task=TASKS[2])


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd", "/etc/passwd", "\0", "??"])
async def test_an_unknown_world_is_not_there_and_tells_nothing_of_the_server(lodging, name):
    with pytest.raises(NotThereError) as refused:
        await errand_of(lodging, TaskSpec(scenario=name))
    assert "/made/by/tests" not in str(refused.value)


async def test_an_unknown_task_is_not_there(lodging):
    with pytest.raises(NotThereError, match="no task 9"):
        await errand_of(lodging, TaskSpec(scenario=TRAIN, task_idx=9))
