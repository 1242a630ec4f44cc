"""What each call of an episode changed: its calls made once more, in a fresh copy of the world.

An episode records what its calls answered and nothing of the states between them. Worlds are
deterministic: the same calls in an instance of the same seed answer the same and change the same.
Where a call now answers something else, that is said, and what it changed is to be read with care.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from awm.errors import InfrastructureError, SnapshotError, UsageError, WorldError
from awm.lanes import for_each
from awm.rollout.analysis_calls import target_of
from awm.rollout.episode import Episode
from awm.rollout.job import Job
from awm.runtime import Instance, Runtime, Snapshot, StateDiff
from awm.trajectory import Trajectory, WrittenCall
from awm.types import JsonObject, ToolCall, ToolResult
from awm.worlds import World

__all__ = ["CallDiff", "EpisodeDiffs", "Place", "replay", "replay_all"]

Place: TypeAlias = tuple[int, int]
"""Where a call stands in a trajectory: its turn, and its number in that, both from 0."""

_NOTHING: Final = StateDiff(())


@dataclass(frozen=True, slots=True)
class CallDiff:
    """What a call changed when it was made once more.

    Attributes:
        diff: The rows that differ from before the call; false where it changed none.
        answered: What it answered this time, where that is not what was recorded; else None.
    """

    diff: StateDiff
    answered: ToolResult | None = None


@dataclass(frozen=True, slots=True)
class EpisodeDiffs:
    """What the calls of an episode changed.

    Attributes:
        calls: For each call that reached the world; the others changed nothing.
        fault: Why it could not be replayed to its end; empty where it could.
    """

    calls: Mapping[Place, CallDiff] = field(default_factory=dict)
    fault: str = ""

    @property
    def is_faithful(self) -> bool:
        """Whether all calls answered as they were recorded."""
        return not self.fault and all(call.answered is None for call in self.calls.values())

    @property
    def wrote(self) -> frozenset[Place]:
        """The calls that changed the database."""
        return frozenset(place for place, call in self.calls.items() if call.diff)


@dataclass(frozen=True, slots=True)
class _Made:
    """A call that reached the world, and what it answered."""

    place: Place
    call: ToolCall
    result: ToolResult


async def replay_all(
    runtime: Runtime,
    worlds: Mapping[str, World],
    episodes: Sequence[Episode],
    *,
    lanes: int | None = None,
) -> dict[Job, EpisodeDiffs]:
    """Replay episodes, in their order; what cannot be replayed says why.

    Args:
        runtime: Where.
        worlds: The worlds by name.
        episodes: Which.
        lanes: How many at once; as many as there are processors by default.
    """
    named = {str(episode.job): episode for episode in episodes}
    found: dict[Job, EpisodeDiffs] = {}

    async def one(name: str) -> None:
        episode = named[name]
        try:
            world = worlds[episode.job.world]
        except KeyError:
            found[episode.job] = EpisodeDiffs(fault=f"there is no world {episode.job.world!r} here")
        except WorldError as error:
            found[episode.job] = EpisodeDiffs(fault=error.message)
        else:
            found[episode.job] = await replay(runtime, world, episode)

    await for_each(one, named, lanes)
    return {episode.job: found[episode.job] for episode in episodes}


async def replay(runtime: Runtime, world: World, episode: Episode) -> EpisodeDiffs:
    """Make an episode's calls once more; what keeps them from being made is told, not raised.

    Args:
        runtime: Where.
        world: The world of the episode, as it was then.
        episode: What was done.
    """
    found: dict[Place, CallDiff] = {}
    try:
        async with await runtime.launch(world, seed=episode.seed) as instance:
            replaying = _Replaying(runtime, instance, await instance.snapshot())
            for made in _made(episode.trajectory, instance.world.tool_names):
                found[made.place] = await replaying.make(made)
    except (WorldError, SnapshotError, InfrastructureError) as error:
        return EpisodeDiffs(found, error.message)
    return EpisodeDiffs(found)


class _Replaying:
    """An instance in which calls are made one after the other, and the state before the next."""

    def __init__(self, runtime: Runtime, instance: Instance, start: Snapshot) -> None:
        self._runtime = runtime
        self._instance = instance
        self._before = start

    async def make(self, made: _Made) -> CallDiff:
        """Make a call."""
        if made.result.fault is not None:
            # It left no trace but a step of the clock: nobody has to wait for it to fail again.
            passed = replace(self._before, step=self._before.step + 1)
            await self._instance.restore(passed)
            self._before = passed
            return CallDiff(_NOTHING)
        answered = await self._answer(made.call)
        diff = await self._difference()
        return CallDiff(diff, None if _alike(answered, made.result) else answered)

    async def _answer(self, call: ToolCall) -> ToolResult:
        try:
            return await self._instance.call_tool(call.name, call.arguments)
        except UsageError as error:  # a record that somebody wrote by hand
            return ToolResult(f"Error: {error.message}", is_error=True)

    async def _difference(self) -> StateDiff:
        before, after = self._before, await self._instance.snapshot()
        self._before = after
        if after.delta == before.delta:
            return _NOTHING
        image_of = self._instance.image_of
        return await self._runtime.examiner.compare(
            self._instance.world.name, image_of(before), image_of(after)
        )


def _made(trajectory: Trajectory, tools: Set[str]) -> Iterator[_Made]:
    """The calls that a handler was asked for, in order."""
    for number, turn in enumerate(trajectory.turns):
        for place, (written, result) in enumerate(zip(turn.tool_calls, turn.results, strict=False)):
            if result.status is None and result.fault is None and result.exception is None:
                continue  # a listing, or refused before it reached the world
            call = _call(written, tools)
            if call is not None:
                yield _Made((number, place), call, result)


def _call(written: WrittenCall, tools: Set[str]) -> ToolCall | None:
    for meant in (written, target_of(written)):
        arguments: JsonObject | None = meant.parsed()
        if meant.name in tools and arguments is not None:
            return ToolCall(meant.name, arguments)
    return None


def _alike(one: ToolResult, other: ToolResult) -> bool:
    return (one.text, one.is_error, one.status) == (other.text, other.is_error, other.status)
