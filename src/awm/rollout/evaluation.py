"""An evaluation: what was ordered, and every episode that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awm.rollout.episode import Episode
from awm.rollout.facts import UNKNOWN, TaskFacts
from awm.rollout.job import Job

__all__ = ["Evaluation"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as it stands in its folder.

    Attributes:
        folder: Where it is, for messages and headings.
        order: What was ordered, as `evaluation.json` has it: the policy, the worlds with their
            digests, the conditions, how many rollouts, the seed, the selection of tasks.
        episodes: What was played, in the order of the jobs. Those of a folder are read one at a
            time, and anew whenever they are asked for: ten thousand take as much memory as one for
            whoever goes through them and keeps none.
        seconds: How long each attempt took by the clock on the wall; an attempt may be missing.
        facts: What is known about each task, by the name of its world and its number.
    """

    folder: str
    order: Mapping[str, Any]
    episodes: Sequence[Episode]
    seconds: Mapping[Job, float] = field(default_factory=dict)
    facts: Mapping[tuple[str, int], TaskFacts] = field(default_factory=dict)

    def facts_of(self, job: Job) -> TaskFacts:
        """What is known about the task of an attempt; `UNKNOWN` where that is nothing."""
        return self.facts.get((job.world, job.task_idx), UNKNOWN)
