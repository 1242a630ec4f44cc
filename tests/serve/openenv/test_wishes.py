"""Keywords of a reset: anything that JSON can say, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.serve.openenv.wishes import Wishes, wishes_of
from awm.verify import OPENENV

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["scenario", "task_idx", "task", "seed", "episode_id", "reward_config", "split", "index"]
)


def test_a_scenario_is_enough():
    wishes = wishes_of({"scenario": "Diary"})
    assert (wishes.scenario, wishes.task_idx, wishes.task, wishes.seed) == ("Diary", None, None, 0)
    assert (wishes.scheme, wishes.warning, wishes.brings_judge) == (OPENENV, None, False)


def test_null_is_as_good_as_nothing():
    names = ("task_idx", "seed", "reward_config", "llm_api_key", "verifier_mode")
    assert wishes_of({"scenario": "d", **dict.fromkeys(names)}) == wishes_of({"scenario": "d"})


def test_a_place_in_a_split_does_instead_of_a_scenario():
    assert wishes_of({"split": "train", "index": 3}).place == ("train", 3)


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"scenario": ""},
        {"scenario": 7},
        {"scenario": ["diary"]},
        {"scenario": "x" * 1001},
        {"split": "train"},
        {"index": 0},
        {"scenario": "d", "split": "train", "index": 0},
        {"scenario": "d", "task_idx": "0"},
        {"scenario": "d", "task_idx": 1.0},
        {"scenario": "d", "task_idx": True},
        {"scenario": "d", "seed": "x"},
        {"scenario": "d", "episode_id": 5},
        {"scenario": "d", "episode_id": "x" * 256},
        {"scenario": "d", "task": {}},
        {"scenario": "d", "reward_config": "much"},
    ],
)
def test_what_makes_no_sense_is_refused(keywords):
    with pytest.raises(UsageError):
        wishes_of(keywords)


def test_a_model_of_the_clients_is_not_asked_and_its_key_not_repeated():
    wishes = wishes_of({"scenario": "d", "llm_api_key": "sk-secret", "llm_base_url": "http://in"})
    assert wishes.brings_judge
    assert "llm_api_key" in wishes.warning
    assert "sk-secret" not in repr(wishes) + wishes.warning


def test_a_keyword_that_means_nothing_is_named():
    assert "Nothing here is called taskidx." in wishes_of({"scenario": "d", "taskidx": 1}).warning


@given(st.dictionaries(NAMES | st.text(), JSON, max_size=5))
def test_whatever_is_said_makes_wishes_or_a_usage_error(keywords):
    try:
        wishes = wishes_of(keywords)
    except UsageError:
        return
    assert isinstance(wishes, Wishes)
    assert (wishes.scenario is None) != (wishes.place is None)
