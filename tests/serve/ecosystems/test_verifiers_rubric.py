"""What rollouts of a group are paid, where nobody can score some of them."""

import pytest
import verifiers as vf

from awm.serve.verifiers_rubric import RECORD, EpisodeRubric


def state(total, outcome="complete", error=None):
    """A rollout that has ended; without a record where `total` is missing."""
    steps = [{"advantage": None, "reward": None} for _ in range(2)]
    record = {
        "reward": {"total": total},
        "outcome": outcome,
        "calls": 3,
        "failed_calls": 2,
        "invalid_calls": 1,
    }
    return vf.State(
        input={"prompt": [], "example_id": 0},
        completion=[],
        trajectory=steps,
        error=error,
        reward=None,
        metrics=None,
        **{RECORD: record},
    )


def pushes(rollout):
    return [step["advantage"] for step in rollout["trajectory"]]


async def scored(*states):
    await EpisodeRubric().score_group(list(states))
    return states


async def test_a_group_is_compared_among_itself():
    better, worse = await scored(state(1.0), state(0.0, "agent_error"))
    assert (better["reward"], worse["reward"]) == (1.0, 0.0)
    assert (pushes(better), pushes(worse)) == ([0.5, 0.5], [-0.5, -0.5])


async def test_who_cannot_be_scored_moves_nobody():
    better, worse, lost = await scored(
        state(1.0), state(0.5, "partial"), state(None, "infrastructure_error")
    )
    assert (pushes(better), pushes(worse), pushes(lost)) == ([0.25] * 2, [-0.25] * 2, [0.0] * 2)
    assert (lost["reward"], lost["metrics"]["unscored"], lost["metrics"]["success"]) == (0, 1, 0)


async def test_an_error_after_the_grading_leaves_it_unscored_too():
    (lost,) = await scored(state(1.0, error=vf.InfraError("lost")))
    assert (lost["reward"], lost["metrics"]["unscored"]) == (0.0, 1.0)


async def test_a_rollout_that_never_began_has_no_calls():
    rollout = state(None)
    del rollout[RECORD]
    (lost,) = await scored(rollout)
    assert (lost["metrics"]["calls"], lost["metrics"]["unscored"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paid", 1.0),
        ("success", 1.0),
        ("calls", 3.0),
        ("failed_calls", 2.0),
        ("invalid_calls", 1.0),
    ],
)
async def test_what_is_counted_is_a_metric(name, value):
    (rollout,) = await scored(state(1.0))
    assert rollout["metrics"][name] == value
