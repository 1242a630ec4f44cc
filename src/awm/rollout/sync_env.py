"""Environments for callers without an event loop: the same methods, waiting for their answers."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from awm.errors import RuntimeClosedError
from awm.rollout.env import Env
from awm.rollout.env_making import make_env
from awm.rollout.env_types import Action, Checkpoint, Observation, Step
from awm.rollout.episode import Episode
from awm.runtime import Runtime, SyncRuntime, VerifierPool
from awm.trajectory import Trajectory
from awm.worlds import World

__all__ = ["SyncEnv", "SyncRollouts", "make_sync_env"]


class SyncRollouts(SyncRuntime):
    """A `SyncRuntime` with a verifier pool, for any number of environments.

    Use it as a context manager:

        with SyncRollouts() as rollouts:
            env = rollouts.make_env(world, task=3)

    Args:
        options: As for `Runtime`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pool: VerifierPool | None = None

    def __enter__(self) -> "SyncRollouts":
        super().__enter__()
        try:
            self._pool = self.wait(VerifierPool().__aenter__())
        except BaseException:
            super().__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        pool, self._pool = self._pool, None
        try:
            if pool is not None:
                self.wait(pool.__aexit__(*exception))
        finally:
            super().__exit__(*exception)

    @property
    def runtime(self) -> Runtime:
        """Where worlds live.

        Raises:
            RuntimeClosedError: This is not running.
        """
        return self._running()

    @property
    def pool(self) -> VerifierPool:
        """Where verifier programs run.

        Raises:
            RuntimeClosedError: This is not running.
        """
        if self._pool is None:
            raise RuntimeClosedError("the rollouts are not running.", "Use them inside `with`.")
        return self._pool

    def make_env(self, world: World, task: int = 0, **options: Any) -> "SyncEnv":
        """Make an environment here.

        Args:
            world: The world.
            task: The task's number, from 0.
            options: As for `awm.make_env`, without `runtime` and `pool`.

        Raises:
            UsageError: There is no such task, or the rewards are none.
            RuntimeClosedError: This is not running.
        """
        env = make_env(world, task, runtime=self.runtime, pool=self.pool, **options)
        return SyncEnv(self, env)


class _Tenancy:
    """Rollouts that end behind the last environment that leaves them.

    Args:
        rollouts: They run.
    """

    def __init__(self, rollouts: SyncRollouts) -> None:
        self._rollouts = rollouts
        self._inside = 0
        self._door = threading.Lock()

    def enter(self) -> None:
        """Come in; each that did has to `leave`."""
        with self._door:
            self._inside += 1

    def leave(self) -> None:
        """Go."""
        with self._door:
            self._inside -= 1
            is_last = not self._inside
        if is_last:
            self._rollouts.__exit__()


class SyncEnv:
    """`Env`, with methods that wait for their answers.

    Args:
        rollouts: Where it waits.
        env: The environment; closed with this one.
        tenancy: What ends the rollouts behind it and its forks; None where others end them.
    """

    def __init__(self, rollouts: SyncRollouts, env: Env, tenancy: _Tenancy | None = None) -> None:
        self._rollouts = rollouts
        self._env = env
        self._tenancy = tenancy
        self._closed = False
        if tenancy is not None:
            tenancy.enter()

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> Observation:
        """See `Env.reset`."""
        return self._rollouts.wait(self._env.reset(seed=seed, options=options))

    def step(self, action: Action) -> Step:
        """See `Env.step`."""
        return self._rollouts.wait(self._env.step(action))

    def checkpoint(self) -> Checkpoint:
        """See `Env.checkpoint`."""
        return self._rollouts.wait(self._env.checkpoint())

    def restore(self, checkpoint: Checkpoint) -> Observation:
        """See `Env.restore`."""
        return self._rollouts.wait(self._env.restore(checkpoint))

    def fork(self) -> "SyncEnv":
        """See `Env.fork`. Rollouts that are shared have to outlive the twin as well."""
        return SyncEnv(self._rollouts, self._rollouts.wait(self._env.fork()), self._tenancy)

    def close(self) -> None:
        """See `Env.close`. It is fine after the rollouts have ended, too."""
        if self._closed:
            return
        self._closed = True
        try:
            with suppress(RuntimeClosedError):  # the rollouts took all there was with them
                self._rollouts.wait(self._env.close())
        finally:
            if self._tenancy is not None:
                self._tenancy.leave()

    @property
    def turns(self) -> int:
        """How many turns an episode may have."""
        return self._env.terms.episodes.conditions.limits.turns

    @property
    def observation(self) -> Observation:
        """See `Env.observation`."""
        return self._env.observation

    @property
    def trajectory(self) -> Trajectory:
        """See `Env.trajectory`."""
        return self._env.trajectory

    @property
    def episode(self) -> Episode | None:
        """See `Env.episode`."""
        return self._env.episode

    def __enter__(self) -> "SyncEnv":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def make_sync_env(world: World, task: int = 0, **options: Any) -> SyncEnv:
    """Make an environment with rollouts of its own, which end behind it and its forks.

    Args:
        world: The world.
        task: The task's number, from 0.
        options: As for `awm.make_env`, without `runtime` and `pool`.

    Raises:
        UsageError: There is no such task, or the rewards are none.
        IsolationError: Code cannot be jailed here.
        InfrastructureError: A runtime or a pool cannot be started.
    """
    rollouts = SyncRollouts().__enter__()
    try:
        env = make_env(world, task, runtime=rollouts.runtime, pool=rollouts.pool, **options)
        return SyncEnv(rollouts, env, _Tenancy(rollouts))
    except BaseException:
        rollouts.__exit__()
        raise
