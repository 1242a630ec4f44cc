"""The episodes of a file are read one at a time."""

import pytest

from awm.errors import TrajectoryError
from awm.rollout.job import Job
from awm.rollout.job_lines import line_of
from awm.rollout.kept_episodes import KeptEpisodes
from awm.rollout.records import episode_json
from tests.rollout.evaluations import attempts

RUNS = attempts("shop", 0, "cai")
JOBS = [run.job for run in RUNS]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "episodes.jsonl"
    path.write_bytes(b"".join(line_of(episode_json(run)) + b"\n" for run in reversed(RUNS)))
    return path


def test_they_stand_in_the_order_of_the_jobs_those_that_are_there(path):
    kept = KeptEpisodes(path, [*JOBS, Job("inn", 0)])
    assert len(kept) == 3
    assert [*kept] == RUNS
    assert (kept[0], kept[-1]) == (RUNS[0], RUNS[-1])
    assert kept[1:] == tuple(RUNS[1:])
    assert [*KeptEpisodes(path, JOBS[1:2])] == RUNS[1:2]


def test_one_is_read_when_it_is_asked_for_and_no_other(path):
    path.write_bytes(path.read_bytes().replace(b'"outcome": "agent_error"', b'"outgoing": "x"'))
    kept = KeptEpisodes(path, JOBS)
    assert (kept[0], kept[2]) == (RUNS[0], RUNS[2])
    with pytest.raises(TrajectoryError, match="holds no episode"):
        kept[1]


def test_without_a_file_there_are_none(tmp_path):
    assert [*KeptEpisodes(tmp_path / "episodes.jsonl", JOBS)] == []
