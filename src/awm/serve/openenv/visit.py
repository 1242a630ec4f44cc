"""A client's stay: one episode after the other, each in a world of the client's choice."""

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias

from awm.errors import AwmError, UnknownWorldError, UsageError
from awm.rollout.attempting import Task
from awm.rollout.env_terms import task_of
from awm.rollout.job import Job, seed_of
from awm.runtime import Instance
from awm.serve.openenv.answered import Answered
from awm.serve.openenv.place import MODES, Place, modes_of, world_telling
from awm.serve.openenv.play import Play
from awm.serve.openenv.reception import Reception
from awm.serve.openenv.rewards import paid_for
from awm.serve.openenv.wishes import Wishes, wishes_of
from awm.serve.table import closed
from awm.types import ToolSpec
from awm.verify import OPENENV, RewardScheme
from awm.worlds import World

__all__ = ["DONE", "LIST_SCENARIOS", "VERIFY", "Visit"]

_log: Final = logging.getLogger(__name__)

VERIFY: Final = "verify"
DONE: Final = "done"
LIST_SCENARIOS: Final = "__list_scenarios__"
"""What is called like a tool and is none; models are not shown it."""

_NOT_BEGUN: Final = "No episode has begun: call reset with a scenario first."
_ENDED: Final = "The session has ended."

Stage: TypeAlias = Literal["before", "open", "acted", "over"]
"""Where a visit stands: before an episode, in one, after its last call, or after its end. After the
last call, which a verification makes it, it can be verified, in another mode too."""


class Visit:
    """A client's stay. Its calls are carried out one after the other, however they come.

    Nothing that a client can say raises anything: it is told what was wrong.

    Args:
        reception: What is shared with other visits.

    Attributes:
        episode_id: What the client, or chance, calls the episode; None before the first.
        steps: How many steps the episode has had.
        used: When something was last asked for, by `time.monotonic`.
    """

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._turn = asyncio.Lock()
        self._instance: Instance | None = None
        self._place: Place | None = None
        self._stage: Stage = "before"
        self._left = False
        self.episode_id: str | None = None
        self.steps = 0
        self.used = time.monotonic()

    @property
    def world(self) -> str | None:
        """The name of the world that it is in; None where it is in none."""
        return None if self._instance is None else self._instance.world.name

    async def reset(self, keywords: Mapping[str, Any]) -> Answered:
        """Begin an episode. One that goes on is given up, also where none begins.

        Args:
            keywords: What the client asks for; see `Wishes`.
        """
        async with self._turn:
            self._place, self._stage, self.steps = None, "before", 0
            try:
                if self._left:
                    raise UsageError(_ENDED)
                return await self._begun(await self._settled(wishes_of(keywords)))
            except UnknownWorldError as error:
                return _no_reset(f"scenario {error.world!r} is not offered. {error.hint}")
            except AwmError as error:
                return _no_reset(f"{error.message} {error.hint}".strip())
            finally:
                self.used = time.monotonic()

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """The tools of the world.

        Raises:
            UsageError: There is no world.
        """
        if self._instance is None or self._place is None:
            raise UsageError(_ENDED if self._left else _NOT_BEGUN)
        return self._instance.world.tools

    async def list_tools(self) -> tuple[ToolSpec, ...] | Answered:
        """List the tools of the world, which is a step of the episode.

        Returns:
            The tools; or, where the episode is over, that it is.

        Raises:
            UsageError: There is no world.
        """
        async with self._turn:
            if self._stage in {"acted", "over"}:
                return _over()
            self._count()
            return self.tools

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answered:
        """Call a tool, or what is called like one."""
        async with self._turn:
            if self._left:
                return _failed(_ENDED, done=True)
            try:
                return await self._called(name, arguments)
            finally:
                self.used = time.monotonic()

    async def leave(self) -> None:
        """Let go of everything, once no call is under way. Leaving twice is fine."""
        async with self._turn:
            self._left, self._place = True, None
            await self._move_out()

    async def _called(self, name: str, arguments: Mapping[str, Any]) -> Answered:
        if name == LIST_SCENARIOS:
            return await self._scenarios()
        if self._stage == "over" or (self._stage == "acted" and name not in {VERIFY, DONE}):
            return _over()
        self._count()
        if self._place is None:
            return self._refused(name)
        try:
            return await self._carried_out(self._place, name, arguments)
        except AwmError as error:  # of the machinery's or the world's; the episode cannot go on
            self._stage = "over"
            return _failed(error.message, self._place.wishes.scheme, done=True)

    async def _carried_out(self, place: Place, name: str, arguments: Mapping[str, Any]) -> Answered:
        if name == DONE:
            return self._done(place, arguments)
        if name == VERIFY:
            return await self._verified(place, arguments)
        answered = await place.play.call(name, arguments)
        if answered.done:
            self._stage = "acted"
        return answered

    def _count(self) -> None:
        self.steps += 1
        self.used = time.monotonic()

    async def _scenarios(self) -> Answered:
        if self._stage not in {"acted", "over"}:
            self._count()
        listing = await self._reception.scenarios.listing()
        return Answered(reward_type="tool_call_ok", scenarios=listing, total=len(listing))

    def _refused(self, name: str) -> Answered:
        if name == DONE:
            self._stage = "over"
        return _failed(_NOT_BEGUN, done=name == DONE)

    async def _verified(self, place: Place, arguments: Mapping[str, Any]) -> Answered:
        wanted, answer = arguments.get("verifier_mode"), arguments.get("final_answer")
        mode = MODES.get(wanted or "code") if isinstance(wanted, str | None) else None
        if mode is None or not isinstance(answer, str | None):
            error = "verifier_mode is code or sql, and final_answer is a text."
            return place.about(place.refusal("invalid_args", error), self.steps)
        if not place.modes[mode]:
            return place.about(place.no_verifier(mode), self.steps)
        grader = self._reception.lodging.grader
        answered = await place.play.verify(grader, mode, answer or "")
        self._stage = "acted"
        verdict = answered.reward_type
        _log.info("the episode is verified: %s", verdict, extra=self._known_by(place))
        return place.about(answered, self.steps)

    def _done(self, place: Place, arguments: Mapping[str, Any]) -> Answered:
        self._stage = "over"
        kept = "Nothing is kept: no file is written for a session."
        answered = Answered(
            reward_type="episode_done",
            done=True,
            warning=kept if arguments.get("keep_session") else None,
        )
        return place.about(answered, self.steps)

    async def _settled(self, wishes: Wishes) -> Wishes:
        """The same wishes with a world, where they had a place in a split."""
        if wishes.place is None:
            return wishes
        split, index = wishes.place
        tasks = await self._reception.scenarios.tasks(split)
        if not 0 <= index < len(tasks):
            raise UsageError(f"{split} has no task {index}.", f"It has {len(tasks)}.")
        chosen = tasks[index]
        return replace(wishes, scenario=chosen["scenario"], task_idx=chosen["task_idx"])

    async def _begun(self, wishes: Wishes) -> Answered:
        world = await self._reception.lodging.world(wishes.scenario or "")
        if wishes.task_idx is not None:
            task_of(world, wishes.task_idx)
        job = Job(world.name, wishes.task_idx or 0)
        seed = seed_of(job, wishes.seed)
        instance = await self._placed(world, seed)
        task = Task(world_telling(world, job.task_idx, wishes.task), job, seed)
        terms = self._reception.terms
        play = Play(
            task,
            instance,
            self._reception.lodging.tools.of(instance),
            wishes.scheme,
            turns=terms.turns,
            characters=terms.characters,
        )
        await play.open()
        is_told = wishes.task is not None or wishes.task_idx is not None
        sentence = task.sentence if is_told else None
        self._place = Place(world, wishes, play, sentence, modes_of(world, wishes.task_idx))
        self._stage, self.episode_id = "open", wishes.episode_id or str(uuid.uuid4())
        _log.info("an episode begins", extra=self._known_by(self._place))
        return self._place.welcome(len(instance.world.tools))

    def _known_by(self, place: Place) -> dict[str, Any]:
        """What an episode is known by in logs."""
        told = {"world": place.world.name, "task": place.wishes.task_idx}
        return {"episode": self.episode_id, **told}

    async def _placed(self, world: World, seed: int) -> Instance:
        """An instance at its start: the one that there is, where it is of this very world."""
        lodging = self._reception.lodging
        ready = await lodging.runtime.prepare(world)
        instance = self._instance
        if instance is not None and instance.world.fingerprint == ready.fingerprint:
            await instance.reset(seed)
            return instance
        await self._move_out()
        self._instance = await lodging.runtime.launch(world, seed=seed)
        self._reception.guests.add(self)
        return self._instance

    async def _move_out(self) -> None:
        instance, self._instance = self._instance, None
        self._reception.guests.discard(self)
        if instance is not None:
            await closed(instance.close(), _log)


def _over() -> Answered:
    error = "The episode is over. Call reset to begin another."
    return Answered(reward_type="episode_already_done", reward=None, done=True, error=error)


def _no_reset(error: str) -> Answered:
    return Answered(reward_type="reset_error", reward=None, error=error)


def _failed(error: str, scheme: RewardScheme = OPENENV, *, done: bool) -> Answered:
    reward = paid_for(scheme, "server_error")
    metadata = {"unscored": error} if done else {}
    return Answered(
        reward_type="server_error", reward=reward, done=done, error=error, metadata=metadata
    )
