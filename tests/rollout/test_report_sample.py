"""Which episodes a page shows in full."""

from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.outline import outline_of
from awm.rollout.report_sample import sample_of
from tests.rollout.evaluations import attempts

TASKS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 3), st.text("cai", min_size=1, max_size=6)),
    max_size=8,
    unique_by=lambda task: task[:2],
)


def of(*tasks):
    return [outline_of(one) for task in tasks for one in attempts(*task)]


def told(episodes):
    return [
        f"{one.job.world}{one.job.task_idx}{one.job.rollout}{one.outcome[0]}" for one in episodes
    ]


def test_all_of_few_are_shown():
    episodes = of(("x", 0, "cca"), ("y", 0, "a"))
    assert sample_of(episodes, 4) == tuple(episodes)


def test_of_each_task_one_failure_comes_before_any_success():
    episodes = of(("x", 0, "caa"), ("y", 0, "ca"), ("z", 0, "cc"))
    assert told(sample_of(episodes, 2)) == ["x01a", "y01a"]
    assert told(sample_of(episodes, 3)) == ["x00c", "x01a", "y01a"]


def test_of_each_task_each_outcome_is_shown_before_any_a_second_time():
    episodes = of(("x", 0, "aaaai"), ("x", 1, "ac"))
    assert told(sample_of(episodes, 4)) == ["x00a", "x04i", "x10a", "x11c"]


def test_the_sample_is_spread_over_worlds():
    episodes = of(*(("x", idx, "a") for idx in range(5)), ("y", 0, "a"), ("z", 0, "a"))
    assert told(sample_of(episodes, 3)) == ["x00a", "y00a", "z00a"]


@given(TASKS, st.integers(0, 20))
def test_as_many_as_there_is_room_for_are_chosen_in_their_order(tasks, most):
    episodes = of(*tasks)
    chosen = sample_of(episodes, most)
    assert len(chosen) == min(most, len(episodes))
    places = [episodes.index(one) for one in chosen]
    assert places == sorted(set(places))
