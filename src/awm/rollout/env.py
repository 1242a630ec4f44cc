"""The environment: a task and its world behind reset, step, fork, restore and close.

async with make_env(world, task=3) as env:
    observation = await env.reset(seed=0)
    while True:
        step = await env.step(agent(observation.text))
        if step.terminated or step.truncated:
            break
        observation = step.observation
    print(step.reward, step.info["outcome"])

Episodes are those that `Player` plays: graded alike, and recorded alike.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from awm.errors import SnapshotError, UsageError
from awm.rollout.actions import said_by
from awm.rollout.attempting import Task
from awm.rollout.env_terms import EnvTerms, EpisodeTerms, task_of, whole_number
from awm.rollout.env_types import Action, Checkpoint, Observation, Step
from awm.rollout.episode import Episode
from awm.rollout.job import Job, seed_of
from awm.rollout.premises import Premises
from awm.rollout.sitting import Sitting
from awm.runtime import Instance
from awm.trajectory import Trajectory
from awm.verify import RewardScheme

__all__ = ["Env"]

_OPTIONS: Final = frozenset({"task", "reward_config"})


class Env:
    """An environment; make it with `make_env`.

    One call at a time: a second one is refused while the first is under way. A call that is
    cancelled or fails has not been made: the episode goes on from where it was before.

    Args:
        terms: What it is of.
        premises: Where it stands.
    """

    def __init__(self, terms: EnvTerms, premises: Premises) -> None:
        self.terms = terms
        self._premises = premises
        self._seed = terms.episodes.conditions.seed
        self._rollout = -1
        self._instance: Instance | None = None
        self._sitting: Sitting | None = None
        self._torn: Checkpoint | None = None
        self._inside = False
        self._turn = asyncio.Lock()
        self._doing = ""
        self._closed = False

    async def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> Observation:
        """Begin an episode; one that goes on is given up.

        Args:
            seed: Of everything that is drawn. Equal seeds and actions make equal episodes.
                Without one, it is another attempt under the last seed: the next rollout.
            options: For this episode only: `task`, the number of another task, and
                `reward_config`, rewards that replace those of the scheme, by type.

        Raises:
            UsageError: There is no such task, option, reward or seed; or the environment is closed.
            WorldError: The world does not come to life.
            IsolationError: Code cannot be jailed here.
            InfrastructureError: No worker can be started.
        """
        async with self._alone("reset"):
            base, rollout = self._seed, self._rollout + 1
            if seed is not None:
                base, rollout = whole_number(seed, "seed"), 0
            task_idx, scheme = self._chosen(options or {})
            self._sitting, self._torn = None, None
            job = Job(self.terms.world.name, task_idx, rollout)
            episodes = self.terms.episodes
            conditions = replace(episodes.conditions, scheme=scheme, seed=base)
            task = Task(self.terms.world, job, seed_of(job, base))
            await (await self._placed(task.seed)).reset(task.seed)
            sitting = await self._seated(task, replace(episodes, conditions=conditions))
            await sitting.open()
            self._seed, self._rollout, self._sitting = base, rollout, sitting
            return sitting.observation

    async def step(self, action: Action) -> Step:
        """Have the agent act.

        Nothing that an agent can say raises anything: it is told what was wrong. Where the world
        or the machinery fails, the episode is over.

        Args:
            action: What it does; see `Action`.

        Returns:
            What came of it. The step that ends the episode grades it.

        Raises:
            UsageError: It is no action, the episode is over, or none has begun.
            RuntimeClosedError: The runtime was closed.
        """
        async with self._alone("step"):
            sitting = await self._going_on()
            said = said_by(action, sitting.terms.reply_format)
            before = await sitting.checkpoint()
            try:
                return await sitting.step(said)
            except BaseException:
                self._torn = before
                raise

    async def checkpoint(self) -> Checkpoint:
        """The episode as it stands, to `restore` it here or in an environment of the same world.

        Raises:
            UsageError: No episode goes on.
        """
        async with self._alone("checkpoint"):
            return await (await self._going_on()).checkpoint()

    async def restore(self, checkpoint: Checkpoint) -> Observation:
        """Go back, or over, to where an episode stood, and go on as it did.

        Its limits, tools, rewards and the format of its replies come with it, whatever episodes
        here have otherwise.

        Raises:
            SnapshotError: It is of another world, or of another version of this one.
            WorldError: The world does not come to life.
            InfrastructureError: No worker can be started.
        """
        async with self._alone("restore"):
            sitting = self._sitting
            if self._torn is None and sitting is not None and sitting.episode is None:
                self._torn = await sitting.checkpoint()  # to go back to if this fails
            return (await self._resumed(checkpoint)).observation

    async def fork(self) -> "Env":
        """A twin in the same state, with the same history and a life of its own from here on.

        Whoever forks closes the twin. It outlives this environment.

        Raises:
            UsageError: No episode goes on.
            InfrastructureError: No worker can be started.
        """
        checkpoint = await self.checkpoint()
        twin = Env(self.terms, self._premises)
        try:
            await twin.restore(checkpoint)
        except BaseException:
            await twin.close()
            raise
        return twin

    async def close(self) -> None:
        """Let go of everything, once no other call is under way. Closing twice is fine."""
        self._closed = True  # whoever comes from now on is refused
        async with self._turn:
            instance, self._instance = self._instance, None
            inside, self._inside = self._inside, False
            try:
                if instance is not None:
                    await instance.close()
            finally:
                if inside:
                    await self._premises.leave()

    @property
    def observation(self) -> Observation:
        """What the agent sees now.

        Raises:
            UsageError: No episode has begun.
        """
        return self._begun().observation

    @property
    def trajectory(self) -> Trajectory:
        """What was said and done so far.

        Raises:
            UsageError: No episode has begun.
        """
        return self._begun().trajectory

    @property
    def episode(self) -> Episode | None:
        """The record of the episode; None until it is over."""
        return None if self._sitting is None else self._sitting.episode

    async def __aenter__(self) -> "Env":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    @asynccontextmanager
    async def _alone(self, what: str) -> AsyncIterator[None]:
        """Nothing else may be under way meanwhile."""
        if self._closed:
            raise UsageError("the environment is closed.", "Make another one.")
        if self._turn.locked():
            raise UsageError(
                f"{what} was called while {self._doing} is under way.",
                "Await one call before the next; fork the environment to act twice at once.",
            )
        async with self._turn:
            self._doing = what
            yield

    def _chosen(self, options: Mapping[str, Any]) -> tuple[int, RewardScheme]:
        """The task and the rewards of an episode."""
        if unknown := sorted(options.keys() - _OPTIONS):
            raise UsageError(
                f"reset has no option {unknown[0]!r}.", f"There are: {', '.join(sorted(_OPTIONS))}."
            )
        wanted, table = options.get("task"), options.get("reward_config")
        task_idx = self.terms.task_idx if wanted is None else task_of(self.terms.world, wanted)
        scheme = self.terms.episodes.conditions.scheme
        if table is None:
            return task_idx, scheme
        if not isinstance(table, Mapping):
            raise UsageError(
                f"reward_config is a table of rewards by type, not {type(table).__name__}."
            )
        return task_idx, scheme.override(table)

    async def _placed(self, seed: int) -> Instance:
        """The instance that it lives in."""
        if not self._inside:
            await self._premises.enter()
            self._inside = True
        if self._instance is None:
            self._instance = await self._premises.runtime.launch(self.terms.world, seed=seed)
        return self._instance

    async def _seated(
        self, task: Task, terms: EpisodeTerms, before: Checkpoint | None = None
    ) -> Sitting:
        guide = None
        if terms.per_turn:
            guide = await self._premises.guide_to(task.world, task.job.task_idx)
        instance = await self._placed(task.seed)
        return Sitting(task, terms, instance, self._premises, guide=guide, before=before)

    async def _resumed(self, checkpoint: Checkpoint) -> Sitting:
        instance = await self._placed(checkpoint.seed)
        if checkpoint.world != instance.world.fingerprint:
            raise SnapshotError(
                f"a checkpoint of {checkpoint.job} does not fit {self.terms.world.name!r} as it is"
                " loaded here.",
                "Restore it into an environment of the very same world.",
            )
        await instance.restore(checkpoint.snapshot)
        task = Task(self.terms.world, checkpoint.job, checkpoint.seed)
        sitting = await self._seated(task, checkpoint.terms, checkpoint)
        await sitting.open(checkpoint.said)
        self._seed = checkpoint.terms.conditions.seed
        self._rollout = checkpoint.job.rollout
        self._sitting, self._torn = sitting, None
        return sitting

    def _begun(self) -> Sitting:
        if self._sitting is None:
            raise UsageError("no episode has begun.", "Reset the environment first.")
        return self._sitting

    async def _going_on(self) -> Sitting:
        """The episode, as it was before a call that came to nothing."""
        if self._torn is not None:
            return await self._resumed(self._torn)
        sitting = self._begun()
        if sitting.episode is not None:
            raise UsageError("the episode is over.", "Reset the environment.")
        return sitting
