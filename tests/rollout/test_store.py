"""What is played is kept at once, goes on where it was left, and is written over by nobody."""

import json
import os
from dataclasses import replace

import pytest

from awm.errors import TrajectoryError, UsageError
from awm.rollout.facts import TaskFacts
from awm.rollout.job import Job
from awm.rollout.store import ANALYSIS, EPISODES, ORDER, TIMINGS, EpisodeStore, read_evaluation
from tests.rollout.evaluations import called, episode

FACTS = {"difficulty": 2, "kind": None, "tags": ["a"], "category": None, "oracle_calls": 3}
ORDERED = {
    "policy": {"name": "model"},
    "rollouts": 2,
    "seed": 0,
    "worlds": {"shop": "0"},
    "tasks": [{"world": "shop", "task_idx": number, **FACTS} for number in range(2)],
}
JOBS = tuple(Job("shop", number, rollout) for number in range(2) for rollout in range(2))
EPISODES_OF = {job: episode(task_idx=job.task_idx, rollout=job.rollout) for job in JOBS}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def played(folder, jobs=JOBS, *, finish=True, order=ORDERED, **made):
    with EpisodeStore.open(folder, order) as store:
        for job in jobs:
            if job not in store.done:
                store.add(replace(EPISODES_OF[job], **made))
        if finish:
            store.finish()


def lines(folder, name=EPISODES):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_what_was_ordered_and_played_can_be_read_again(folder):
    played(folder, seconds=1.5)
    evaluation = read_evaluation(folder)
    assert evaluation.order == ORDERED
    assert tuple(evaluation.episodes) == tuple(EPISODES_OF.values())
    assert set(evaluation.seconds.values()) == {1.5}
    assert evaluation.facts_of(JOBS[0]) == TaskFacts(2, None, ("a",), None, 3)


def test_equal_episodes_give_equal_files_in_whatever_order_they_come(folder, tmp_path):
    played(folder, seconds=1.0)
    played(tmp_path / "other", reversed(JOBS), seconds=2.0)
    for name in (ORDER, EPISODES):
        assert (folder / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    assert [Job.from_json(line) for line in lines(folder)] == list(JOBS)
    assert [Job.from_json(line) for line in lines(tmp_path / "other", TIMINGS)] == list(JOBS)


def test_an_episode_is_on_disk_as_soon_as_it_is_added(folder):
    with EpisodeStore.open(folder, ORDERED) as store:
        store.add(EPISODES_OF[JOBS[2]])
        assert tuple(read_evaluation(folder).episodes) == (EPISODES_OF[JOBS[2]],)


def test_the_same_order_goes_on_where_it_was_left(folder):
    played(folder, JOBS[2:], finish=False)
    with EpisodeStore.open(folder, ORDERED) as store:
        assert dict(store.done) == {job: EPISODES_OF[job] for job in JOBS[2:]}
        assert len(store.done) == 2
        assert JOBS[0] not in store.done
    played(folder)
    assert tuple(read_evaluation(folder).episodes) == tuple(EPISODES_OF.values())


def test_an_episode_that_was_torn_is_played_again(folder):
    played(folder, finish=False)
    path = folder / EPISODES
    os.truncate(path, path.stat().st_size - 10)
    with EpisodeStore.open(folder, ORDERED) as store:
        assert list(store.done) == list(JOBS[:3])
    played(folder)
    assert tuple(read_evaluation(folder).episodes) == tuple(EPISODES_OF.values())


def test_failures_of_the_infrastructure_are_kept_with_their_reason_and_made_again(folder):
    failed = episode(outcome="infrastructure_error", reason="the worker died")
    with EpisodeStore.open(folder, ORDERED) as store:
        store.add(failed)
        for job in JOBS[1:]:
            store.add(EPISODES_OF[job])
        store.finish()
        assert JOBS[0] not in store.done
        assert store.episode(JOBS[0]) == failed
        with pytest.raises(KeyError):
            store.done[JOBS[0]]
    assert read_evaluation(folder).episodes[0] == failed
    assert lines(folder)[0]["reason"] == "the worker died"
    played(folder)
    assert tuple(read_evaluation(folder).episodes) == tuple(EPISODES_OF.values())
    assert len(lines(folder)) == len(lines(folder, TIMINGS)) == 4


def test_nothing_is_counted_twice(folder):
    with EpisodeStore.open(folder, ORDERED) as store:
        store.add(EPISODES_OF[JOBS[0]])
        with pytest.raises(UsageError, match="played already"):
            store.add(EPISODES_OF[JOBS[0]])
    assert len(lines(folder)) == 1


def test_what_was_not_ordered_is_not_kept(folder):
    elsewhere = episode(world="elsewhere")
    with (
        EpisodeStore.open(folder, ORDERED) as store,
        pytest.raises(UsageError, match="was not ordered"),
    ):
        store.add(elsewhere)


def test_an_evaluation_is_not_finished_before_all_is_played(folder):
    with EpisodeStore.open(folder, ORDERED) as store:
        store.add(EPISODES_OF[JOBS[0]])
        with pytest.raises(UsageError, match="3 of 4"):
            store.finish()


def test_what_is_no_json_is_not_kept_by_half(folder):
    turn = called("pay", {"order": object()})
    with EpisodeStore.open(folder, ORDERED) as store:
        with pytest.raises(TypeError):
            store.add(episode(turns=[turn]))
        store.add(EPISODES_OF[JOBS[0]])
    assert len(lines(folder)) == 1


def test_another_order_is_refused_with_what_differs(folder):
    played(folder)
    before = (folder / EPISODES).read_bytes()
    with (
        pytest.raises(UsageError, match="seed: 1, not 0"),
        EpisodeStore.open(folder, {**ORDERED, "seed": 1}),
    ):
        pass
    assert (folder / EPISODES).read_bytes() == before


def test_overwriting_begins_anew_under_any_order(folder):
    played(folder)
    (folder / ANALYSIS).write_text("{}\n")
    with EpisodeStore.open(folder, {**ORDERED, "seed": 1}, overwrite=True) as store:
        assert not store.done
    assert read_evaluation(folder).order["seed"] == 1
    assert not (folder / ANALYSIS).exists()


@pytest.mark.parametrize("name", [EPISODES, TIMINGS, ANALYSIS, "summary.json", "report.html"])
def test_files_that_belong_to_no_order_are_left_alone(folder, name):
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(UsageError, match=name), EpisodeStore.open(folder, ORDERED):
        pass
    assert (folder / name).read_text() == "mine"


def test_other_files_in_the_folder_are_nobodys_business(folder):
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    played(folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_one_process_at_a_time(folder):
    with (
        EpisodeStore.open(folder, ORDERED),
        pytest.raises(UsageError, match="being written to by process"),
        EpisodeStore.open(folder, ORDERED),
    ):
        pass
    played(folder)


def test_an_order_that_cannot_be_read_is_told(folder):
    folder.mkdir()
    (folder / ORDER).write_text("{")
    with pytest.raises(TrajectoryError, match=ORDER):
        read_evaluation(folder)
    with pytest.raises(TrajectoryError, match=ORDER), EpisodeStore.open(folder, ORDERED):
        pass


def test_a_line_of_another_evaluation_is_told(folder):
    played(folder, finish=False)
    fewer = {**ORDERED, "rollouts": 1}
    (folder / ORDER).write_text(json.dumps(fewer))
    with pytest.raises(TrajectoryError, match="was not ordered"), EpisodeStore.open(folder, fewer):
        pass


def test_a_line_that_is_no_episode_is_told(folder):
    played(folder)
    (folder / EPISODES).write_text(json.dumps(JOBS[0].to_json()) + "\n")
    evaluation = read_evaluation(folder)
    with pytest.raises(TrajectoryError, match="shop task 0"):
        tuple(evaluation.episodes)


def test_a_folder_without_an_evaluation_is_told(folder):
    with pytest.raises(UsageError, match="holds no evaluation"):
        read_evaluation(folder)
