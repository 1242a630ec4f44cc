"""Two runs are compared task by task, over what both have scored, if that means something."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.llm import Usage
from awm.rollout.comparing import compare_runs
from awm.rollout.facts import TaskFacts
from tests.rollout.evaluations import attempts, called, episode, evaluation

OUTCOMES = st.dictionaries(
    st.integers(0, 5), st.text("cai", min_size=1, max_size=4), min_size=1, max_size=6
)


def run(tasks, folder="runs/a", facts=None, **order):
    """An evaluation of one world from the outcomes of its tasks, such as `{0: "ca"}`."""
    episodes = [one for task, letters in tasks.items() for one in attempts("shop", task, letters)]
    return evaluation(episodes, folder, facts, **order)


def test_each_task_counts_once_however_often_it_was_tried():
    found = compare_runs(run({0: "a", 1: "c"}), run({0: "cccc", 1: "ca"}))
    assert [pair.difference for pair in found.pairs] == [1.0, -0.5]
    assert found.success.value == 0.25
    assert (found.better, found.worse, found.p_value) == (1, 1, 1.0)


def test_tasks_of_one_run_only_are_named_and_not_compared():
    found = compare_runs(run({0: "c", 1: "c"}), run({1: "c", 2: "a"}))
    assert [pair.task_idx for pair in found.pairs] == [1]
    assert (found.only_a, found.only_b) == ((("shop", 0),), (("shop", 2),))


def test_a_task_without_a_score_in_one_run_is_not_compared():
    found = compare_runs(run({0: "c", 1: "ii"}), run({0: "c", 1: "c"}))
    assert found.only_b == (("shop", 1),)
    assert found.success.n == 1


def test_flipped_are_the_tasks_that_one_run_mostly_does():
    found = compare_runs(
        run({0: "cca", 1: "aac", 2: "ccc", 3: "ca"}), run({0: "caa", 1: "acc", 2: "cca", 3: "ca"})
    )
    assert [pair.task_idx for pair in found.flipped] == [0, 1]


def test_a_run_differs_in_nothing_from_itself():
    same = {0: "cc", 1: "ca", 2: "a", 3: "c"}
    found = compare_runs(run(same), run(same, "runs/b"))
    assert (found.success.value, found.better, found.worse, found.p_value) == (0, 0, 0, 1.0)
    assert found.success.low < 0 < found.success.high
    assert found.flipped == ()
    assert (found.a, found.b) == ("runs/a", "runs/b")


def test_an_advantage_at_every_task_is_no_chance():
    found = compare_runs(run(dict.fromkeys(range(12), "a")), run(dict.fromkeys(range(12), "c")))
    assert found.p_value == pytest.approx(2 / 2**12)
    assert found.success.low > 0
    assert found.success.high == 1.0


@given(OUTCOMES, OUTCOMES)
def test_the_other_way_round_everything_is_reversed(one, other):
    try:
        there, back = compare_runs(run(one), run(other)), compare_runs(run(other), run(one))
    except UsageError:
        return
    assert (there.better, there.worse) == (back.worse, back.better)
    assert there.p_value == back.p_value
    assert there.success.value == pytest.approx(-back.success.value)
    assert there.success.low == pytest.approx(-back.success.high)
    assert there.success.low <= there.success.value <= there.success.high


def test_turns_calls_and_tokens_are_compared_too():
    short = evaluation([episode(turns=[], usage=Usage(50, 5))])
    long = evaluation([episode(turns=[called("pay"), called("pay")], usage=Usage(150, 5))])
    found = compare_runs(short, long)
    assert (found.turns.value, found.calls.value, found.tokens.value) == (2, 2, 100)


def test_differences_are_told_by_difficulty_and_category():
    facts = {
        ("shop", 0): TaskFacts(1, category="retail"),
        ("shop", 1): TaskFacts(3, category="retail"),
    }
    found = compare_runs(
        run({0: "c", 1: "a", 2: "a"}, facts=facts), run({0: "c", 1: "c", 2: "a"}, facts=facts)
    )
    by_difficulty = {group.name: group.success.value for group in found.by_difficulty}
    assert by_difficulty == {"1": 0, "3": 1, None: 0}
    assert {group.name: group.success.value for group in found.by_category} == {
        "retail": 0.5,
        None: 0,
    }


def test_without_a_common_task_there_is_nothing_to_compare():
    with pytest.raises(UsageError, match="no task in common"):
        compare_runs(run({0: "c"}), run({1: "c"}))
    with pytest.raises(UsageError, match="no task in common"):
        compare_runs(run({0: "i"}), run({0: "c"}))


def test_a_world_that_changed_between_the_runs_is_refused():
    with pytest.raises(UsageError, match="shop changed between runs/a and runs/b"):
        compare_runs(run({0: "c"}), run({0: "c"}, "runs/b", worlds={"shop": "1"}))


def test_a_world_that_changed_but_is_in_no_common_task_does_not_matter():
    a = evaluation([*attempts("shop", 0, "c"), *attempts("inn", 0, "c")])
    b = evaluation(attempts("shop", 0, "a"), worlds={"shop": "0", "inn": "1"})
    assert compare_runs(a, b).success.value == -1.0


def test_runs_that_were_graded_in_different_ways_are_refused():
    with pytest.raises(UsageError, match="graded otherwise"):
        compare_runs(run({0: "c"}), run({0: "c"}, grading={"mode": "sql"}))


def test_other_conditions_are_told():
    a = run({0: "c"}, conditions={"limits": {"turns": 30}, "strict": False})
    b = run({0: "c"}, conditions={"limits": {"turns": 20}, "strict": False})
    assert compare_runs(a, b).warnings == ("limits.turns: 20, not 30",)


ASKED = {"kind": "model", "name": "m", "format": "awm", "brief": 1, "temperature": 0.6}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"brief": 2}, ("policy.brief: 2, not 1",)),
        ({"temperature": 0.0}, ("policy.temperature: 0.0, not 0.6",)),
        ({"name": "n", "settings": {"shop": "It is Monday."}}, ()),
    ],
)
def test_two_models_that_were_asked_otherwise_are_told(other, told):
    a, b = run({0: "c"}, policy=ASKED), run({0: "a"}, policy={**ASKED, **other})
    assert compare_runs(a, b).warnings == told


def test_a_policy_that_is_no_model_was_not_asked_otherwise():
    oracle = run({0: "c"}, policy={"kind": "oracle", "name": "oracle"})
    assert compare_runs(oracle, run({0: "a"}, policy=ASKED)).warnings == ()


def test_what_attempts_are_paid_does_not_matter():
    a = run({0: "c"}, conditions={"scheme": {"name": "paper"}})
    b = run({0: "c"}, conditions={"scheme": {"name": "binary"}})
    assert compare_runs(a, b).warnings == ()


def test_it_is_written_as_json():
    found = compare_runs(run({0: "a", 1: "c"}), run({0: "c", 1: "c"}))
    written = json.loads(json.dumps(found.to_json()))
    assert written["pairs"][0]["a"] == {
        "scored": 1,
        "complete": 0,
        "turns": 1.0,
        "calls": 0.0,
        "tokens": 110.0,
    }
    assert written["success"]["value"] == 0.5
