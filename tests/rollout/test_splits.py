"""Splits are by world and for good: nothing but the world itself decides where it stands."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.rollout.splits import SPLITS, Splits, group_of, split_of
from awm.worlds import World, WorldFile

NAMES = [f"world {number}" for number in range(4000)]
LETTERS = {"t": "train", "v": "validation", "T": "test"}
EXPECTED = [LETTERS[letter] for letter in "ttttttttttttttttTttTttTTtttttTttTTvtttttvtvttttt"]
SHARES = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5))


def made(name, domain=None):
    row = {"name": name, "description": ""}
    if domain is not None:
        row["builtin"] = {"recipe": {"domain": domain}}
    return World.from_records({WorldFile.SCENARIO: [row]})


def test_a_name_stands_where_it_has_always_stood():
    # Written down once: who changes the hash moves worlds out of people's test sets.
    assert [split_of(f"world {number}") for number in range(48)] == EXPECTED


def test_any_spelling_of_a_name_stands_in_one_place():
    assert len({split_of(name) for name in ("Dog Walk", "dog_walk", "dog--WALK!")}) == 1


def test_ten_percent_are_for_validation_and_ten_for_test():
    counts = Counter(map(split_of, NAMES))
    assert set(counts) == set(SPLITS)
    assert counts["test"] == pytest.approx(400, abs=80)
    assert counts["validation"] == pytest.approx(400, abs=80)


@given(SHARES, SHARES, st.sampled_from(NAMES))
def test_a_larger_share_takes_from_train_alone(before, after, name):
    smaller = Splits(*map(min, before, after))
    larger = Splits(*map(max, before, after))
    was, stands = split_of(name, smaller), split_of(name, larger)
    assert was in {"train", stands}


def test_another_salt_divides_otherwise():
    moved = [name for name in NAMES if split_of(name) != split_of(name, Splits(salt="other"))]
    assert 0.2 < len(moved) / len(NAMES) < 0.5


def test_worlds_of_one_domain_stand_together_unless_they_are_divided_by_name():
    worlds = [made(name, "library") for name in NAMES[:200]]
    assert len({Splits().of(world) for world in worlds}) == 1
    assert {Splits(grouped=False).of(world) for world in worlds} == set(SPLITS)


def test_a_domain_and_a_world_of_the_same_name_have_nothing_to_do_with_each_other():
    together = [Splits().of(made("any", name)) == split_of(name) for name in NAMES[:500]]
    assert not all(together)


def test_a_world_without_a_domain_stands_by_its_name():
    assert group_of(made("Plain")) is None
    assert Splits().of(made("Plain")) == split_of("plain")


@pytest.mark.parametrize("builtin", [None, [], {"recipe": []}, {"recipe": {"domain": 3}}])
def test_a_plan_that_names_no_domain_is_none(builtin):
    row = {"name": "Odd", "description": "", "builtin": builtin}
    assert group_of(World.from_records({WorldFile.SCENARIO: [row]})) is None


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.6, 0.6), (0.1, 1.5), (float("nan"), 0.1)])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(UsageError):
        Splits(*shares)


def test_everything_may_be_held_out():
    assert {split_of(name, Splits(0.0, 1.0)) for name in NAMES} == {"test"}
    assert {split_of(name, Splits(1.0, 0.0)) for name in NAMES} == {"validation"}
    assert {split_of(name, Splits(0.0, 0.0)) for name in NAMES} == {"train"}
