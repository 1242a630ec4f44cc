"""`awm gen transcript` shows what a run said to its model."""

import asyncio
import json

import pytest

from awm.cli.journals import JOURNAL
from awm.llm import Journal, Message, Question, ScriptedLLM


@pytest.fixture
def folder(tmp_path):
    """A folder in which a model was asked of two worlds."""
    place = tmp_path / "outputs"
    place.mkdir()

    async def ask() -> None:
        with Journal(place / JOURNAL) as journal:
            for stage, world in (("task", "Pet Shop"), ("db", "Pet Shop"), ("task", "Bakery")):
                llm = ScriptedLLM([f"{stage} of {world}"])
                seat = journal.model(llm, name="m", stage=stage, world=world, price=None)
                await seat.ask(Question((Message("user", f"Write {stage} of {world}."),)))

    asyncio.run(ask())
    return place


def test_all_of_it_is_told_in_order(awm, folder):
    told = awm("gen", "transcript", "outputs")
    assert told.code == 0
    titles = [line for line in told.out.splitlines() if line.startswith("## ")]
    assert titles == ["## Pet Shop: task", "## Pet Shop: db", "## Bakery: task"]
    assert "Write db of Pet Shop." in told.out


@pytest.mark.parametrize(
    ("options", "worlds"),
    [
        (("--scenario", "pet_shop"), ["Pet Shop", "Pet Shop"]),
        (("--stage", "task"), ["Pet Shop", "Bakery"]),
        (("--stage", "task,db", "--scenario", "Bakery"), ["Bakery"]),
    ],
)
def test_only_what_is_wanted_is_told(awm, folder, options, worlds):
    told = awm("gen", "transcript", "outputs", *options, "--json")
    assert [each["world"] for each in json.loads(told.out)] == worlds


@pytest.mark.parametrize("options", [("--scenario", "Zoo"), ("--stage", "env")])
def test_nothing_is_not_told_as_something(awm, folder, options):
    told = awm("gen", "transcript", "outputs", *options)
    assert (told.code, told.out) == (2, "")
    assert "has nothing of that" in told.err


def test_a_folder_without_a_model_is_named(awm, tmp_path):
    told = awm("gen", "transcript", ".")
    assert told.code == 2
    assert "llm_journal.sqlite is not there" in told.err
