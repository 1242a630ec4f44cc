"""What is offered of a folder of worlds, and in which words people ask for it."""

import pytest

from awm.agents import EpisodeLimits
from awm.errors import UnknownWorldError, UsageError, WorldFileError
from awm.rollout.env_types import Answer
from awm.rollout.splits import Splits
from awm.serve.offer import open_offer, selection_of
from awm.types import ToolCall
from tests.serve.ecosystems.diaries_on_disk import ANSWER, SOLUTION

LIMITS = EpisodeLimits(parallel=True)


def names_of(offer, **asked):
    return [task.name for task in offer.tasks(selection_of("all", **asked))]


def test_tasks_that_no_verifier_decides_are_not_offered(offer):
    assert names_of(offer, names="diary") == ["diary/0", "diary/1"]


def test_where_no_task_can_be_graded_it_says_so(offer, monkeypatch):
    monkeypatch.setattr("awm.serve.offer._Survey.is_graded", lambda *_: False)
    with pytest.raises(UsageError, match="none of the tasks has a verifier that decides"):
        names_of(offer)


@pytest.mark.parametrize(
    "names", ["Diary,broken diary", ["diary", "broken_diary"], " diary , broken_diary,"]
)
def test_worlds_are_named_in_any_spelling_alone_or_in_a_list(offer, names):
    assert {name.partition("/")[0] for name in names_of(offer, names=names)} == {
        "diary",
        "broken_diary",
    }


def test_a_limit_takes_from_the_worlds_in_turn(offer):
    assert names_of(offer, limit=2) == ["broken_diary/0", "diary/0"]


def test_the_sides_have_all_worlds_and_none_twice(offer):
    def worlds_on(side):
        try:
            return {task.world for task in offer.tasks(selection_of(side))}
        except UsageError:  # few worlds may leave a side without any
            return set()

    sides = {side: worlds_on(side) for side in ("train", "validation", "test")}
    assert sorted(world for side in sides.values() for world in side) == ["broken_diary", "diary"]
    assert "diary" in sides[Splits().of(offer.worlds["diary"])]


def test_a_model_is_told_the_rules_the_moment_and_the_task(offer):
    task = offer.tasks(selection_of("all", names="diary"))[0]
    assert task.sentence == "Write down milk and bread."
    assert "is signed in already" in task.rules
    assert task.rules.endswith(f"{offer.worlds['diary'].clock:%Y-%m-%d %H:%M} UTC.")


def test_through_the_two_tools_it_is_told_of_those(diaries):
    task = open_offer(str(diaries), tools="meta").tasks(selection_of("all", names="diary"))[0]
    assert "First call `list_tools`" in task.rules


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"tools": "both"}, "agents cannot act through 'both'. There are direct and meta"),
        ({"reward": "gold"}, "there is no reward scheme 'gold'"),
        ({"reward": {"complete": 1.0}}, "does not say what these are worth"),
    ],
)
def test_what_there_is_not_is_refused(diaries, asked, what):
    with pytest.raises(UsageError, match=what):
        open_offer(str(diaries), **asked)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorldFileError, match="nowhere is not there"):
        open_offer(str(tmp_path / "nowhere"))


def test_a_split_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="no split 'dev'\\. There are train, "):
        selection_of("dev")


@pytest.mark.parametrize(("written", "read"), [(2, (2,)), ([1, 3], (1, 3)), ((), ())])
def test_difficulties_are_one_or_several(written, read):
    assert selection_of("test", difficulty=written).difficulty == read


def test_a_name_may_be_a_number():
    assert selection_of("test", names=2048).worlds == ("2048",)


@pytest.mark.parametrize("live_worlds", [0, -1])
def test_no_world_alive_is_refused(offer, live_worlds):
    with pytest.raises(UsageError, match="live worlds are too few"):
        offer.kept(live_worlds)


async def test_an_environment_is_played_and_paid_by_the_scheme(diaries, offer, lodging):
    table = {"complete": 5.0, "partial": 1.0, "agent_error": -2.0, "environment_error": 0.0}
    paying = open_offer(str(diaries), reward=table | {"format_violation": -3.0})
    async with await paying.env(await lodging.here(), "Diary", 0, LIMITS) as env:
        await env.reset(seed=0)
        await env.step(list(SOLUTION))
        assert (await env.step(Answer(ANSWER))).reward == 5.0
        await env.reset(seed=0)
        assert (await env.step(Answer(ANSWER))).reward == -2.0


async def test_equal_seeds_throw_equal_dice(offer, lodging):
    async def thrown(seed):
        async with await offer.env(await lodging.here(), "diary", 0, LIMITS) as env:
            await env.reset(seed=seed)
            return (await env.step(ToolCall("throw_dice"))).observation.text

    assert await thrown(1) == await thrown(1) != await thrown(2)


async def test_worlds_and_tasks_that_are_not_there_are_named(offer, lodging):
    here = await lodging.here()
    with pytest.raises(UnknownWorldError, match="Did you mean diary"):
        await offer.env(here, "dairy", 0, LIMITS)
    with pytest.raises(UsageError, match="has no task 9"):
        await offer.env(here, "diary", 9, LIMITS)
