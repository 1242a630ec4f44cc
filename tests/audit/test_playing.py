"""Players without a mind: the oracle solves every task, chance and idleness none."""

import pytest

from awm.audit.playing import PLAYERS, Played, play_world
from awm.synthesis.details import details_of
from awm.verify.programs import attempt_in, run_verifier
from awm.worlds import World, WorldFile, open_worlds
from tests.audit.graded import LAX, NEVER, RAISING, SOLVED, graded
from tests.audit.tasked import oracle, tasked
from tests.synthesis.ordering import made_below

SILENCES = (
    None,
    "",
    " ",
    "Done.",
    "I can't.",
    "I can't do that.",
    "This is not possible.",
    "It was refused by a rule.",
    "I could not do that, and nothing was changed.",
)
"""What somebody says who tried nothing and knows no rule."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[World]:
    """Two worlds that the builtin author made."""
    return list(open_worlds(made_below(tmp_path_factory.getbasetemp()).folder).values())


def outcomes(played) -> dict[str, list[bool | None]]:
    """By player, what became of the tasks in order."""
    found: dict[str, list[bool | None]] = {player: [] for player in PLAYERS}
    for each in sorted(played, key=lambda each: each.task_idx):
        found[each.player].append(each.solved)
    return found


# --- generated worlds ---


async def test_the_oracle_solves_every_task_and_nobody_else_any(worlds, runtime, pool):
    for world in worlds:
        told: list[Played] = []
        played = await play_world(world, runtime, pool, done=told.append)
        assert len(played) == len(told) == 30
        assert set(told) == set(played)
        assert outcomes(played) == {
            "oracle": [True] * 10,
            "random": [False] * 10,
            "nothing": [False] * 10,
        }
        assert {each.world for each in played} == {world.name}
        assert all(each.calls >= 12 for each in played if each.player == "random")
        assert all(each.calls == each.errors == 0 for each in played if each.player == "nothing")


async def test_what_chance_does_is_the_same_for_a_seed(worlds, runtime, pool):
    first, again, other = [
        await play_world(worlds[0], runtime, pool, ["random"], seed=seed) for seed in (5, 5, 6)
    ]
    assert first == again
    assert [each.errors for each in first] != [each.errors for each in other]


async def test_the_oracle_meets_an_error_where_it_is_to_be_refused_and_nowhere_else(
    worlds, runtime, pool
):
    for world in worlds:
        for each in await play_world(world, runtime, pool, ["oracle"]):
            solution = world.oracles[each.task_idx].solution
            assert each.calls == len(solution.calls)
            assert each.errors == len(solution.refused)


async def test_to_decline_takes_the_name_of_the_rule_and_not_silence(worlds, runtime, pool):
    declined = [
        (world, idx)
        for world in worlds
        for idx, detail in enumerate(details_of(world))
        if detail.kind == "decline"
    ]
    assert declined
    for world, idx in declined:
        (program,) = (p for p in world.verifiers if p.task_idx == idx and p.mode == "code")
        async with await runtime.launch(world) as instance:
            for answer in SILENCES:
                attempt = await attempt_in(instance, world, idx, answer)
                verdict = await run_verifier(pool, program, attempt)
                assert verdict.outcome == "agent_error", answer
            solution = world.oracles[idx].solution
            assert solution.refused
            attempt = await attempt_in(instance, world, idx, solution.answer)
            assert (await run_verifier(pool, program, attempt)).outcome == "complete"


async def test_no_question_is_answered_by_silence(worlds, runtime, pool):
    for world in worlds:
        asked = [idx for idx, detail in enumerate(details_of(world)) if detail.kind == "question"]
        assert asked
        programs = {p.task_idx: p for p in world.verifiers if p.mode == "code"}
        async with await runtime.launch(world) as instance:
            for idx in asked:
                for answer in SILENCES:
                    attempt = await attempt_in(instance, world, idx, answer)
                    verdict = await run_verifier(pool, programs[idx], attempt)
                    assert verdict.outcome == "agent_error"


# --- other worlds ---


async def test_a_verifier_that_accepts_anything_is_solved_by_idleness(runtime, pool):
    played = await play_world(graded(LAX), runtime, pool, ["nothing"])
    assert [each.solved for each in played] == [True]


async def test_an_oracle_that_is_rejected_has_not_solved_its_task(runtime, pool):
    played = await play_world(graded(NEVER), runtime, pool, ["oracle", "nothing"])
    assert [(each.player, each.solved) for each in played] == [
        ("oracle", False),
        ("nothing", False),
    ]


async def test_where_the_verifier_fails_nobody_knows(runtime, pool):
    played = await play_world(graded(RAISING), runtime, pool)
    assert [each.solved for each in played] == [None, None, None]


@pytest.mark.parametrize(
    "world",
    [
        graded(None),
        graded(None, sql="def verify_task(*_):\n    return {}\n"),
        graded(calls=None),
    ],
    ids=["no verifier", "no deciding verifier", "no oracle"],
)
async def test_what_cannot_be_played_or_decided_is_left_out(runtime, pool, world):
    assert await play_world(world, runtime, pool) == []


async def test_the_answer_of_the_oracle_is_graded_too(runtime, pool):
    deciding = (
        "def verify_task_completion(initial_db_path, final_db_path, final_answer=None):\n"
        "    return {'result': 'complete' if final_answer == 'one' else 'others'}\n"
    )
    right, wrong = (
        tasked(deciding, solved=oracle(*SOLVED, answer=answer)) for answer in ("one", "two")
    )
    assert [each.solved for each in await play_world(right, runtime, pool, ["oracle"])] == [True]
    assert [each.solved for each in await play_world(wrong, runtime, pool, ["oracle"])] == [False]


async def test_calls_that_fail_are_counted(runtime, pool):
    lost = {"tool": "delete_note", "arguments": {"note_id": 99}}
    world = tasked(solved=oracle(*SOLVED, {**lost, "refused": True}))
    (played,) = await play_world(world, runtime, pool, ["oracle"])
    assert (played.calls, played.errors) == (2, 1)


async def test_no_player_is_in_the_way_of_another(runtime, pool):
    """All of them act at once, each in an instance of its own."""
    world = graded()
    again = World.from_records(
        {
            **world.records,
            WorldFile.TASKS: [{"scenario": world.scenario, "tasks": ["Add milk."] * 8}],
            **{
                part: [{**row, "task_idx": idx} for row in world.records[part] for idx in range(8)]
                for part in (WorldFile.VERIFIER_CODE, WorldFile.ORACLE)
            },
        }
    )
    played = await play_world(again, runtime, pool)
    assert outcomes(played) == {
        "oracle": [True] * 8,
        "random": [False] * 8,
        "nothing": [False] * 8,
    }
