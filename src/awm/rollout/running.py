"""Many attempts, so many at once, each one accounted for.

Attempts are made in their order, which is that of the worlds, so that a world's worker is warm for
all of them. As many lanes as are asked for draw from one queue: ten thousand attempts take no more
memory than a thousand. How many worlds are alive at a time is bounded too, as each costs a process
of some tens of megabytes; a lane whose attempt would bring another one to life waits.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from awm.agents import Policy
from awm.errors import AwmError, UsageError
from awm.rollout.attempting import HOPELESS
from awm.rollout.episode import Episode
from awm.rollout.job import Job, seed_of
from awm.rollout.playing import Player
from awm.rollout.room import room_for_worlds
from awm.rollout.store import EpisodeStore
from awm.trajectory import Trajectory
from awm.verify import Reward
from awm.worlds import World

__all__ = ["evaluate"]


async def evaluate(  # noqa: PLR0913 - each is something else
    player: Player,
    worlds: Mapping[str, World],
    jobs: Sequence[Job],
    policy: Policy,
    store: EpisodeStore,
    *,
    concurrency: int,
    retries: int = 1,
    live_worlds: int | None = None,
    tell: Callable[[Episode], None] = lambda _episode: None,
    tell_crowded: Callable[[int], None] = lambda _live_worlds: None,
) -> None:
    """Make the attempts that are not made yet, and bring the store in order.

    An attempt that fails for reasons of the infrastructure is kept at once, with its reason, and
    made again when all others are made, as what was the matter may have passed by then; what comes
    of that replaces it. A policy that raises something fails in the same way. Whoever cancels this
    keeps all that is played.

    Args:
        player: Plays attempts.
        worlds: By name; each is read when its first attempt comes, and let go after its last.
        jobs: What to play; what is in `store.done` is left out.
        policy: Who acts.
        store: Where episodes are kept.
        concurrency: How many attempts are made at once.
        retries: How often a failed one is made again.
        live_worlds: How many worlds are alive at a time; as many as the machine has room for if
            None.
        tell: Told of each episode that is kept, so of an attempt that is made again each time.
        tell_crowded: Told how many worlds are alive when an attempt has to wait for one of them to
            end, once in each pass: fewer than `concurrency` are under way then.

    Raises:
        UsageError: A number makes no sense, a job was not ordered, or something that was ordered
            is neither among the jobs nor made before.
        BudgetError, LLMSetupError: No model can be asked any more.
        IsolationError, RuntimeClosedError: No world can be brought to life any more.
        WorldFileError: Episodes cannot be written.
        InfrastructureError: There is no room for them.
    """
    alive = room_for_worlds() if live_worlds is None else live_worlds
    for name, number, least in (
        ("concurrency", concurrency, 1),
        ("retries", retries, 0),
        ("live_worlds", alive, 1),
    ):
        if number < least:
            raise UsageError(f"{name} is {number}.", f"Give {least} or more.")
    run = _Run(player, worlds, policy, store, alive, tell, tell_crowded)
    left = [job for job in dict.fromkeys(jobs) if job not in store.done]
    for _ in range(retries + 1):
        shift = _Shift(run, left)
        await shift.work(concurrency)
        left = shift.failed
    store.finish()


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same throughout; see `evaluate`."""

    player: Player
    worlds: Mapping[str, World]
    policy: Policy
    store: EpisodeStore
    live_worlds: int
    tell: Callable[[Episode], None]
    tell_crowded: Callable[[int], None]


@dataclass(slots=True)
class _Home:
    """A world that is alive, or soon will be.

    Attributes:
        world: The world; what kept it from being read, where that failed.
        left: How many of its attempts are not made yet.
    """

    world: World | AwmError
    left: int


class _Shift:
    """One pass over some jobs.

    Attributes:
        failed: The jobs of which came nothing that has a score.
    """

    def __init__(self, run: _Run, jobs: Sequence[Job]) -> None:
        self.failed: list[Job] = []
        self._run = run
        self._size = len(jobs)
        self._jobs: Iterator[Job] = iter(sorted(jobs))
        self._of_world = Counter(job.world for job in jobs)
        self._homes: dict[str, _Home] = {}
        self._places = asyncio.Semaphore(run.live_worlds)
        self._was_crowded = False
        self._drawing = asyncio.Lock()

    async def work(self, lanes: int) -> None:
        """Make all attempts, in so many lanes.

        Raises:
            Exception: What cannot be the doing of one attempt; the others are cancelled.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(lanes, self._size)):
                    group.create_task(self._lane())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _lane(self) -> None:
        while (job := await self._draw()) is not None:
            await self._settle(job)

    async def _draw(self) -> Job | None:
        """The next job, when there is room for its world. Whoever comes first is served first."""
        async with self._drawing:
            job = next(self._jobs, None)
            if job is not None and job.world not in self._homes:
                self._note_crowd()
                await self._places.acquire()
                self._homes[job.world] = await self._home(job.world)
            return job

    def _note_crowd(self) -> None:
        if self._places.locked() and not self._was_crowded:
            self._was_crowded = True
            self._run.tell_crowded(self._run.live_worlds)

    async def _home(self, name: str) -> _Home:
        world: World | AwmError
        try:
            world = await asyncio.to_thread(self._run.worlds.__getitem__, name)
        except AwmError as error:  # its files have changed since it was selected
            world = error
        return _Home(world, self._of_world[name])

    async def _settle(self, job: Job) -> None:
        home = self._homes[job.world]
        started = time.time()
        try:
            episode = await self._played(home.world, job)
        finally:
            home.left -= 1
            if not home.left:
                del self._homes[job.world]
                self._places.release()
        if not self._kept(episode, started).is_scored:
            self.failed.append(job)

    async def _played(self, world: World | AwmError, job: Job) -> Episode:
        if isinstance(world, AwmError):
            return self._failed(job, "", str(world))
        task, began = world.sentence(job.task_idx), time.perf_counter()
        try:
            return (await self._run.player.play(world, job, self._run.policy)).episode
        except HOPELESS:
            raise
        except AwmError as error:
            return self._failed(job, task, str(error), time.perf_counter() - began)
        except Exception as error:  # noqa: BLE001 - a policy is anybody's code and raises anything
            why = f"the policy failed with {type(error).__name__}: {error}"
            return self._failed(job, task, why, time.perf_counter() - began)

    def _kept(self, episode: Episode, started: float) -> Episode:
        """Keep an episode; what was kept of it."""
        try:
            self._run.store.add(episode, started)
        except (TypeError, ValueError, RecursionError) as error:
            why = f"the policy said what is no JSON: {error}"
            episode = self._failed(episode.job, episode.trajectory.task, why, episode.seconds)
            self._run.store.add(episode, started)
        self._run.tell(episode)
        return episode

    def _failed(self, job: Job, task: str, why: str, seconds: float = 0.0) -> Episode:
        """An episode of which nothing is left but why."""
        return Episode(
            job=job,
            seed=seed_of(job, self._run.player.conditions.seed),
            policy=self._run.policy.name,
            trajectory=Trajectory(job.world, job.task_idx, task),
            outcome="infrastructure_error",
            reason=why,
            reward=Reward((), unscored=why),
            seconds=seconds,
        )
