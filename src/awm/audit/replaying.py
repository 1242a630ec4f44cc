"""One instance of a world that is called, watched and, where it fails, asked to fail again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.audit.arguments import Trial
from awm.audit.faults import FaultKind, fault_of, signature
from awm.runtime import Instance, Snapshot
from awm.types import ToolCall, ToolResult

__all__ = ["Mark", "Probe", "Seen"]

_REPLAYS: Final = 30
"""How often a failing sequence is tried in shorter forms."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one call came to.

    Attributes:
        result: The answer.
        before: The calls since the last reset that left a trace.
        changed: Whether the database is another one than before.
        fault: How it failed, if that is the world's fault.
    """

    result: ToolResult
    before: tuple[ToolCall, ...]
    changed: bool
    fault: FaultKind | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A state, and the calls that led to it."""

    snapshot: Snapshot
    trace: tuple[ToolCall, ...]


class Probe:
    """Calls an instance and remembers how its state came about.

    Args:
        instance: Nobody else may call it.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._trace: list[ToolCall] = []
        self.calls = 0

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has left a trace since the last reset."""
        return not self._trace

    async def reset(self) -> None:
        """Go back to the initial state."""
        await self._instance.reset()
        self._trace.clear()

    async def mark(self) -> Mark:
        """The state as it is, to go back to."""
        return Mark(await self._instance.snapshot(), tuple(self._trace))

    async def back(self, mark: Mark) -> None:
        """Go back to a state."""
        await self._instance.restore(mark.snapshot)
        self._trace = list(mark.trace)

    async def call(self, tool: str, trial: Trial) -> Seen:
        """Call a tool in the state that the calls before have led to."""
        self.calls += 1
        before = await self._instance.snapshot()
        result = await self._instance.call_tool(tool, trial.arguments)
        after = await self._instance.snapshot()
        earlier = tuple(self._trace)
        changed = after.delta != before.delta
        if changed or after.memory != before.memory:
            self._trace.append(ToolCall(tool, trial.arguments))
        return Seen(result, earlier, changed, fault_of(trial, result))

    async def shortest(
        self, trial: Trial, seen: Seen, last: ToolCall
    ) -> tuple[ToolCall, ...] | None:
        """The shortest sequence found that fails as it did; None where nothing fails again.

        The instance is at its initial state or beyond it afterwards; reset it.

        Args:
            trial: What the failing call was tried with.
            seen: What came of it.
            last: The failing call.
        """
        assert seen.fault is not None
        wanted = signature(seen.fault, seen.result)
        if await self._fails((), last, trial, wanted):
            return (last,)
        if seen.fault == "timeout" or not seen.before:
            return None  # each attempt would take seconds
        if not await self._fails(seen.before, last, trial, wanted):
            return None
        kept = await self._shortened(seen.before, last, trial, wanted)
        return (*kept, last)

    async def _shortened(
        self, calls: tuple[ToolCall, ...], last: ToolCall, trial: Trial, wanted: str
    ) -> tuple[ToolCall, ...]:
        """Leave out first halves, then smaller pieces, for as long as it still fails."""
        replays, size = 0, max(1, len(calls) // 2)
        while size and replays < _REPLAYS:
            start = 0
            while start < len(calls) and replays < _REPLAYS:
                fewer = calls[:start] + calls[start + size :]
                replays += 1
                if await self._fails(fewer, last, trial, wanted):
                    calls = fewer
                else:
                    start += size
            size //= 2
        return calls

    async def _fails(
        self, calls: Sequence[ToolCall], last: ToolCall, trial: Trial, wanted: str
    ) -> bool:
        await self.reset()
        for call in calls:
            await self._instance.call_tool(call.name, call.arguments)
        result = await self._instance.call_tool(last.name, last.arguments)
        self.calls += len(calls) + 1
        kind = fault_of(trial, result)
        return kind is not None and signature(kind, result) == wanted
