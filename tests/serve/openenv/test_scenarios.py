"""The worlds of a folder are read once, and those that cannot be are left out."""

import asyncio
from collections.abc import Mapping

import pytest

from awm.errors import UsageError, WorldFileError
from awm.rollout.splits import Splits
from awm.serve.openenv.scenarios import Scenarios
from tests.rollout.diaries import TASKS, diary

USUAL = Splits(validation=0.0)


class Counting(Mapping):
    """A folder that counts how often its worlds are read; one of them is broken."""

    def __init__(self):
        self.read = []

    def __iter__(self):
        return iter(("diary", "broken"))

    def __len__(self):
        return 2

    def __getitem__(self, name):
        self.read.append(name)
        if name == "broken":
            raise WorldFileError(name, "it is broken.")
        return diary()


async def test_worlds_are_read_once_however_many_ask_at_once(caplog):
    folder = Counting()
    scenarios = Scenarios(folder, USUAL)
    listings = await asyncio.gather(*(scenarios.listing() for _ in range(5)))
    assert folder.read == ["diary", "broken"]
    assert [entry["name"] for entry in listings[0]] == ["diary"]
    assert "broken" in caplog.text


async def test_each_task_is_in_one_split():
    scenarios = Scenarios(Counting(), USUAL)
    tasks = [*await scenarios.tasks("train"), *await scenarios.tasks("test")]
    assert [task["task"] for task in tasks] == list(TASKS)
    assert {task["scenario"] for task in tasks} == {"diary"}


async def test_there_are_no_other_splits():
    with pytest.raises(UsageError, match="no such split"):
        await Scenarios(Counting(), USUAL).tasks("validation")


async def test_where_validation_has_a_share_it_is_offered():
    scenarios = Scenarios(Counting(), Splits(validation=1.0, test=0.0))
    assert scenarios.offered == ("train", "validation", "test")
    assert [task["task"] for task in await scenarios.tasks("validation")] == list(TASKS)
    assert await scenarios.tasks("train") == []
