"""An attempt while it is made: what is acted through, what is watched, and what it comes to."""

import json
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from awm.agents import (
    Acted,
    Acting,
    Assignment,
    EpisodeLimits,
    MetaToolbox,
    Policy,
    Referee,
    Toolbox,
)
from awm.errors import (
    AwmError,
    BudgetError,
    InfrastructureError,
    IsolationError,
    LLMError,
    LLMSetupError,
    LLMTooLongError,
    RuntimeClosedError,
    SnapshotError,
    WorldError,
)
from awm.rollout.conditions import Conditions
from awm.rollout.episode import Counts, Episode
from awm.rollout.grading import Grader
from awm.rollout.job import Job
from awm.rollout.progress import Progress
from awm.rollout.tool_checks import KnownTools
from awm.rollout.toolboxes import InstanceToolbox, MadeCall
from awm.runtime import Instance
from awm.types import Outcome
from awm.verify import Attempt, FormatWatch, Reward, Verdict, Violation, attempt_in
from awm.worlds import World

__all__ = ["ENDING", "HOPELESS", "Attempting", "Graded", "Loop", "Played", "Task"]

HOPELESS: Final = (BudgetError, LLMSetupError, IsolationError, RuntimeClosedError)
"""What would end every further attempt too: it is raised, and no attempt has come of it."""
ENDING: Final = (LLMError, InfrastructureError, WorldError, SnapshotError)
"""What ends an attempt when it is raised, without anybody having misused anything, unless it is
`HOPELESS`."""

_CUT_OFF: Final = frozenset({"timeout", "cancelled"})
_FLOOD: Final = 2**20
"""Characters of arguments from which on it is the agent's doing that a world fails at a call."""

A = TypeVar("A", bound=Acting)
L_co = TypeVar("L_co", bound=Acting, covariant=True)


@dataclass(frozen=True, slots=True)
class Task:
    """What is attempted.

    Attributes:
        world: The task's world.
        job: Which attempt at which of its tasks.
        seed: Of everything that is drawn in this attempt.
    """

    world: World
    job: Job
    seed: int

    @property
    def sentence(self) -> str:
        """What the agent is asked to do."""
        return self.world.sentence(self.job.task_idx)


@dataclass(frozen=True, slots=True)
class Played:
    """An attempt, and the database before and after it.

    Attributes:
        episode: The attempt, graded.
        attempt: What was graded; None where the episode came to nothing that could be.
    """

    episode: Episode
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class Graded:
    """What an attempt came to, or why nobody knows.

    Attributes:
        outcome: What it came to.
        reason: Why, in a sentence or two.
        reward: What it is paid.
        verdict: How it was graded; None where it was not.
        attempt: What was graded; None where nothing was.
    """

    outcome: Outcome
    reason: str
    reward: Reward
    verdict: Verdict | None = None
    attempt: Attempt | None = None


class Loop(Protocol[L_co]):
    """Makes the loop in which an attempt is made: `Acting`, or a class that extends it."""

    def __call__(
        self,
        policy: Policy,
        assignment: Assignment,
        toolbox: Toolbox,
        limits: EpisodeLimits,
        *,
        seed: int,
        referee: Referee | None,
    ) -> L_co:
        """A loop for one episode; see `Acting`."""
        ...


class Attempting(Generic[A]):
    """An attempt while it is made.

    Args:
        task: What is attempted.
        policy: Who acts.
        instance: Where; nobody else may use it.
        conditions: Under which.
        tools: Those of the world.
        loop: `Acting`, or a class that extends it.
        known: Calls that were made before, with what they answered; see `InstanceToolbox`.

    Attributes:
        acting: The loop in which the agent acts. Whoever made this runs it.
    """

    def __init__(
        self,
        task: Task,
        policy: Policy,
        instance: Instance,
        conditions: Conditions,
        tools: KnownTools,
        *,
        loop: Loop[A],
        known: tuple[MadeCall, ...] = (),
    ) -> None:
        self._task = task
        self._policy = policy
        self._instance = instance
        self._conditions = conditions
        self._checks = tools.checks
        self._watch = FormatWatch(conditions.rules, tools.checks) if conditions.strict else None
        self._tools = InstanceToolbox(instance, known)
        self._meta = MetaToolbox(self._tools, lambda: tools.listing)
        self._violation: Violation | None = None
        self.acting: A = loop(
            policy,
            Assignment(task.world.name, task.job.task_idx, task.sentence),
            self._meta if conditions.meta_tools else self._tools,
            conditions.limits,
            seed=task.seed,
            referee=self._watch,
        )

    @property
    def made(self) -> tuple[MadeCall, ...]:
        """The calls of the world's tools that were carried out, each with what it answered."""
        return tuple(self._tools.made)

    def broken_off(self, error: AwmError) -> Graded:
        """Say what it came to where an error ended it.

        Args:
            error: A world's, and then it is an `environment_error`. After any other, nobody can
                say what the attempt was worth.
        """
        if not isinstance(error, WorldError | SnapshotError):
            is_too_long = isinstance(error, LLMTooLongError)
            why = f"{self._outgrown()} {error}" if is_too_long else str(error)
            return Graded("infrastructure_error", why, Reward((), unscored=why))
        job = self._task.job
        verdict = Verdict(job.world, job.task_idx, "code", "environment_error", str(error))
        reward = self._conditions.scheme.reward(verdict)
        return Graded("environment_error", verdict.reason, reward, verdict)

    async def graded(self, grader: Grader) -> Graded:
        """Say what came of it, once the agent has ended.

        Args:
            grader: Who says what the attempt was worth. What keeps it from that is in the answer
                and not raised.

        Raises:
            AwmError: What is `HOPELESS`.
        """
        try:
            self._violation = self._broken_rule()
            trajectory = self.acting.acted().trajectory
            attempt = await attempt_in(
                self._instance, self._task.world, self._task.job.task_idx, trajectory.final_answer
            )
            verdict = await grader.grade(self._task.world, attempt, trajectory)
        except HOPELESS:
            raise
        except ENDING as error:
            return self.broken_off(error)
        return self._weighed(verdict, attempt)

    def played(self, graded: Graded, seconds: float, progress: Progress | None = None) -> Played:
        """The attempt as a record.

        Args:
            graded: What it came to.
            seconds: How long it took by the clock on the wall.
            progress: How far it came, where that was measured.
        """
        acted = self.acting.acted()
        episode = Episode(
            job=self._task.job,
            seed=self._task.seed,
            policy=self._policy.name,
            trajectory=acted.trajectory,
            outcome=graded.outcome,
            reason=graded.reason,
            reward=graded.reward,
            verdict=graded.verdict,
            violation=self._violation,
            progress=progress,
            counts=self._counts(acted),
            usage=acted.usage,
            seconds=seconds,
        )
        return Played(episode, graded.attempt)

    def _outgrown(self) -> str:
        """What grew longer than the model can hold."""
        made = len(self.acting.acted().trajectory.turns)
        what = f"the conversation in turn {made + 1}" if made else "the task with its tools"
        return f"{what} is longer than the model's context:"

    def _broken_rule(self) -> Violation | None:
        if self._watch is None:
            return None
        if self.acting.acted().trajectory.stop in _CUT_OFF:
            return None
        found = self._watch.finish()
        # That no call succeeded is not the agent's doing where the world failed at one.
        return None if found and found.rule == "success" and self._failed_world() else found

    def _weighed(self, verdict: Verdict, attempt: Attempt) -> Graded:
        scheme = self._conditions.scheme
        if self._violation is not None:
            reward = scheme.reward(verdict, violation=self._violation)
            return Graded("agent_error", str(self._violation), reward, verdict, attempt)
        failed = self._failed_world()
        if verdict.outcome == "agent_error" and failed:
            # A program says only that the task was not done, and here the world kept it from that.
            verdict = replace(verdict, outcome="environment_error", reason=failed)
        outcome = verdict.outcome or "infrastructure_error"
        return Graded(outcome, verdict.reason, scheme.reward(verdict), verdict, attempt)

    def _failed_world(self) -> str:
        """The first call that the world itself failed at; empty where it failed at none."""
        for call, result in self._tools.made:
            failed = result.fault is not None or (result.status or 0) >= 500
            if failed and len(json.dumps(dict(call.arguments))) < _FLOOD:
                how = result.fault or f"status {result.status}"
                return f"the world failed at {call.name}: {how}"
        return ""

    def _counts(self, acted: Acted) -> Counts:
        made = self._tools.made
        unfit = sum(self._checks.fault(call.name, call.arguments) is not None for call, _ in made)
        return Counts(
            turns=len(acted.trajectory.turns),
            calls=len(made),
            failed=sum(result.is_error for _, result in made),
            invalid=acted.malformed + acted.unknown + unfit,
            repaired=len(acted.repairs),
        )
