"""Playing a sequence of calls in a world, and what each of them came to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from awm.errors import UsageError
from awm.runtime import Instance, Snapshot
from awm.types import ToolCall, ToolResult
from awm.verify.carrying import Carrying

__all__ = ["Replay", "Step", "play", "start_of"]


@dataclass(frozen=True, slots=True)
class Step:
    """One call.

    Attributes:
        call: What was called.
        result: What it answered.
        after: The state that it left.
        changed: Whether the database is another one than before.
    """

    call: ToolCall
    result: ToolResult
    after: Snapshot
    changed: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A sequence of calls that was made.

    Attributes:
        start: The state before the first one.
        steps: The calls, in order; fewer than asked for where one failed and `play` stopped there.
        fault: Why it did not go as it should; empty where it did.
        image: The database in the end.
    """

    start: Snapshot
    steps: tuple[Step, ...]
    fault: str
    image: bytes

    @property
    def end(self) -> Snapshot:
        """The state after the last call."""
        return self.steps[-1].after if self.steps else self.start


async def start_of(instance: Instance, *, later: int = 0, seed: int | None = None) -> Snapshot:
    """The state in which a world starts.

    The instance is reset.

    Args:
        instance: Any instance of the world.
        later: By how many calls' worth of time its clock is ahead.
        seed: Its dice; those of the instance by default.
    """
    await instance.reset(seed)
    first = await instance.snapshot()
    return Snapshot(first.world, first.template, first.seed, later, first.delta, first.memory)


async def play(
    instance: Instance,
    start: Snapshot,
    calls: Sequence[ToolCall],
    *,
    refused: Collection[int] | None = (),
    like: Replay | None = None,
) -> Replay:
    """Make calls, one after the other.

    Args:
        instance: Where; nobody else may use it meanwhile.
        start: The state to begin in.
        calls: What to call.
        refused: The positions of calls that the world is expected to refuse with a status below
            500; every other one has to succeed, and the replay stops where it does not. None where
            any call may be refused.
        like: How the same calls went before. What they took from the answers of then is taken from
            the answers of now (see `awm.verify.carrying`).

    Raises:
        SnapshotError: The start is not one of this world's.
        InfrastructureError: No worker can be kept alive.
    """
    await instance.restore(start)
    steps: list[Step] = []
    before, fault, carrying = start, "", Carrying()
    for place, written in enumerate(calls):
        call = carrying.call(written)
        result = await _answer(instance, call)
        if like is not None:
            carrying.learn(like.steps[place].result.text, result.text)
        after = await instance.snapshot()
        steps.append(Step(call, result, after, after.delta != before.delta))
        before = after
        fault = _fault(place, call, result, refused)
        if fault:
            break
    return Replay(start, tuple(steps), fault, await instance.database_image())


async def _answer(instance: Instance, call: ToolCall) -> ToolResult:
    try:
        return await instance.call_tool(call.name, call.arguments)
    except UsageError as error:  # the arguments are no JSON, for which the world is not to blame
        return ToolResult(error.message, is_error=True)


def _fault(place: int, call: ToolCall, result: ToolResult, refused: Collection[int] | None) -> str:
    """Why a call did not come to what it should; empty where it did."""
    name = f"call {place + 1}, {call.name},"
    if result.fault is not None or (result.status or 0) >= 500:
        return f"{name} is not answered: {result.exception or result.text}"
    if refused is None:
        return ""
    if result.is_error and result.status is None:  # not even an expected refusal: nobody was asked
        return f"{name} cannot be made: {result.text}"
    if result.is_error and place not in refused:
        return f"{name} is refused: {result.text}"
    if not result.is_error and place in refused:
        return f"{name} should be refused, and is not"
    return ""
