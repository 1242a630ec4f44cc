"""The episode: one attempt at a task, with what it was worth.

It ends in exactly one outcome and has a reason for stopping. An infrastructure error is never a
reward of 0: such an episode has no reward at all, and is left out of means.
"""

from dataclasses import dataclass, field

from awm.llm import Usage
from awm.rollout.job import Job
from awm.rollout.progress import Progress
from awm.trajectory import Trajectory
from awm.types import Outcome
from awm.verify import Reward, Verdict, Violation

__all__ = ["Counts", "Episode"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened in an episode, counted.

    Attributes:
        turns: Replies of the agent.
        calls: Calls of the world's tools that were carried out.
        failed: How many of those came back as errors.
        invalid: Replies that could not be made out, calls of tools that are not there, and calls
            whose arguments do not fit the tool's schema.
        repaired: How often allowances had to be made to understand a reply, which may take
            several: each breaks the format all the same.
    """

    turns: int = 0
    calls: int = 0
    failed: int = 0
    invalid: int = 0
    repaired: int = 0


@dataclass(frozen=True, slots=True)
class Episode:
    """One attempt at a task, graded.

    Attributes:
        job: Which attempt.
        seed: With which seed.
        policy: Who acted, by name.
        trajectory: What was said and done.
        outcome: What it came to.
        reason: Why, in a sentence or two.
        reward: What it is paid.
        verdict: How it was graded; None where it was not.
        violation: The format rule that was broken first; None where none was, or none was watched.
        progress: How far it came where the task was not done; None where it was done, and where
            nobody could tell or nobody looked.
        counts: What happened in it.
        usage: What the agent took, in tokens.
        seconds: How long it took by the clock on the wall, from its launch to its grading. It is
            no part of the record, so that equal runs give equal files.
    """

    job: Job
    seed: int
    policy: str
    trajectory: Trajectory
    outcome: Outcome
    reason: str
    reward: Reward
    verdict: Verdict | None = None
    violation: Violation | None = None
    progress: Progress | None = None
    counts: Counts = field(default_factory=Counts)
    usage: Usage = field(default_factory=Usage)
    seconds: float = field(default=0.0, compare=False)

    @property
    def is_complete(self) -> bool:
        """Whether the task was done."""
        return self.outcome == "complete"

    @property
    def is_scored(self) -> bool:
        """Whether anybody can say what it was worth."""
        return self.outcome != "infrastructure_error"
