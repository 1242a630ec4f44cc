"""A scenario is new if its name is, and if it means nothing that is there; groups have limits."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.scenarios.groups import GROUPS, OTHER
from awm.synthesis.llm_author.scenarios.novelty import (
    ALIKE,
    PUBLISHED_THRESHOLD,
    OfflineEmbedder,
    Pool,
    RemoteEmbedder,
)
from awm.synthesis.llm_author.scenarios.scenario import Scenario
from awm.synthesis.llm_author.scenarios.seeds import read_seeds
from awm.synthesis.similarity import StaticEmbedder

RETOLD = Path(__file__).with_name("retold.jsonl")
"""Seeds told again by somebody else: other names, other words, other lengths."""


class Angles:
    """An embedder to which the description is an angle in degrees."""

    threshold = 0.85

    def __init__(self):
        self.asked = []

    async def embed_all(self, texts):
        self.asked += [text.partition(":")[0] for text in texts]
        angles = np.radians([float(text.partition(":")[2]) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def at(degrees, name=None, *categories):
    return Scenario(name or f"At {degrees}", str(degrees), categories)


async def taken(pool, *scenarios):
    for scenario, vector in zip(scenarios, await pool.embed(scenarios), strict=True):
        pool.take(scenario, vector)
    return pool


async def novel(pool, *candidates):
    return [scenario.name for scenario, _ in await pool.novel(candidates)]


async def test_a_name_that_is_known_in_any_spelling_is_not_new():
    pool = await taken(Pool(Angles(), None, 80), at(0, "Pet Sitter"))
    assert await novel(pool, at(90, "pet-sitter"), at(90, "Cat Sitter")) == ["Cat Sitter"]
    assert pool.drops == {"known": 1}


async def test_of_two_candidates_of_one_name_the_first_counts():
    pool = Pool(Angles(), None, 80)
    (kept,) = await pool.novel([at(0, "Same"), at(90, "SAME")])
    assert kept[0] == at(0, "Same")


async def test_a_name_without_letters_is_never_new():
    assert await novel(Pool(Angles(), None, 80), at(0, "???")) == []


async def test_a_name_that_was_turned_away_is_known():
    pool = Pool(Angles(), None, 80)
    pool.turn_away(at(0, "Feed"))
    assert await novel(pool, at(90, "feed")) == []
    assert not pool.scenarios


async def test_what_means_what_is_there_is_not_new():
    pool = await taken(Pool(Angles(), None, 80), at(0))
    assert await novel(pool, at(31), at(32)) == ["At 32"]  # cos 31 is 0.857, cos 32 is 0.848
    assert pool.drops == {"alike": 1}


async def test_of_candidates_that_are_alike_the_first_is_kept():
    pool = Pool(Angles(), None, 80)
    assert await novel(pool, at(0), at(10), at(60), at(70), at(35)) == ["At 0", "At 60"]


async def test_one_that_was_dropped_drops_no_other():
    pool = Pool(Angles(), None, 80)
    assert await novel(pool, at(0), at(25), at(50)) == ["At 0", "At 50"]


async def test_a_threshold_of_somebody_s_own_counts():
    pool = await taken(Pool(Angles(), 0.99, 80), at(0))
    assert await novel(pool, at(5), at(10)) == ["At 10"]


async def test_only_what_has_a_new_name_is_embedded():
    embedder = Angles()
    pool = await taken(Pool(embedder, None, 80), at(0))
    await novel(pool, at(0), at(0))
    assert embedder.asked == ["At 0"]


@given(st.lists(st.integers(0, 359), max_size=40), st.lists(st.integers(0, 359), max_size=40))
async def test_no_two_that_are_kept_are_alike(first, second):
    pool = Pool(Angles(), None, 80)
    for wave in (first, second):
        for scenario, vector in await pool.novel([at(degrees) for degrees in wave]):
            pool.take(scenario, vector)
    kept = [float(scenario.description) for scenario in pool.scenarios]
    cosines = np.cos(np.radians(np.subtract.outer(kept, kept)))
    np.fill_diagonal(cosines, -1)
    assert cosines.max(initial=-1) <= 0.85 + 1e-5
    for degrees in {*first, *second}:
        assert np.cos(np.radians(np.array(kept) - degrees)).max() > 0.85 - 1e-5


async def test_a_group_has_room_until_its_cap():
    pool = await taken(Pool(Angles(), None, 2), at(0, "a", "pets"), at(50, "b", "pets", "legal"))
    assert not pool.has_room(at(90, "c", "pets"))
    assert not pool.has_room(at(90, "c", "sales", "Pets"))
    assert pool.has_room(at(90, "c", "legal"))
    assert pool.full == {"pets"}


async def test_categories_outside_the_list_share_a_group():
    pool = await taken(Pool(Angles(), None, 2), at(0, "a", "moon bases"), at(50, "b", "sorcery"))
    assert pool.full == {OTHER}


async def test_relaxing_goes_a_third_of_the_way_to_one_and_makes_a_fifth_more_room():
    pool = Pool(Angles(), None, 80)
    first, second = pool.relax(), pool.relax()
    assert (first.threshold, first.cap) == (0.9, 96)
    assert (second.threshold, second.cap) == (pytest.approx(0.9333, abs=1e-4), 115)


async def test_a_relaxed_pool_takes_what_it_did_not_take():
    pool = await taken(Pool(Angles(), None, 1), at(0, "a", "pets"))
    assert await novel(pool, at(30)) == []
    assert not pool.has_room(at(90, "b", "pets"))
    pool.relax()
    assert await novel(pool, at(30)) == ["At 30"]
    assert pool.has_room(at(90, "b", "pets"))


async def test_a_check_tells_how_much_they_differ_and_which_are_nearest():
    pool = await taken(Pool(Angles(), None, 80), at(0), at(90), at(60))
    check = pool.check(0)
    assert check.count == 3
    assert check.mean_cosine == pytest.approx((0 + 0.5 + np.cos(np.radians(30))) / 3, abs=1e-3)
    assert check.max_cosine == pytest.approx(np.cos(np.radians(30)), abs=1e-3)
    assert check.nearest == ("At 90", "At 60")


async def test_a_check_of_one_compares_nothing():
    check = (await taken(Pool(Angles(), None, 80), at(0))).check(0)
    assert (check.mean_cosine, check.max_cosine, check.nearest) == (0.0, 0.0, ())


async def test_a_check_of_many_compares_the_same_sample_each_time():
    pool = await taken(Pool(Angles(), None, 80), *(at(n / 10, f"At {n}") for n in range(1_200)))
    assert pool.check(3) == pool.check(3)
    assert pool.check(3).count == 1_200
    assert pool.check(3).mean_cosine != pool.check(4).mean_cosine


async def test_a_check_tells_which_groups_have_many_and_which_have_few():
    many = [at(n, f"pets {n}", "pets") for n in range(6)]
    once = [at(n, group, group) for n, group in enumerate(GROUPS) if group not in {"pets", "legal"}]
    check = (await taken(Pool(Angles(), None, 80), *many, *once)).check(0)
    assert check.over == ("pets",)
    assert check.under == ("legal",)


async def test_nothing_is_over_full_among_a_few():
    check = (await taken(Pool(Angles(), None, 80), at(0, "a", "pets"), at(90, "b", "pets"))).check(
        0
    )
    assert check.over == ()
    assert set(check.under) == set(GROUPS) - {"pets", OTHER}


async def test_an_endpoint_s_embedder_has_the_published_threshold():
    remote = RemoteEmbedder(Angles())
    assert remote.threshold == PUBLISHED_THRESHOLD == 0.85
    assert np.array_equal(await remote.embed_all(["a: 0"]), [[1, 0]])


@pytest.fixture(scope="module")
def embedded():
    return OfflineEmbedder(StaticEmbedder())


async def test_vectors_come_in_order_and_have_length_one(embedded):
    vectors = await embedded.embed_all(["A clinic.", "A bank.", "A clinic."])
    assert vectors.shape == (3, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert np.array_equal(vectors[0], vectors[2])
    assert len(await embedded.embed_all([])) == 0


async def test_none_of_our_seeds_means_what_another_does(embedded):
    pool = await taken(Pool(embedded, None, 80), *read_seeds().scenarios)
    assert pool.check(0).max_cosine < ALIKE - 0.02


async def test_a_seed_that_is_told_again_in_other_words_is_not_new(embedded):
    pool = await taken(Pool(embedded, None, 80), *read_seeds().scenarios)
    retold = [json.loads(line) for line in RETOLD.read_text(encoding="utf-8").splitlines()]
    assert await novel(pool, *(Scenario(row["name"], row["description"]) for row in retold)) == []
    assert pool.drops == {"alike": 15}


async def test_a_seed_is_new_among_all_the_others(embedded):
    seeds = read_seeds().scenarios
    pool = await taken(Pool(embedded, None, 80), *seeds[1:])
    assert await novel(pool, seeds[0]) == [seeds[0].name]


async def test_what_stands_far_behind_in_long_descriptions_makes_no_two_alike(embedded):
    *seeds, last = read_seeds().scenarios
    long = [
        Scenario(each.name, f"{each.description} {each.description} {last.description * 20}")
        for each in seeds
    ]
    assert len(await novel(Pool(embedded, None, 80), *long)) == 99
