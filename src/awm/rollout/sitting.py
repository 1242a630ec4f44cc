"""One episode of an environment, from its first observation to its reward."""

import math
import time
from collections.abc import Sequence
from typing import Any, Final

from awm.agents import Said, tools_told
from awm.errors import InfrastructureError, SnapshotError
from awm.rollout.attempting import ENDING, HOPELESS, Attempting, Graded, Task
from awm.rollout.env_terms import EpisodeTerms
from awm.rollout.env_types import Checkpoint, Observation, Step
from awm.rollout.episode import Episode
from awm.rollout.guiding import Guide
from awm.rollout.premises import Premises
from awm.rollout.stepping import Outsider, Stepping
from awm.runtime import Instance
from awm.trajectory import StopReason, Trajectory
from awm.types import ToolResult, ToolSpec
from awm.verify import RewardScheme, Verdict, per_turn

__all__ = ["Sitting"]

_OUTSIDER: Final = Outsider("env")
_TERMINATED: Final[frozenset[StopReason]] = frozenset({"answered", "format_violation"})
"""How agents end episodes; the other ways are not theirs."""


class Sitting:
    """An episode in an environment; `open` it first.

    Args:
        task: What is attempted.
        terms: How it goes.
        instance: Where; nobody else may use it.
        premises: Whose.
        guide: Pays turns as they come closer to a solution; nobody if None.
        before: What was done so far; nothing if None.

    Attributes:
        terms: How it goes.
        observation: What the agent sees now.
        trajectory: What was said and done so far.
        episode: The record; None until it is over.
    """

    observation: Observation
    trajectory: Trajectory

    def __init__(
        self,
        task: Task,
        terms: EpisodeTerms,
        instance: Instance,
        premises: Premises,
        *,
        guide: Guide | None = None,
        before: Checkpoint | None = None,
    ) -> None:
        self._task = task
        self.terms = terms
        self._conditions = terms.conditions
        self._instance = instance
        self._grader = premises.grader
        self._guide = guide
        self._attempting = Attempting(
            task,
            _OUTSIDER,
            instance,
            terms.conditions,
            premises.tools.of(instance),
            loop=Stepping,
            known=before.made if before else (),
        )
        self._said: list[Said] = []
        self._rewards = list(before.rewards) if before else []
        self._began = time.perf_counter() - (before.seconds if before else 0.0)
        self._tools: tuple[ToolSpec, ...] = ()
        self._measured = None if before else b""  # the state that the last turn was paid for
        self.episode: Episode | None = None

    async def open(self, said: Sequence[Said] = ()) -> None:
        """Begin, and go on to where these words lead.

        Args:
            said: What the agent said before. The calls in it are those that are known.
        """
        self._tools = await self._attempting.acting.open()
        results: tuple[ToolResult, ...] = ()
        for words in said:
            results = await self._attempting.acting.take(words)
            self._said.append(words)
        self._note(results)

    async def checkpoint(self) -> Checkpoint:
        """The episode as it stands."""
        return Checkpoint(
            self._task.job,
            self._task.seed,
            self.terms,
            tuple(self._said),
            self._attempting.made,
            self._instance.world.fingerprint,
            await self._instance.snapshot(),
            tuple(self._rewards),
            self._seconds,
        )

    async def step(self, said: Said) -> Step:
        """Have the agent say something, and see what comes of it.

        Where anything is raised, the episode is in no state to go on; go back to a checkpoint.
        """
        results: tuple[ToolResult, ...] = ()
        acting = self._attempting.acting
        try:
            results = await acting.take(said, self._seconds_left)
        except HOPELESS:
            raise
        except ENDING as error:
            graded: Graded | None = self._attempting.broken_off(error)
        else:
            over = acting.stop is not None
            graded = await self._attempting.graded(self._grader) if over else None
        reward = await self._paid() if graded is None else self._rest(graded)
        self._said.append(said)
        self._note(results, reward, graded)
        terminated = graded is not None and acting.stop in _TERMINATED
        truncated = graded is not None and not terminated
        return Step(self.observation, reward, terminated, truncated, self._info(graded))

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def _seconds_left(self) -> float | None:
        most = self._conditions.limits.seconds
        return None if most is None else most - self._seconds

    async def _paid(self) -> float:
        """What a turn is paid after which the episode goes on."""
        if self._guide is None:
            return 0.0
        state = (await self._instance.snapshot()).delta
        if state == self._measured:
            return 0.0
        try:
            share = await self._guide.share(self._instance)
        except (SnapshotError, InfrastructureError):
            return 0.0  # nobody can see how far it has come; a later turn is paid for it
        self._measured = state
        return share * _gap(self._task, self._conditions.scheme) - math.fsum(self._rewards)

    def _rest(self, graded: Graded) -> float | None:
        """What the last turn is paid: what was not paid before."""
        total = graded.reward.total
        return None if total is None else total - math.fsum(self._rewards)

    def _note(
        self,
        results: tuple[ToolResult, ...],
        reward: float | None = None,
        graded: Graded | None = None,
    ) -> None:
        """Take note of where the episode stands now."""
        if reward is not None:
            self._rewards.append(reward)
        self.trajectory = self._attempting.acting.acted().trajectory
        if graded is not None:
            self.episode = self._attempting.played(graded, self._seconds).episode
        turn = len(self.trajectory.turns)
        self.observation = Observation(
            instruction=self._task.sentence,
            tools=self._tools,
            results=results,
            text=self._text(results),
            turn=turn,
            turns_left=0 if graded else self._conditions.limits.turns - turn,
        )

    def _text(self, results: tuple[ToolResult, ...]) -> str:
        if not self.trajectory.turns:
            return f"{self._task.sentence}\n\nTools:\n{tools_told(self._tools)}"
        told = [result.text for result in results]
        if self.episode is not None:
            told.append(f"The episode is over: {self.trajectory.stop or self.episode.outcome}.")
        return "\n\n".join(told)

    def _info(self, graded: Graded | None) -> dict[str, Any]:
        job = self._task.job
        info: dict[str, Any] = {**job.to_json(), "seed": self._task.seed, "stop": None}
        episode = self.episode
        if graded is None or episode is None:
            return info
        reward = graded.reward
        turns = len(episode.trajectory.turns)
        return {
            **info,
            "stop": episode.trajectory.stop,
            "outcome": episode.outcome,
            "reason": episode.reason,
            "verdict": episode.verdict,
            "violation": episode.violation,
            "reward": reward,
            "broadcast": None if reward.total is None else per_turn(reward, turns),
            "counts": episode.counts,
        }


def _gap(task: Task, scheme: RewardScheme) -> float:
    """What a success is paid beyond what a failure is; never below 0."""
    world, task_idx = task.world.name, task.job.task_idx
    success = scheme.reward(Verdict(world, task_idx, "code", "complete")).total
    failure = scheme.reward(Verdict(world, task_idx, "code", "agent_error")).total
    return max(0.0, (success or 0.0) - (failure or 0.0))
