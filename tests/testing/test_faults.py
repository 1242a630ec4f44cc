from collections import Counter
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.testing import ALL, Faults, Latency
from awm.testing.asking import JUDGE
from awm.testing.faults import ON_THE_WAY, faults_in

PROMPTS = [
    "scenario", "classify", "task", "db", "sample", "spec", "env", "verifier_code",
    "verifier_sql", "agent", JUDGE,
]  # fmt: skip
TRIES = 4000


def met(faults, prompt, key, before=0):
    return faults.on_the_way(prompt, key, before) or faults.in_answer(prompt, key)


@pytest.mark.parametrize("prompt", [*PROMPTS, "blueprint_fields", ""])
def test_a_rate_is_the_share_of_questions_in_which_something_goes_wrong(prompt):
    faults = Faults(rate=0.15)
    wrong = sum(met(faults, prompt, number) is not None for number in range(TRIES))
    assert 0.12 < wrong / TRIES < 0.18


def test_every_kind_that_a_prompt_can_meet_comes_up_about_as_often():
    kinds = Counter(met(Faults(rate=0.2), "env", number) for number in range(TRIES))
    del kinds[None]
    assert set(kinds) == {*ON_THE_WAY, *faults_in("env")}
    assert max(kinds.values()) < 2 * min(kinds.values())


def test_every_kind_of_fault_can_be_met_somewhere():
    assert {*ON_THE_WAY, *(kind for prompt in PROMPTS for kind in faults_in(prompt))} == set(ALL)


def test_nothing_goes_wrong_unless_somebody_asks_for_it():
    assert {met(Faults(), "env", number) for number in range(100)} == {None}


def test_only_the_kinds_that_were_asked_for_come_up():
    faults = Faults(rate=0.5, kinds=("rate_limit", "bad_ddl"))
    kinds = {met(faults, "db", number) for number in range(200)}
    assert kinds == {None, "rate_limit", "bad_ddl"}


@given(st.text(), st.sampled_from(PROMPTS), st.integers(0, 5))
def test_a_question_always_meets_the_same(key, prompt, before):
    faults = Faults(rate=0.5)
    again = Faults(rate=0.5)
    assert faults.in_answer(prompt, key) == again.in_answer(prompt, key)
    assert faults.on_the_way(prompt, key, before) == again.on_the_way(prompt, key, before)


def test_asking_again_gets_through():
    faults = Faults(rate=0.5, kinds=("server_error",))
    refused = [key for key in range(100) if faults.on_the_way("db", key, 0)]
    assert refused
    for key in refused:
        assert any(faults.on_the_way("db", key, before) is None for before in range(1, 30))


def test_another_seed_makes_other_questions_go_wrong():
    one, other = (
        [met(Faults(rate=0.3, seed=seed), "db", number) for number in range(50)] for seed in (0, 1)
    )
    assert one != other


@pytest.mark.parametrize("choices", [{"rate": 1.5}, {"rate": -1}, {"kinds": ("earthquake",)}])
def test_what_makes_no_sense_is_refused(choices):
    with pytest.raises(UsageError):
        Faults(**choices)


def test_latencies_are_spread_around_their_median_and_belong_to_their_questions():
    latency = Latency(median_s=2.0, sigma=0.5)
    times = [latency.seconds(str(number)) for number in range(TRIES)]
    assert 1.9 < median(times) < 2.1
    inside = sum(2.0 / 1.649 < each < 2.0 * 1.649 for each in times) / TRIES
    assert 0.65 < inside < 0.71  # one standard deviation
    assert latency.seconds("7") == times[7]


def test_there_is_no_latency_unless_somebody_asks_for_it():
    assert Latency().seconds("anything") == 0
    assert Latency(median_s=0.5).seconds("anything") == 0.5
