"""What is written of an evaluation beside its episodes, one of which is in memory at a time."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from awm.cli.evaluation_files import finished, played_worlds
from awm.rollout.comparing import compare_runs
from awm.rollout.order import digest_of
from awm.rollout.store import EpisodeStore, read_evaluation
from tests.conftest import make_world
from tests.rollout.evaluations import called, episode, evaluation

LONG = 400_000
"""Characters of what is answered in an episode."""
MANY = 40
FACTS = {"difficulty": None, "kind": None, "tags": [], "category": None, "oracle_calls": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Many long episodes; nobody but those who finish it writes there."""
    folder = tmp_path_factory.mktemp("evaluations") / "long"
    tasks = [{"world": "shop", "task_idx": 0, **FACTS}]
    order = {"rollouts": MANY, "tasks": tasks, "worlds": {"shop": "0"}}
    with EpisodeStore.open(folder, order) as store:
        for rollout in range(MANY):
            turns = [called("look", answered=f"{rollout}" + "x" * LONG)]
            store.add(episode("shop", 0, rollout, turns=turns))
        store.finish()
    return folder


@contextmanager
def in_the_room_of(episodes: int) -> Iterator[None]:
    """Fails where so many episodes and their lines, parsed and not, would not have sufficed."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 8 * episodes * LONG
    finally:
        tracemalloc.stop()


async def test_an_evaluation_is_summarised_in_the_room_of_an_episode(folder):
    with in_the_room_of(1):
        summary = await finished(folder, {}, None, None)
    assert (summary.episodes, summary.whole.complete) == (MANY, MANY)


def test_so_are_two_compared(folder):
    with in_the_room_of(1):
        found = compare_runs(read_evaluation(folder), read_evaluation(folder))
    assert found.pairs[0].a.scored == MANY


def test_worlds_are_those_that_were_played_others_or_not_there():
    same, changed = make_world(name="Same"), make_world("# another one", name="Changed")
    digests = {"same": digest_of(same), "changed": "0", "gone": "1"}
    run = evaluation([], worlds=digests)
    played = played_worlds(run, {"same": same, "changed": changed, "more": same})
    assert played.same == {"same": same}
    assert (played.missing, played.other) == (("gone",), ("changed",))
    assert played.lacking == "1 world not there, 1 world not as played"
    assert played_worlds(evaluation([], worlds={}), {}).lacking == ""


def test_a_world_whose_database_is_gone_is_not_as_it_was_played(tmp_path):
    world = replace(make_world(name="Kept"), database_file=tmp_path / "kept.db")
    played = played_worlds(evaluation([], worlds={"kept": "0"}), {"kept": world})
    assert (played.same, played.other) == ({}, ("kept",))
