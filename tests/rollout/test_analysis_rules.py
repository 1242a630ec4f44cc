"""Rules say what a record proves of an episode, and accuse of nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.analysis_rules import (
    execution_efficiency,
    goal_fulfilment,
    logical_consistency,
)
from awm.rollout.progress import Progress
from awm.trajectory import Trajectory
from tests.rollout.evaluations import called, episode, listed, turned_back

ORDERS = '[{"id": 7, "ref": "ord-19", "total": 12.5}]'


def consistency(*turns, **parts):
    return logical_consistency(episode(turns=turns, **parts))


def efficiency(*turns, oracle_calls=None, wrote=None, **parts):
    return execution_efficiency(episode(turns=turns, **parts), oracle_calls, wrote)


def test_a_task_that_was_done_is_fulfilled_whatever_was_measured():
    assert goal_fulfilment(episode(progress=Progress((), ("step 1 pay",)))).score == 1.0


def test_a_task_that_was_missed_is_fulfilled_by_its_milestones():
    some = Progress(("step 1 add",), ("step 2 pay",))
    found = goal_fulfilment(episode(outcome="agent_error", progress=some))
    assert found.score == 0.5
    assert found.reason == "1 of 2 milestones were reached; missed: step 2 pay."


def test_what_no_solution_does_takes_a_tenth_off():
    hit = ("add refunds, but no solution touches refunds",)
    some, none = Progress(("a",), ("b",), hit), Progress((), ("b",), hit)
    missed = episode(outcome="agent_error", progress=some)
    assert goal_fulfilment(missed).score == pytest.approx(0.4)
    assert goal_fulfilment(replace(missed, progress=none)).score == 0.0


def test_all_milestones_without_success_are_no_success():
    assert goal_fulfilment(episode(outcome="partial", progress=Progress(("a",), ()))).score == 0.9


def test_without_milestones_the_verdict_says_how_much():
    assert goal_fulfilment(episode(outcome="partial")).score == 0.5
    assert goal_fulfilment(episode(outcome="agent_error")).score == 0.0


def test_who_was_kept_from_it_by_the_world_is_not_blamed():
    found = goal_fulfilment(episode(outcome="environment_error", reason="status 500"))
    assert found.score is None
    assert "status 500" in found.reason


def test_identifiers_that_were_shown_are_used_consistently():
    found = consistency(
        called("search_orders", {"limit": 3}, ORDERS),
        called("pay", {"order_id": 7, "orderId": "ord-19"}),
    )
    assert (found.score, found.turns) == (1.0, ())


def test_an_identifier_of_the_task_itself_was_shown():
    assert consistency(called("pay", {"order_id": "7"})).score == 1.0


def test_an_identifier_that_nobody_showed_is_told_with_its_turn():
    found = consistency(listed(), called("pay", {"order_id": 8}))
    assert (found.score, found.turns) == (0.5, (1,))
    assert found.reason == "A call of pay had order_id 8, which had not been shown."


def test_an_identifier_that_the_tools_show_was_shown():
    made = episode(turns=[called("pay", {"order_id": 8}), called("pay", {"order_id": 9})])
    told = '[{"name": "pay", "description": "Pay an order, such as 8."}]'
    found = logical_consistency(made, told)
    assert found.turns == (1,)
    assert found.reason == "A call of pay had order_id 9, which had not been shown."


def test_where_nobody_knows_what_an_agent_was_told_no_identifier_is_held_against_it():
    made = episode(turns=[called("pay", {"order_id": 8}, status=409)], answer="It is paid.")
    found = logical_consistency(made, None)
    assert found.reason == "The answer does not say that the last call, pay, had failed."


def test_a_part_of_a_longer_number_was_not_shown():
    assert consistency(called("find", {}, '{"id": 78}'), called("pay", {"item_id": 8})).score < 1


def test_what_a_call_answers_was_not_shown_before_it():
    found = consistency(called("pay", {"order_id": 42}, '{"id": 42}'))
    assert found.turns == (0,)


def test_an_invented_identifier_is_held_against_the_agent_once():
    found = consistency(called("pay", {"order_id": 8}), called("pay", {"order_id": 8}))
    assert found.turns == (0,)


def test_identifiers_inside_lists_and_objects_are_seen():
    found = consistency(
        called("find", {}, ORDERS), called("pay", {"lines": [{"item_id": 5}], "order_ids": [7, 9]})
    )
    assert "item_id 5" in found.reason
    assert "order_ids 9" in found.reason


@pytest.mark.parametrize("listed_ones", ["3,4", "3, 4", "[3, 4]", '["3", "4"]', "4,", "3,,4"])
def test_identifiers_listed_in_a_text_are_looked_for_one_by_one(listed_ones):
    shown = called("find", {}, '[{"id": 3}, {"id": 4}]')
    assert consistency(shown, called("pay", {"ids": listed_ones})).score == 1.0


def test_of_a_list_in_a_text_only_what_was_not_shown_is_told():
    found = consistency(called("find", {}, '[{"id": 3}]'), called("pay", {"ids": "3,4"}))
    assert found.reason == "A call of pay had ids 4, which had not been shown."


def test_an_identifier_with_a_comma_in_it_was_shown_as_a_whole():
    shown = called("find", {}, '{"ref": "north, 12"}')
    assert consistency(shown, called("pay", {"ref_id": "north, 12"})).score == 1.0


@pytest.mark.parametrize(
    ("shown", "used"), [("5.0", 5), ("5.0", "5"), ("5", "5.0"), ("5", "5.00"), ("5.0", "5.0")]
)
def test_a_whole_number_is_the_same_with_and_without_a_zero_behind_the_point(shown, used):
    seen = called("find", {}, f'{{"id": {shown}}}')
    assert consistency(seen, called("pay", {"order_id": used})).score == 1.0


@pytest.mark.parametrize(
    ("shown", "used"), [("5.5", 5), ("15.0", 5), ("5.01", "5.0"), ("5", "5.1")]
)
def test_another_number_is_another_identifier(shown, used):
    seen = called("find", {}, f'{{"id": {shown}}}')
    assert consistency(seen, called("pay", {"order_id": used})).score < 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"quantity": 99},
        {"paid": 3},
        {"user_id": 1},
        {"valid": "no"},
        {"order_id": None},
        {"id": ""},
    ],
)
def test_what_names_nothing_unknown_is_no_slip(arguments):
    assert consistency(called("pay", arguments)).score == 1.0


def test_an_answer_that_hides_a_failure_contradicts_what_was_seen():
    found = consistency(called("pay", status=409), answer="Order 7 is paid.")
    assert (found.score, found.turns) == (0.5, (1,))
    assert "the last call, pay, had failed" in found.reason


@pytest.mark.parametrize(
    "answer", ["I could not pay it.", "Order 7 isn't open.", "The payment failed.", ""]
)
def test_an_answer_that_admits_a_failure_does_not(answer):
    assert consistency(called("pay", status=409), answer=answer).score == 1.0


def test_a_failure_that_was_made_good_needs_no_admission():
    found = consistency(called("pay", status=409), called("pay"), answer="Order 7 is paid.")
    assert found.score == 1.0


def test_of_an_episode_without_a_step_nothing_can_be_said():
    nothing = episode()
    empty = Trajectory("shop", 0, "Pay.", ())
    assert (
        logical_consistency(
            type(nothing)(nothing.job, 1, "m", empty, "agent_error", "", None)
        ).score
        is None
    )


def test_a_task_done_is_measured_by_the_reference():
    found = efficiency(
        called("find"), called("look"), called("pay"), called("tell"), oracle_calls=2
    )
    assert found.score == 0.5
    assert found.reason == "4 calls; the reference solution takes 2."


def test_fewer_calls_than_the_reference_are_no_more_than_efficient():
    assert efficiency(called("pay"), oracle_calls=3).score == 1.0


def test_a_task_missed_is_measured_by_its_superfluous_calls_and_not_by_the_reference():
    found = efficiency(
        called("find"), called("pay", status=409), outcome="agent_error", oracle_calls=1
    )
    assert (found.score, found.turns) == (0.5, (1,))


def test_the_same_call_with_the_same_answer_is_superfluous():
    found = efficiency(called("find"), called("find"), called("find", {"page": 2}))
    assert (found.score, found.turns) == (pytest.approx(2 / 3), (1,))


def test_the_same_call_with_another_answer_is_not():
    assert efficiency(called("find", {}, "[]"), called("find", {}, "[1]")).score == 1.0


def test_a_call_that_fails_twice_alike_is_superfluous_once():
    found = efficiency(called("pay", status=409), called("pay", status=409), called("find"))
    assert found.score == pytest.approx(1 / 3)


def test_who_flounders_before_the_right_call_is_not_efficient():
    turns = [*(turned_back("mcp_tool_made_up") for _ in range(3)), called("pay")]
    found = efficiency(*turns, oracle_calls=1)
    assert (found.score, found.turns) == (0.25, (0, 1, 2))
    assert found.reason.startswith(
        "4 calls; the reference solution takes 1; 3 never reached a tool"
    )
    assert efficiency(*turns, outcome="agent_error").score == 0.25


def test_the_list_of_the_tools_is_needed_once():
    found = efficiency(listed(), listed(), called("pay"), listed(), oracle_calls=1)
    assert (found.score, found.turns) == (pytest.approx(1 / 3), (1, 3))
    assert "2 asked for the tools again" in found.reason


def test_who_looks_once_before_declining_is_as_efficient_as_can_be():
    assert efficiency(called("find"), oracle_calls=0).score == 1.0
    assert efficiency(called("find"), called("look"), oracle_calls=0).score == 0.5


def test_looks_after_the_last_change_are_told_and_cost_nothing():
    turns = [called("find"), called("pay"), called("look"), called("tell")]
    found = efficiency(*turns, wrote={(1, 0)})
    assert (found.score, found.turns) == (1.0, (2, 3))
    assert "2 only looked, after the last change" in found.reason


def test_where_nobody_measured_changes_nothing_is_said_of_them():
    assert efficiency(called("find"), called("look")).turns == ()


def test_without_a_call_there_is_no_efficiency():
    assert efficiency(listed()).score is None


def test_arguments_nested_beyond_reason_are_looked_at_as_far_as_reason_goes():
    nested, listed_ones = {"order_id": 5}, [5]
    for _ in range(400):
        nested, listed_ones = {"in": nested}, [listed_ones]
    turn = called("pay", {"in": nested, "order_ids": listed_ones})
    assert consistency(turn, turn).score == 1.0
    assert efficiency(turn, turn).turns == (1,)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "order_id", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["id", "itemId", "n"]), VALUES, max_size=3),
            st.text(max_size=20),
            st.sampled_from([200, 404, 500]),
        ),
        max_size=5,
    ),
    st.text(max_size=10),
)
def test_scores_are_from_0_to_1_whatever_was_called(made, answer):
    turns = [called("t", given, text, status=status) for given, text, status in made]
    one = episode(turns=turns, answer=answer)
    for found in (logical_consistency(one), execution_efficiency(one, None, None)):
        assert found.score is None or 0 <= found.score <= 1
        assert all(0 <= turn < len(one.trajectory.turns) for turn in found.turns)
