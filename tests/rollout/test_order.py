"""An order says all that episodes depend on; from it everything is known that was to be played."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from awm.agents import EpisodeLimits
from awm.errors import UsageError, WorldFileError
from awm.rollout.conditions import Conditions
from awm.rollout.job import Job
from awm.rollout.order import differences, digest_of, facts_in, jobs_in, order_of
from awm.rollout.selection import TaskSelection, jobs_of, task_facts
from awm.worlds import World, WorldFile
from tests.rollout.diaries import diary

WORLDS = {"diary": diary(), "log": diary("Log")}
CONDITIONS = Conditions(limits=EpisodeLimits(turns=9), seed=5)


ALL = TaskSelection()


def ordered(worlds=WORLDS, selection=ALL, rollouts=2, conditions=CONDITIONS, **parts):
    given = {"policy": {"name": "scripted"}, "grading": {"mode": "auto"}, **parts}
    jobs = jobs_of(worlds, selection, rollouts)
    return order_of(worlds, jobs, conditions=conditions, selection=selection, **given)


def test_an_order_is_json_that_reads_back_as_it_is():
    order = ordered(selection=TaskSelection(tasks=(0, 1)))
    assert json.loads(json.dumps(order)) == order


def test_the_attempts_and_the_facts_are_in_it():
    order = ordered()
    assert jobs_in(order) == jobs_of(WORLDS, ALL, 2)
    assert facts_in(order)["log", 0] == task_facts(WORLDS["log"], 0)
    assert facts_in(order)["log", 0].oracle_calls == 2


def test_equal_orders_are_equal():
    assert ordered() == ordered()
    assert differences(ordered(), ordered()) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rollouts": 3}, "rollouts: 3, not 2"),
        ({"policy": {"name": "random"}}, "policy.name: 'random', not 'scripted'"),
        ({"policy": {"name": "scripted", "model": "m"}}, "policy.model: 'm', not '(nothing)'"),
        ({"grading": {"mode": "sql"}}, "grading.mode: 'sql', not 'auto'"),
        ({"conditions": replace(CONDITIONS, seed=6)}, "seed: 6, not 5"),
        ({"conditions": replace(CONDITIONS, strict=True)}, "conditions.strict: True, not False"),
        (
            {"conditions": replace(CONDITIONS, limits=EpisodeLimits(turns=8))},
            "conditions.limits.turns: 8, not 9",
        ),
        ({"selection": TaskSelection(tasks=(0,))}, "selection.tasks: [0], not []"),
    ],
)
def test_what_differs_is_told(changed, told):
    assert told in differences(ordered(), ordered(**changed))


def test_a_world_that_changed_is_another_one():
    changed = {**WORLDS, "log": diary("Log", "# a remark\n")}
    (told,) = differences(ordered(), ordered(worlds=changed))
    assert told.startswith("worlds.log: ")


def test_the_digest_is_of_what_is_played():
    world = diary()
    spec = {"scenario": "Diary", "api_spec": {"api_groups": []}}
    described = World.from_records({**world.records, WorldFile.SPEC: [spec]})
    tasks = {"scenario": "Diary", "tasks": ["Write down nothing."]}
    other = World.from_records({**world.records, WorldFile.TASKS: [tasks]})
    assert digest_of(world) == digest_of(diary()) == digest_of(described)
    assert digest_of(world) != digest_of(other)


def test_the_digest_is_of_the_database_too(tmp_path):
    path = tmp_path / "db"
    world = World.from_records(diary().records, database_file=path)
    digests = set()
    for title in ("one", "other"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"CREATE TABLE {title} (id)")
        digests.add(digest_of(world))
    assert len(digests) == 2
    path.unlink()
    with pytest.raises(WorldFileError, match="is not there"):
        digest_of(world)


def test_there_is_something_to_order():
    with pytest.raises(UsageError, match="nothing to evaluate"):
        order_of(WORLDS, (), policy={}, conditions=CONDITIONS, selection=ALL, grading={})


def test_a_policy_that_cannot_be_written_down_is_refused():
    with pytest.raises(UsageError, match="not JSON"):
        ordered(policy={"name": object()})


def test_only_the_worlds_of_the_attempts_are_in_it():
    jobs = (Job("log", 0),)
    order = order_of(WORLDS, jobs, policy={}, conditions=CONDITIONS, selection=ALL, grading={})
    assert list(order["worlds"]) == ["log"]
    assert jobs_in(order) == jobs
