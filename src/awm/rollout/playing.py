"""One attempt at a task from its launch to its reward."""

import asyncio
import time
from typing import Final

from awm.agents import Acting, Policy
from awm.errors import AwmError, InfrastructureError, WorldError
from awm.rollout.attempting import ENDING, HOPELESS, Attempting, Graded, Played, Task
from awm.rollout.conditions import Conditions
from awm.rollout.episode import Episode
from awm.rollout.grading import Grader
from awm.rollout.job import Job, seed_of
from awm.rollout.progress import Progress, Surveyor
from awm.rollout.tool_checks import ToolsByWorld
from awm.runtime import Runtime
from awm.trajectory import Trajectory
from awm.types import ToolSpec
from awm.verify import Verdict, VerifierFault
from awm.worlds import World

__all__ = ["Conditions", "Played", "Player"]

_SHORT: Final = frozenset({"agent_error", "partial"})
"""Of which outcomes it is asked how far the attempt came."""


class Player:
    """Plays attempts, any number at once.

    Args:
        runtime: Where worlds live.
        grader: Says what attempts are worth.
        conditions: Under which they are made.
        surveyor: Says how far attempts came that fell short. To know the way to a task's solution
            takes some 50 ms, once for all attempts that follow each other.
    """

    def __init__(
        self,
        runtime: Runtime,
        grader: Grader,
        conditions: Conditions,
        surveyor: Surveyor | None = None,
    ) -> None:
        self._runtime = runtime
        self._grader = grader
        self.conditions = conditions
        self._tools = ToolsByWorld()
        self._surveyor = surveyor

    async def play(self, world: World, job: Job, policy: Policy) -> Played:
        """Play an attempt.

        Whatever goes wrong that is not the agent's doing ends as `infrastructure_error` with its
        reason, and what was done until then is kept.

        Args:
            world: The world of the task.
            job: Which attempt.
            policy: Who acts.

        Raises:
            BudgetError, LLMSetupError: No model can be asked any more.
            IsolationError, RuntimeClosedError: No world can be brought to life any more.
            UsageError: The policy cannot act here, as one that has no script for the task.
        """
        began = time.perf_counter()
        task = Task(world, job, seed_of(job, self.conditions.seed))
        try:
            async with await self._runtime.launch(world, seed=task.seed) as instance:
                tools = self._tools.of(instance)
                attempting = Attempting(task, policy, instance, self.conditions, tools, loop=Acting)
                graded = await self._graded(attempting)
                seconds = time.perf_counter() - began
                progress = await self._progress(world, job, graded)
                return attempting.played(graded, seconds, progress)
        except HOPELESS:
            raise
        except WorldError as error:
            verdict = Verdict(world.name, job.task_idx, "code", "environment_error", str(error))
            return self._unplayed(task, policy, verdict)
        except InfrastructureError as error:
            fault = VerifierFault("crash", world.name, job.task_idx, str(error))
            return self._unplayed(task, policy, Verdict.failed("code", fault))

    async def _graded(self, attempting: Attempting[Acting]) -> Graded:
        """Let the agent act, and say what came of it."""
        try:
            await attempting.acting.run()
        except HOPELESS:
            raise
        except ENDING as error:
            return attempting.broken_off(error)
        except AwmError:  # somebody misuses something
            raise
        except asyncio.CancelledError:
            lane = asyncio.current_task()
            if lane is None or lane.cancelling():
                raise
            # Nobody cancels this attempt: what the policy waited for was cancelled.
            return attempting.broken_off(_fault("waited for what was cancelled."))
        except Exception as error:  # noqa: BLE001 - a policy is anybody's code and raises anything
            return attempting.broken_off(_fault(f"failed with {type(error).__name__}: {error}"))
        return await attempting.graded(self._grader)

    async def _progress(self, world: World, job: Job, graded: Graded) -> Progress | None:
        """How far an attempt came that fell short, where somebody can say so."""
        if self._surveyor is None or graded.attempt is None or graded.outcome not in _SHORT:
            return None
        return await self._surveyor.progress(world, job.task_idx, graded.attempt)

    def _unplayed(self, task: Task, policy: Policy, verdict: Verdict) -> Played:
        """An attempt that never began."""
        episode = Episode(
            job=task.job,
            seed=task.seed,
            policy=policy.name,
            trajectory=Trajectory(task.world.name, task.job.task_idx, task.sentence),
            outcome=verdict.outcome or "infrastructure_error",
            reason=verdict.reason,
            reward=self.conditions.scheme.reward(verdict),
            verdict=verdict,
        )
        return Played(episode, None)

    @property
    def tools(self) -> dict[str, tuple[ToolSpec, ...]]:
        """The tools of each world that something was played in, by the world's name."""
        return self._tools.by_name

    @property
    def grader(self) -> Grader:
        """Says what attempts are worth."""
        return self._grader


def _fault(what: str) -> InfrastructureError:
    return InfrastructureError(f"the policy {what}")
