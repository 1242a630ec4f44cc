"""As many scenarios as are wanted, the seeds first, no two alike, whatever the answers' timing."""

import re
from collections import Counter
from itertools import chain, cycle, pairwise, repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.errors import LLMAnswerError, LLMRefusedError, LLMUnavailableError, UsageError
from awm.synthesis.llm_author.scenarios.groups import GROUPS
from awm.synthesis.llm_author.scenarios.inventing import Inventor
from awm.synthesis.llm_author.scenarios.wish import Wish
from tests.synthesis.llm_author.scenarios.proposing import (
    FIELDS,
    Slow,
    Words,
    asked_about,
    judged_by,
    judgements,
    meaning,
    model,
    prompt_of,
    proposals,
    seeds,
    thought_up,
    told,
)


def inventor(llm=None, embedder=None, **wish):
    return Inventor(llm or model(), embedder or Words(), Wish(**{"target_count": 40, **wish}))


async def all_of(inventor, given=None):
    return [found async for found in inventor.invent(seeds() if given is None else given)]


def counted(word="New"):
    """Proposes names that were never proposed before, in the order of the questions."""
    numbers = iter(range(1_000_000))

    def propose(question):
        count = int(told(question, "count"))
        return proposals(*(f"{word} {next(numbers)}" for _ in range(count)))

    return propose


async def test_exactly_as_many_come_as_are_wanted_and_the_seeds_come_first():
    found = await all_of(inventor())
    assert len(found) == 40
    assert [scenario.name for scenario in found[:6]] == [f"Seed {n}" for n in range(6)]
    assert len({scenario.key for scenario in found}) == 40


async def test_every_one_is_a_whole_row_of_the_file():
    for scenario in (await all_of(inventor()))[6:]:
        assert set(scenario.row) == {
            "name",
            "description",
            "categories",
            "suitability_level",
            "suitability_score",
            "suitability_reasoning",
            "simulatable_features",
            "non_simulatable_features",
        }


@given(
    target=st.integers(1, 60),
    parallel=st.integers(1, 6),
    each=st.integers(1, 12),
    batch=st.integers(1, 12),
    seed=st.integers(0, 5),
)
@settings(max_examples=25, deadline=None)
async def test_whatever_is_wanted_comes_and_no_two_are_alike(target, parallel, each, batch, seed):
    found = await all_of(
        inventor(
            target_count=target,
            num_parallel_requests=parallel,
            scenarios_per_request=each,
            classify_batch=batch,
            seed=seed,
        )
    )
    assert len(found) == target
    assert len({scenario.key for scenario in found}) == target
    vectors = np.stack([meaning(scenario.name) for scenario in found])
    cosines = vectors @ vectors.T - 2 * np.eye(target)
    assert cosines.max() <= 0.85


@given(turns=st.lists(st.integers(0, 9), min_size=1, max_size=40))
@settings(max_examples=8, deadline=None)
async def test_timing_changes_nothing(turns):
    at_once, slowly = model(), model()
    usual = inventor(at_once, target_count=60)
    slow = inventor(Slow(slowly, cycle(turns)), target_count=60)
    assert await all_of(usual) == await all_of(slow)
    assert usual.invention == slow.invention
    assert Counter(q.key for q in at_once.questions) == Counter(q.key for q in slowly.questions)


async def test_another_seed_finds_others():
    assert await all_of(inventor(seed=1)) != await all_of(inventor(seed=2))


async def test_each_comes_as_soon_as_it_is_found():
    llm = model()
    found = inventor(llm).invent(seeds())
    assert (await anext(found)).name == "Seed 0"
    assert not llm.questions
    while len([q for q in llm.questions if prompt_of(q) == "scenario"]) == 0:
        await anext(found)
    assert len([q for q in llm.questions if prompt_of(q) == "scenario"]) == 4  # the first wave
    await found.aclose()


async def test_what_was_found_before_a_stop_is_found_again():
    whole, again = model(), model()
    everything = await all_of(inventor(whole))
    stopped = inventor(again).invent(seeds())
    some = [await anext(stopped) for _ in range(20)]
    await stopped.aclose()
    assert some == everything[:20]
    assert {q.key for q in again.questions} <= {q.key for q in whole.questions}


async def test_a_wave_asks_for_no_more_than_is_missing():
    llm = model(counted())
    await all_of(inventor(llm, target_count=18, scenarios_per_request=5))
    assert [prompt_of(q) for q in llm.questions].count("scenario") == 3


async def test_seeds_that_were_not_judged_are_judged_and_the_unsuitable_left_out():
    def judge(question):
        level = "low" if "Seed 2" in asked_about(question) else "medium"
        return judgements(question, suitability_level=level)

    run = inventor(model(judge=judge), classify_batch=1, target_count=8)
    found = await all_of(run, seeds(level=None))
    assert [scenario.name for scenario in found[:5]] == [f"Seed {n}" for n in (0, 1, 3, 4, 5)]
    (problem,) = run.invention.problems
    assert problem.world == "seed_2"
    assert "suits little: Records change." in problem.what
    assert run.invention.seeds == 5


async def test_seeds_that_were_judged_before_are_not_judged_again():
    llm = model()
    await all_of(inventor(llm, target_count=6))
    assert not llm.questions


async def test_no_more_seeds_are_judged_than_are_wanted():
    llm = model()
    names = [f"Seed {n}" for n in range(100)]
    found = await all_of(inventor(llm, target_count=15), seeds(*names, level=None))
    assert [scenario.name for scenario in found] == names[:15]
    assert [len(asked_about(question)) for question in llm.questions] == [10, 10]


async def test_a_name_that_stands_among_the_seeds_twice_is_used_once():
    found = await all_of(inventor(target_count=3), seeds("A", "a ", "B", "C", "b"))
    assert [scenario.name for scenario in found] == ["A", "B", "C"]


async def test_seeds_are_taken_as_they_are_where_somebody_says_so():
    llm = model()
    given = [*seeds("A", level=None), *seeds("B", level="low")]
    assert await all_of(inventor(llm, target_count=2, skip_classification=True), given) == given
    assert not llm.questions


async def test_judging_alone_gives_every_seed_and_invents_nothing():
    def judge(question):
        return judgements(question, suitability_level="low")

    llm = model(judge=judge)
    names = [f"Seed {n}" for n in range(60)]
    run = inventor(llm, target_count=1, classify_only=True)
    found = await all_of(run, seeds(*names, level=None))
    assert [scenario.name for scenario in found] == names
    assert {scenario.suitability.level for scenario in found} == {"low"}
    assert {prompt_of(question) for question in llm.questions} == {"classify"}


async def test_candidates_that_suit_little_are_left_out_and_not_looked_at_again():
    def level(name):
        return {"suitability_level": "low" if name.startswith("K") else "high"}

    llm = model(judge=judged_by(level))
    run = inventor(llm, classify_batch=5)
    found = await all_of(run)
    assert len(found) == 40
    assert not [scenario for scenario in found if scenario.name.startswith("K")]
    assert run.invention.drops["unsuitable"] > 0
    judged = Counter(chain.from_iterable(map(asked_about, llm.questions)))
    assert max(judged.values()) == 1


async def test_candidates_that_were_left_out_of_their_judgement_are_not_taken():
    def judge(question):
        (name,) = asked_about(question)
        return "no" if name.startswith("K") else judgements(question)

    run = inventor(model(judge=judge), classify_batch=1, attempts=1)
    found = await all_of(run)
    assert len(found) == 40
    assert not [scenario for scenario in found if scenario.name.startswith("K")]
    assert run.invention.drops["unclassified"] > 0


async def test_no_group_has_more_than_its_cap():
    def group(name):
        return {"categories": ["legal"]} if int(name.split()[1]) % 2 else {}

    run = inventor(
        model(counted(), judged_by(group)), target_count=60, max_per_category=5, classify_batch=3
    )
    groups = Counter(chain.from_iterable(found.categories for found in await all_of(run)))
    assert groups["legal"] == 5
    assert max(groups.values()) <= 5
    assert run.invention.drops["full"] > 0


async def test_a_group_that_is_full_is_told_to_the_next_wave():
    llm = model(counted(), lambda question: judgements(question, categories=["legal"]))
    with pytest.raises(LLMAnswerError):
        await all_of(inventor(llm, max_per_category=5, max_stall_iterations=2))
    last = [q for q in llm.questions if prompt_of(q) == "scenario"][-1]
    assert "legal" in told(last, "crowded").splitlines()


class Flat(Words):
    """An embedder to which everything new has a cosine of 0.88 with everything else."""

    async def embed_all(self, texts):
        vectors = np.zeros((len(texts), 500), dtype=np.float32)
        vectors[:, 0] = np.sqrt(0.88)
        for row, text in zip(vectors, texts, strict=True):
            row[1 + int(text.partition(":")[0].split()[1])] = np.sqrt(0.12)
        return vectors


async def test_after_waves_that_bring_nothing_more_is_taken_and_that_is_written_down():
    run = inventor(model(counted()), Flat(), max_stall_iterations=3)
    found = await all_of(run, seeds("Seed 490"))
    assert len(found) == 40
    (relaxed,) = run.invention.relaxations
    assert (relaxed.count, relaxed.threshold, relaxed.cap) == (1, 0.9, 96)
    assert run.invention.drops["alike"] == 3 * 40  # three waves of four requests for ten each


async def test_a_wave_that_brings_something_begins_the_count_anew():
    replies = chain([proposals("A 1"), *repeat(proposals("Seed 1"), 2), proposals("B 2")],
                    repeat(proposals("Seed 1"), 2), [proposals("C 3")])  # fmt: skip
    run = inventor(
        model(lambda _: next(replies)),
        target_count=9,
        scenarios_per_request=1,
        num_parallel_requests=1,
        max_stall_iterations=3,
        attempts=1,
    )
    assert [found.name for found in await all_of(run)][6:] == ["A 1", "B 2", "C 3"]
    assert run.invention.relaxations == ()


async def test_what_stalls_for_good_is_an_error_that_says_how_many_were_found():
    names = [f"Few {n}" for n in range(10)]
    llm = model(lambda _: proposals(*names))
    run = inventor(llm, max_stall_iterations=2, attempts=1, num_parallel_requests=1)
    with pytest.raises(LLMAnswerError) as raised:
        await all_of(run)
    assert run.invention.invented == 10
    assert "16 of 40 scenarios were found" in raised.value.message
    assert "--target_count" in raised.value.hint


async def test_what_is_alike_for_ever_is_an_error_too():
    class Same(Words):
        async def embed_all(self, texts):
            return np.ones((len(texts), 1), dtype=np.float32)

    run = inventor(model(counted()), Same(), max_stall_iterations=2)
    with pytest.raises(LLMAnswerError, match=r"1 of 40 .* last 2 waves .*\d+ alike"):
        await all_of(run, seeds("Seed 1"))
    assert len(run.invention.relaxations) == 2
    assert run.invention.waves == 6


async def test_a_model_that_never_says_anything_usable_is_given_up_soon():
    run = inventor(model(lambda _: "Sorry."), attempts=2)
    with pytest.raises(LLMAnswerError, match=r"6 of 40 .*no JSON"):
        await all_of(run)
    assert run.invention.waves == 3
    assert run.invention.unusable == run.invention.requests == 12


async def test_an_answer_that_cannot_be_used_or_is_refused_costs_no_other():
    def propose(question):
        says = (LLMRefusedError("not that"), "Sorry.", thought_up(question), thought_up(question))
        return says[int(question.key, 16) % 4]

    run = inventor(model(propose), attempts=1)
    assert len(await all_of(run)) == 40
    assert run.invention.unusable > 0


async def test_waves_have_a_limit():
    run = inventor(model(counted()), Flat(), max_total_iterations=2)
    with pytest.raises(LLMAnswerError, match="--max_total_iterations"):
        await all_of(run)
    assert run.invention.waves == 2


async def test_it_is_looked_at_how_much_they_differ_from_time_to_time():
    run = inventor(target_count=100, global_check_interval=30, num_parallel_requests=1)
    await all_of(run)
    counts = [check.count for check in run.invention.checks]
    assert counts[0] == 6
    assert counts[-1] == 100
    assert all(30 <= more - less < 40 for less, more in pairwise(counts[:-1]))
    assert len(counts) >= 4


async def test_what_was_seen_steers_the_waves_that_follow():
    def judge(question):
        return judgements(question, categories=["legal"])

    llm = model(counted(), judge)
    await all_of(inventor(llm, target_count=60, global_check_interval=20, num_parallel_requests=1))
    waves = [question for question in llm.questions if prompt_of(question) == "scenario"]
    assert told(waves[0], "crowded") == ""
    assert told(waves[-1], "crowded") == "legal"
    focused = {
        group
        for wave in waves
        for group in re.findall(r"^([a-z ]+):", told(wave, "focus"), re.MULTILINE)
    }
    assert focused
    assert focused.isdisjoint({"legal", *(FIELDS[number] for number in range(6))})


async def test_the_account_says_what_happened():
    run = inventor()
    await all_of(run)
    account = run.invention
    assert account.seeds == 6
    assert account.invented == 34
    assert account.waves >= 1
    assert account.requests >= 4
    assert account.drops["known"] > 0
    told_of = account.to_json()
    assert told_of["invented"] == 34
    assert told_of["checks"][0]["count"] == 6


async def test_a_model_that_cannot_be_reached_is_an_error_at_once():
    llm = model(lambda _: LLMUnavailableError("gone"))
    with pytest.raises(LLMUnavailableError, match="gone"):
        await all_of(inventor(llm))


async def test_there_has_to_be_a_seed():
    with pytest.raises(UsageError, match="no seeds"):
        await all_of(inventor(), [])


async def test_one_seed_has_to_suit():
    with pytest.raises(UsageError, match="None of the 3 seeds suits"):
        await all_of(inventor(), seeds("A", "B", "C", level="low"))


async def test_seeds_that_nobody_can_judge_are_an_error_before_anything_is_invented():
    llm = model(judge=lambda _: "Sorry.")
    with pytest.raises(LLMAnswerError, match="None of the seeds 'A' to 'B'") as raised:
        await all_of(inventor(llm, attempts=1), seeds("A", "B", level=None))
    assert "--skip_classification" in raised.value.hint
    assert {prompt_of(question) for question in llm.questions} == {"classify"}


@pytest.mark.parametrize(
    ("wish", "told_of"),
    [
        ({"target_count": 0}, "--target_count is 0"),
        ({"num_parallel_requests": -1}, "--num_parallel_requests is -1"),
        ({"scenarios_per_request": 0}, "--scenarios_per_request"),
        ({"embedding_similarity_threshold": 0.0}, "--embedding_similarity_threshold is 0"),
        ({"embedding_similarity_threshold": 1.5}, "--embedding_similarity_threshold is 1.5"),
        ({"classify_only": True, "skip_classification": True}, "contradict"),
        (
            {"target_count": 1000, "max_per_category": 2},
            f"more than the {2 * len(GROUPS)} that fit",
        ),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish, told_of):
    with pytest.raises(UsageError) as raised:
        Wish(**wish)
    assert told_of in raised.value.message
    assert raised.value.hint
