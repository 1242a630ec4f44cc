import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.verify.components import Component
from awm.verify.rewards import (
    BINARY,
    OPENENV,
    PAPER,
    SCHEMES,
    Reward,
    RewardScheme,
    custom,
    per_turn,
)
from awm.verify.rules import Violation
from awm.verify.shaping import Shaping
from awm.verify.verdict import Verdict, VerifierFault

VIOLATION = Violation("known_tool", "tool_not_found", 2, "There is no tool pay.")
FULL = {
    "complete": 1.0,
    "partial": 0.5,
    "agent_error": 0.2,
    "environment_error": 0.0,
    "format_violation": -2.0,
}
FAILED = Verdict.failed("sql", VerifierFault("judge_error", "w", 0, "no answer can be read"))
BROKEN = Verdict.failed("code", VerifierFault("timeout", "w", 0, "it ran too long"))


def verdict(outcome, mode="sql", reason="so it is"):
    return Verdict("w", 0, mode, outcome, reason)


@pytest.mark.parametrize(
    ("scheme", "mode", "totals"),
    [
        (PAPER, "sql", (1.0, 0.1, 0.0, 0.0)),
        (PAPER, "code", (1.0, 0.1, 0.0, 0.0)),
        (OPENENV, "sql", (1.0, 0.1, 0.0, 0.0)),
        (OPENENV, "code", (1.0, 0.1, 0.1, 0.0)),
        (BINARY, "sql", (1.0, 0.0, 0.0, 0.0)),
        (custom(FULL), "code", (1.0, 0.5, 0.2, 0.0)),
    ],
)
def test_each_scheme_pays_each_outcome_by_its_table(scheme, mode, totals):
    outcomes = ("complete", "partial", "agent_error", "environment_error")
    assert tuple(scheme.reward(verdict(one, mode)).total for one in outcomes) == totals


@pytest.mark.parametrize(
    ("scheme", "total"), [(PAPER, -1.0), (OPENENV, -1.0), (BINARY, 0.0), (custom(FULL), -2.0)]
)
@pytest.mark.parametrize("given_verdict", [None, verdict("complete"), FAILED, BROKEN])
def test_a_violation_is_paid_for_and_nothing_else(scheme, total, given_verdict):
    shaping = Shaping((Component("milestone: a", 0.5),))
    reward = scheme.reward(given_verdict, violation=VIOLATION, shaping=shaping)
    assert reward.total == total
    (part,) = reward.components
    assert part.why == "turn 2: tool_not_found: There is no tool pay."


@pytest.mark.parametrize("scheme", SCHEMES.values())
@pytest.mark.parametrize(
    ("unscored", "why"),
    [
        (verdict("infrastructure_error", reason="a worker was lost"), "a worker was lost"),
        (FAILED, "w task 0: judge_error: no answer can be read"),
        (BROKEN, "w task 0: timeout: it ran too long"),
        (Verdict("w", 0, "code", None), "there is no verdict"),
        (Verdict("w", 0, "code", "complete", error=BROKEN.error), str(BROKEN.error)),
    ],
)
def test_what_nobody_can_grade_is_unscored_and_not_zero(scheme, unscored, why):
    reward = scheme.reward(unscored, shaping=Shaping((Component("milestone: a", 0.5),)))
    assert (reward.total, reward.components, reward.unscored) == (None, (), why)


def test_an_infrastructure_error_is_unscored_even_after_a_violation():
    lost = verdict("infrastructure_error")
    assert PAPER.reward(lost, violation=VIOLATION).total is None


def test_a_reward_of_nothing_is_refused():
    with pytest.raises(UsageError, match="nothing to reward"):
        PAPER.reward(None)


def test_a_reward_names_what_it_was_paid_for():
    assert PAPER.reward(verdict("partial")).components == (Component("partial", 0.1, "so it is"),)
    assert OPENENV.reward(verdict("partial")).components[0].name == "incomplete"
    assert OPENENV.reward(verdict("environment_error")).components[0].name == "environment_error"


def test_shaping_moves_a_failure_towards_success_part_by_part():
    shaping = Shaping((Component("milestone: a", 0.5, "reached"), Component("minefield: b", -0.1)))
    reward = PAPER.reward(verdict("partial"), shaping=shaping)
    assert [part.name for part in reward.components] == ["partial", "milestone: a", "minefield: b"]
    assert [part.value for part in reward.components] == pytest.approx([0.1, 0.45, -0.09])
    assert reward.total == pytest.approx(0.46)


@pytest.mark.parametrize("outcome", ["complete", "environment_error"])
def test_shaping_leaves_a_success_and_a_broken_world_alone(outcome):
    shaping = Shaping((Component("milestone: a", 0.5), Component("minefield: b", -0.5)))
    assert PAPER.reward(verdict(outcome), shaping=shaping) == PAPER.reward(verdict(outcome))


@given(
    table=st.fixed_dictionaries({name: st.floats(-100, 100) for name in FULL}),
    parts=st.lists(st.floats(-0.5, 0.9), max_size=5).filter(lambda parts: sum(parts) <= 0.9),
    outcome=st.sampled_from(["partial", "agent_error"]),
)
def test_a_shaped_failure_never_reaches_a_success(table, parts, outcome):
    scheme = custom(table)
    shaping = Shaping(tuple(Component("milestone", value) for value in parts))
    plain = scheme.reward(verdict(outcome)).total
    shaped = scheme.reward(verdict(outcome), shaping=shaping).total
    best = scheme.reward(verdict("complete")).total
    if best - plain > 1e-9:
        assert shaped < best
    else:
        assert shaped == pytest.approx(plain, abs=1e-8)


def test_the_total_is_the_sum_of_the_components():
    assert Reward(tuple(Component("c", 0.1) for _ in range(10))).total == 1.0


def test_a_reward_is_json():
    reward = PAPER.reward(verdict("complete"))
    assert json.loads(json.dumps(reward.to_json())) == {
        "total": 1.0,
        "components": [{"name": "complete", "value": 1.0, "why": "so it is"}],
        "unscored": None,
    }
    assert PAPER.reward(FAILED).to_json()["total"] is None


@pytest.mark.parametrize("left_out", sorted(FULL))
def test_a_custom_scheme_that_leaves_something_out_is_refused(left_out):
    table = {name: value for name, value in FULL.items() if name != left_out}
    with pytest.raises(UsageError, match=f"what these are worth: {left_out}"):
        custom(table)


def test_a_custom_scheme_may_pay_each_kind_of_violation():
    kinds = {"tool_not_found": -1, "invalid_args": -0.5, "invalid_action": -0.25}
    table = {name: value for name, value in FULL.items() if name != "format_violation"} | kinds
    assert custom(table).reward(None, violation=VIOLATION).total == -1
    del table["invalid_args"]
    with pytest.raises(UsageError, match="format_violation"):
        custom(table)


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), [1], 10**400])
def test_a_reward_that_is_no_number_is_refused(value):
    with pytest.raises(UsageError, match="reward for complete"):
        custom({**FULL, "complete": value})
    with pytest.raises(UsageError, match="reward for complete"):
        OPENENV.override({"complete": value})


def test_a_table_is_overridden_in_part():
    scheme = OPENENV.override({"incomplete": 0.3, "tool_not_found": -0.2, "server_error": -5})
    assert scheme.reward(verdict("partial")).total == 0.3
    assert scheme.reward(verdict("complete")).total == 1.0
    assert scheme.reward(None, violation=VIOLATION).total == -0.2
    assert scheme.table["server_error"] == -5
    assert OPENENV.reward(verdict("partial")).total == 0.1


def test_a_scheme_cannot_be_changed():
    table = dict(FULL)
    scheme = custom(table)
    table["complete"] = 7
    assert scheme.table["complete"] == 1.0
    with pytest.raises(TypeError):
        scheme.table["complete"] = 7


@pytest.mark.parametrize("scheme", [*SCHEMES.values(), custom(FULL)])
def test_a_scheme_survives_json_and_pickling(scheme):
    assert RewardScheme.from_json(json.loads(json.dumps(scheme.to_json()))) == scheme
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert hash(scheme) == hash(pickle.loads(pickle.dumps(scheme)))


@pytest.mark.parametrize(
    "written",
    [None, [], {}, {"table": 3}, {"table": {"complete": 1}}, {"table": FULL, "otherwise": "x"}],
)
def test_json_that_is_no_scheme_is_refused(written):
    with pytest.raises(UsageError):
        RewardScheme.from_json(written)


def test_schemes_are_found_by_name():
    assert dict(SCHEMES) == {"paper": PAPER, "openenv": OPENENV, "binary": BINARY}


def test_a_reward_is_broadcast_to_every_turn():
    reward = PAPER.reward(verdict("partial"))
    assert per_turn(reward, 3) == (0.1, 0.1, 0.1)
    assert per_turn(reward, 0) == ()


def test_an_unscored_reward_is_not_broadcast():
    with pytest.raises(UsageError, match="judge_error"):
        per_turn(PAPER.reward(FAILED), 3)
