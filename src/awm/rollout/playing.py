"""One attempt at a task from its launch to its reward."""

import time
from dataclasses import dataclass, field, replace

from awm.agents import Acted, Acting, Assignment, EpisodeLimits, MetaToolbox, Policy
from awm.errors import InfrastructureError, LLMError, WorldError
from awm.rollout.episode import Counts, Episode
from awm.rollout.grading import Grader
from awm.rollout.job import Job, seed_of
from awm.rollout.toolboxes import InstanceToolbox
from awm.runtime import Instance, Runtime
from awm.trajectory import Trajectory
from awm.types import Outcome
from awm.verify import (
    PAPER,
    Attempt,
    FormatRules,
    FormatWatch,
    Reward,
    RewardScheme,
    Verdict,
    VerifierFault,
    Violation,
    attempt_in,
)
from awm.verify.arguments import ToolChecks
from awm.worlds import World

__all__ = ["Conditions", "Played", "Player"]

_CUT_OFF = frozenset({"timeout", "cancelled"})


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions agents act.

    Attributes:
        limits: When an episode ends at the latest.
        meta_tools: Whether agents act through `list_tools` and `call_tool`; otherwise they are
            given the world's own tools.
        strict: Whether a broken format rule ends the episode, as in the AWM paper's training.
            Otherwise the agent is told what was wrong and goes on.
        thinking: Whether every reply needs a thought, where `strict`.
        scheme: What outcomes are paid.
        seed: Of everything that is drawn.
    """

    limits: EpisodeLimits = field(default_factory=EpisodeLimits)
    meta_tools: bool = True
    strict: bool = False
    thinking: bool = False
    scheme: RewardScheme = PAPER
    seed: int = 0

    @property
    def rules(self) -> FormatRules:
        """The format rules that are watched where they are."""
        return FormatRules(meta_tools=self.meta_tools, thinking=self.thinking)


@dataclass(frozen=True, slots=True)
class Played:
    """An attempt, and the database before and after it.

    Attributes:
        episode: The attempt, graded.
        attempt: What was graded; None where the episode came to nothing that could be.
    """

    episode: Episode
    attempt: Attempt | None


class Player:
    """Plays attempts, any number at once.

    Args:
        runtime: Where worlds live.
        grader: Says what attempts are worth.
        conditions: Under which they are made.
    """

    def __init__(self, runtime: Runtime, grader: Grader, conditions: Conditions) -> None:
        self._runtime = runtime
        self._grader = grader
        self.conditions = conditions
        self._checks: dict[str, ToolChecks] = {}

    async def play(self, world: World, job: Job, policy: Policy) -> Played:
        """Play an attempt.

        Whatever goes wrong that is not the agent's doing ends as `infrastructure_error` with its
        reason, and what was done until then is kept.

        Args:
            world: The world of the task.
            job: Which attempt.
            policy: Who acts.
        """
        began = time.perf_counter()
        seed = seed_of(job, self.conditions.seed)
        try:
            async with await self._runtime.launch(world, seed=seed) as instance:
                playing = _Playing(self, world, job, policy, instance, seed)
                graded = await playing.graded()
                return playing.played(graded, time.perf_counter() - began)
        except WorldError as error:
            verdict = Verdict(world.name, job.task_idx, "code", "environment_error", str(error))
            return self._unplayed(world, job, policy, verdict)
        except InfrastructureError as error:
            fault = VerifierFault("crash", world.name, job.task_idx, str(error))
            return self._unplayed(world, job, policy, Verdict.failed("code", fault))

    def _unplayed(self, world: World, job: Job, policy: Policy, verdict: Verdict) -> Played:
        """An attempt that never began."""
        episode = Episode(
            job=job,
            seed=seed_of(job, self.conditions.seed),
            policy=policy.name,
            trajectory=Trajectory(world.name, job.task_idx, world.sentence(job.task_idx)),
            outcome=verdict.outcome or "infrastructure_error",
            reason=verdict.reason,
            reward=self.conditions.scheme.reward(verdict),
            verdict=verdict,
        )
        return Played(episode, None)

    def checks_of(self, instance: Instance) -> ToolChecks:
        """The tools of an instance's world, compiled once."""
        ready = instance.world
        if ready.template_hash not in self._checks:
            self._checks[ready.template_hash] = ToolChecks(ready.tools)
        return self._checks[ready.template_hash]

    @property
    def grader(self) -> Grader:
        """Says what attempts are worth."""
        return self._grader


@dataclass(frozen=True, slots=True)
class _Graded:
    """What an attempt came to, or why nobody knows."""

    outcome: Outcome
    reason: str
    reward: Reward
    verdict: Verdict | None = None
    attempt: Attempt | None = None


class _Playing:
    """An attempt while it is made."""

    def __init__(
        self,
        player: Player,
        world: World,
        job: Job,
        policy: Policy,
        instance: Instance,
        seed: int,
    ) -> None:
        conditions = player.conditions
        self._player = player
        self._world = world
        self._job = job
        self._policy = policy
        self._instance = instance
        self._seed = seed
        self._checks = player.checks_of(instance)
        self._watch = FormatWatch(conditions.rules, self._checks) if conditions.strict else None
        self._tools = InstanceToolbox(instance)
        self._meta = MetaToolbox(self._tools)
        self._violation: Violation | None = None
        self._acting = Acting(
            policy,
            Assignment(world.name, job.task_idx, world.sentence(job.task_idx)),
            self._meta if conditions.meta_tools else self._tools,
            conditions.limits,
            seed=seed,
            referee=self._watch,
        )

    async def graded(self) -> _Graded:
        """Let the agent act, and say what came of it."""
        try:
            await self._acting.run()
            self._violation = self._broken_rule()
            trajectory = self._acting.acted().trajectory
            attempt = await attempt_in(
                self._instance, self._world, self._job.task_idx, trajectory.final_answer
            )
            verdict = await self._player.grader.grade(self._world, attempt, trajectory)
        except (LLMError, InfrastructureError) as error:
            return _unscored(str(error))
        return self._weighed(verdict, attempt)

    def played(self, graded: _Graded, seconds: float) -> Played:
        """The attempt as a record."""
        acted = self._acting.acted()
        episode = Episode(
            job=self._job,
            seed=self._seed,
            policy=self._policy.name,
            trajectory=acted.trajectory,
            outcome=graded.outcome,
            reason=graded.reason,
            reward=graded.reward,
            verdict=graded.verdict,
            violation=self._violation,
            counts=self._counts(acted),
            usage=acted.usage,
            seconds=seconds,
        )
        return Played(episode, graded.attempt)

    def _broken_rule(self) -> Violation | None:
        if self._watch is None:
            return None
        run = self._acting.acted().trajectory
        return None if run.stop in _CUT_OFF else self._watch.finish()

    def _weighed(self, verdict: Verdict, attempt: Attempt) -> _Graded:
        scheme = self._player.conditions.scheme
        if self._violation is not None:
            reward = scheme.reward(verdict, violation=self._violation)
            return _Graded("agent_error", str(self._violation), reward, verdict, attempt)
        failed = self._failed_world()
        if verdict.outcome == "agent_error" and failed:
            # A program says only that the task was not done, and here the world kept it from that.
            verdict = replace(verdict, outcome="environment_error", reason=failed)
        outcome = verdict.outcome or "infrastructure_error"
        return _Graded(outcome, verdict.reason, scheme.reward(verdict), verdict, attempt)

    def _failed_world(self) -> str:
        """The first call that the world itself failed at; empty where it failed at none."""
        for call, result in self._tools.made:
            if result.fault is not None or (result.status or 0) >= 500:
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
            invalid=acted.malformed + acted.unknown + self._meta.refused + unfit,
            repaired=len(acted.repairs),
        )


def _unscored(why: str) -> _Graded:
    return _Graded("infrastructure_error", why, Reward((), unscored=why))
