"""Reference solutions as a policy, and scripts of their form."""

import pytest

from awm.agents import META_TOOLS, Assignment, Heard
from awm.errors import UsageError, WorldFileError
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.job import Job
from awm.rollout.playing import Player
from awm.rollout.policies import oracle_policy, script_policy
from awm.types import ToolSpec
from awm.worlds import bundled_worlds
from tests.rollout.diaries import SOLUTION, diary

ROW = {
    "scenario": "My Diary",
    "task_idx": 0,
    "calls": [{"tool": call.name, "arguments": call.arguments} for call in SOLUTION],
    "answer": "Done.",
}


@pytest.mark.parametrize("meta_tools", [True, False])
async def test_the_oracle_solves_what_has_an_oracle(runtime, pool, meta_tools):
    worlds = {"diary": diary()}
    player = Player(runtime, Grader(pool), Conditions(meta_tools=meta_tools))
    played = await player.play(worlds["diary"], Job("diary", 0), oracle_policy(worlds))
    assert (played.episode.policy, played.episode.outcome) == ("oracle", "complete")
    made = [call.name for turn in played.episode.trajectory.turns for call in turn.tool_calls]
    assert made == (["list_tools", *["call_tool"] * 2] if meta_tools else ["add_note"] * 2)


async def test_the_oracle_keeps_the_format_rules(runtime, pool):
    worlds = {"diary": diary()}
    player = Player(runtime, Grader(pool), Conditions(strict=True))
    played = await player.play(worlds["diary"], Job("diary", 0), oracle_policy(worlds))
    assert (played.episode.violation, played.episode.outcome) == (None, "complete")


async def test_the_oracle_solves_every_task_of_the_bundled_worlds(runtime, pool):
    worlds = bundled_worlds()
    policy = oracle_policy(worlds)
    player = Player(runtime, Grader(pool), Conditions())
    outcomes = {
        (name, number): (await player.play(world, Job(name, number), policy)).episode.outcome
        for name, world in ((name, worlds[name]) for name in worlds)
        for number in world.oracles
    }
    assert outcomes
    assert set(outcomes.values()) == {"complete"}


def test_a_task_without_an_oracle_is_told():
    with pytest.raises(UsageError, match="task 1 has no oracle"):
        oracle_policy({"diary": diary()}).actor(Assignment("diary", 1, ""), META_TOOLS, 0)


def test_a_world_is_read_once():
    class Once(dict):
        def __getitem__(self, name):
            return self.pop(name)

    policy = oracle_policy(Once(diary=diary()))
    for seed in range(3):
        policy.actor(Assignment("diary", 0, ""), META_TOOLS, seed)


async def test_a_script_is_a_row_of_oracles_by_any_spelling_of_the_world():
    policy = script_policy([ROW], "here", "mine")
    actor = policy.actor(Assignment("my_diary", 0, ""), (ToolSpec("add_note", "", {}),), 0)
    said = [await actor.speak(Heard((), 9)) for _ in range(3)]
    assert policy.name == "mine"
    assert [one.calls[0].arguments for one in said[:2]] == [call.arguments for call in SOLUTION]
    assert said[2].answer == "Done."


@pytest.mark.parametrize("broken", [{}, {**ROW, "calls": 3}, {**ROW, "task_idx": -1}, 7])
def test_what_is_no_script_is_told_with_its_place(broken):
    with pytest.raises(WorldFileError) as caught:
        script_policy([ROW, broken], "script.jsonl")
    assert "script.jsonl: row 2" in str(caught.value)
