"""An evaluation knows what is known about the task of each attempt."""

from awm.rollout.facts import UNKNOWN, TaskFacts
from awm.rollout.job import Job
from tests.rollout.evaluations import attempts, evaluation


def test_facts_are_those_of_the_attempts_task():
    easy = TaskFacts(difficulty=1)
    run = evaluation(attempts("shop", 0, "ca"), facts={("shop", 0): easy})
    assert run.facts_of(Job("shop", 0, 1)) is easy


def test_of_other_tasks_nothing_is_known():
    run = evaluation(attempts("shop", 0, "ca"))
    assert run.facts_of(Job("shop", 3)) is UNKNOWN
