"""Calls every tool of a world with all kinds of arguments and writes down which of them fail.

Most calls go on from where the last one ended, because many faults need a state that only calls
lead to; now and then the world is reset. Each fault is kept once, with calls that show it.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeAlias

from awm.audit.arguments import ArgumentMaker, Trial
from awm.audit.faults import ToolFault, signature, words_of
from awm.audit.hints import Scalar, add_hints, hints_in_answer, hints_in_rows
from awm.audit.replaying import Probe, Seen
from awm.errors import SnapshotError
from awm.runtime import Instance, PreparedWorld, Runtime
from awm.types import ToolCall, ToolSpec
from awm.worlds import World

__all__ = ["CALLS_PER_TOOL", "ProbeReport", "Progress", "probe_tools"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told a tool's name, how many tools are done, and how many there are."""

CALLS_PER_TOOL: Final = 48

_ORDINARY: Final = 0.35
_EDGE: Final = 0.2
"""Which parts of a tool's calls fit its schema; the others break it."""

_STREAK: Final = 24
"""Calls until the next reset."""
_TIMEOUTS: Final = 2
_SECONDS_PER_TOOL: Final = 30.0
"""For worlds whose calls take nearly as long as they may; others need a fiftieth of it."""
_FAULTS_PER_TOOL: Final = 8
_KEPT_PER_TOOL: Final = 3
_CANDIDATES_PER_TOOL: Final = 8
_SCENES_PER_TOOL: Final = 2
_BROKEN_PER_SCENE: Final = 8

_Scene: TypeAlias = tuple[ToolCall, ...]
"""Calls from the initial state; the last is of the tool that is tried."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What came of calling a world's tools.

    Attributes:
        faults: What failed in a way that is the world's fault, each cause once.
        changing: Calls that succeed in the initial state and change rows.
        reading: Calls that succeed in the initial state and change nothing.
        silent: Tools that never answered with success.
        skipped: Tools that were given up because they took too long.
        tools: How many tools were called.
        calls: How many calls were made.
    """

    faults: tuple[ToolFault, ...]
    changing: tuple[ToolCall, ...]
    reading: tuple[ToolCall, ...]
    silent: tuple[str, ...]
    skipped: tuple[str, ...]
    tools: int
    calls: int


@dataclass(slots=True)
class _Learned:
    """What is known so far."""

    faults: dict[tuple[str, str], ToolFault] = field(default_factory=dict)
    changing: dict[str, list[ToolCall]] = field(default_factory=dict)
    reading: dict[str, list[ToolCall]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    hints: dict[str, list[Scalar]] = field(default_factory=dict)


async def probe_tools(
    runtime: Runtime,
    world: World,
    ready: PreparedWorld,
    *,
    seed: int = 0,
    calls_per_tool: int = CALLS_PER_TOOL,
    progress: Progress | None = None,
) -> ProbeReport:
    """Call every tool of a world.

    Args:
        runtime: Where the world is launched.
        world: The world.
        ready: The same, prepared.
        seed: What all chance is derived from; the instance has it too.
        calls_per_tool: How many calls each tool gets, those that confirm a fault not counted.
        progress: Told before each tool.

    Raises:
        WorldError: The world does not come to life.
        InfrastructureError: No worker can be kept alive.
    """
    async with await runtime.launch(world, seed=seed) as instance:
        learned = _Learned(hints=await _hints_in_template(runtime, ready))
        probing = _Probing(instance, world.clock, learned, seed)
        # What only reads comes first: its answers tell what to call the others with.
        tools = sorted(ready.tools, key=lambda tool: len(tool.input_schema.get("required", ())))
        for number, tool in enumerate(tools):
            if progress is not None:
                progress(tool.name, number, len(tools))
            await probing.try_tool(tool, calls_per_tool, _scenes(world, tool.name))
        changing = await probing.confirmed()
        answered = {*learned.changing, *learned.reading}
        return ProbeReport(
            faults=tuple(learned.faults.values()),
            changing=changing,
            reading=tuple(call for calls in learned.reading.values() for call in calls),
            silent=tuple(tool.name for tool in ready.tools if tool.name not in answered),
            skipped=tuple(learned.skipped),
            tools=len(ready.tools),
            calls=probing.calls,
        )


async def _hints_in_template(runtime: Runtime, ready: PreparedWorld) -> dict[str, list[Scalar]]:
    try:
        return hints_in_rows(await runtime.examiner.compare(ready.name, b"", ready.template))
    except SnapshotError:  # too many rows to look at, or a database that only its world can read
        return {}


@dataclass(slots=True)
class _Tries:
    """How the calls of one tool went so far."""

    timeouts: int = 0
    faults: int = 0
    until: float = field(default_factory=lambda: time.monotonic() + _SECONDS_PER_TOOL)

    @property
    def are_over(self) -> bool:
        """Whether more of them would only take time."""
        return self.timeouts >= _TIMEOUTS or time.monotonic() > self.until


def _scenes(world: World, tool: str) -> list[_Scene]:
    """The beginnings of the world's oracles that end with a call of the tool, shortest first."""
    solutions = [oracle.solution for oracle in world.oracles.values()]
    found = [
        solution.calls[: index + 1]
        for solution in solutions
        for index, call in enumerate(solution.calls)
        if call.name == tool and index not in solution.refused
    ]
    return sorted(found, key=len)[:_SCENES_PER_TOOL]


class _Probing:
    """The probing of one world."""

    def __init__(self, instance: Instance, clock: datetime, learned: _Learned, seed: int) -> None:
        self._instance = instance
        self._probe = Probe(instance)
        self._clock = clock.astimezone(UTC)
        self._learned = learned
        self._seed = seed
        self._since_reset = 0

    @property
    def calls(self) -> int:
        return self._probe.calls

    async def try_tool(self, tool: ToolSpec, calls: int, scenes: Sequence[_Scene]) -> None:
        """Call one tool with all kinds of arguments.

        Args:
            tool: Which.
            calls: How often.
            scenes: States in which a call of it is known to make sense.
        """
        dice = random.Random(f"{self._seed}:{tool.name!a}")  # noqa: S311 - repeatable on purpose
        maker = ArgumentMaker(tool.input_schema, dice, self._clock)
        tries = _Tries()
        for scene in scenes:
            await self._play(scene, maker, tries)
        for trial in self._trials(maker, calls):
            if tries.are_over:
                break
            if self._since_reset >= _STREAK:
                await self._reset()
            await self._try(tool.name, trial, tries)
        if tries.are_over:
            self._learned.skipped.append(tool.name)
        await self._reset()

    async def _play(self, scene: _Scene, maker: ArgumentMaker, tries: _Tries) -> None:
        """Call the tool where an oracle does: as it does, once more, and with one thing wrong."""
        *before, last = scene
        right = Trial("ordinary", "", dict(last.arguments))
        broken = maker.breaking(self._learned.hints, right.arguments)
        await self._reset()
        for call in before:
            await self._probe.call(call.name, Trial("ordinary", "", dict(call.arguments)))
        mark = await self._probe.mark()
        for trials in ([right, right], *([trial] for trial in islice(broken, _BROKEN_PER_SCENE))):
            await self._probe.back(mark)
            for trial in trials:
                await self._try(last.name, trial, tries)
        await self._reset()

    async def _try(self, tool: str, trial: Trial, tries: _Tries) -> None:
        if tries.are_over:
            return
        self._since_reset += 1
        fresh = self._probe.is_fresh
        seen = await self._probe.call(tool, trial)
        if seen.fault in (None, "not_json"):
            self._note_success(tool, trial, seen, fresh=fresh)
        if seen.fault is not None and tries.faults < _FAULTS_PER_TOOL:
            is_new = await self._note_fault(tool, trial, seen)
            tries.faults += is_new
            # To have it confirmed took as long again.
            tries.timeouts += (1 + is_new) if seen.fault == "timeout" else 0

    def _trials(self, maker: ArgumentMaker, calls: int) -> Iterator[Trial]:
        """So many trials, made one by one: each may use what the answers before have told."""
        fitting = [True] * max(1, int(calls * _ORDINARY)) + [False] * int(calls * _EDGE)
        for ordinary in fitting[:calls]:
            hints = self._learned.hints
            yield maker.ordinary(hints) if ordinary else maker.edge(hints)
        breaking = maker.breaking(self._learned.hints)
        for _, trial in zip(range(calls - len(fitting)), breaking, strict=False):
            yield trial

    async def _reset(self) -> None:
        await self._probe.reset()
        self._since_reset = 0

    def _note_success(self, tool: str, trial: Trial, seen: Seen, *, fresh: bool) -> None:
        if seen.result.is_error:
            return
        learned = self._learned
        if seen.changed:
            known = learned.changing.setdefault(tool, [])
        else:
            add_hints(learned.hints, hints_in_answer(seen.result.text))
            known = learned.reading.setdefault(tool, [])
            if not fresh or len(known) >= _KEPT_PER_TOOL:
                return
        call = ToolCall(tool, trial.arguments)
        if trial.kind == "ordinary" and call not in known and len(known) < _CANDIDATES_PER_TOOL:
            known.append(call)

    async def _note_fault(self, tool: str, trial: Trial, seen: Seen) -> bool:
        """Keep a fault with the calls that show it; whether it is one that was not known."""
        assert seen.fault is not None
        key = (tool, signature(seen.fault, seen.result))
        known = self._learned.faults.get(key)
        if known is not None and trial.oddity >= known.oddity:
            self._learned.faults[key] = replace(known, times=known.times + 1)
            return False
        last = ToolCall(tool, trial.arguments)
        shown = await self._probe.shortest(trial, seen, last)
        await self._reset()
        self._learned.faults[key] = ToolFault(
            tool=tool,
            kind=seen.fault,
            what=words_of(seen.result),
            status=seen.result.status,
            label=trial.label,
            oddity=trial.oddity,
            calls=shown or (*seen.before, last),
            reproduced=shown is not None,
            seed=self._seed,
            times=1 if known is None else known.times + 1,
        )
        return known is None

    async def confirmed(self) -> tuple[ToolCall, ...]:
        """The changing calls that succeed in the initial state and really change rows there."""
        await self._probe.reset()
        initial = await self._instance.state_hash()
        kept: list[ToolCall] = []
        for calls in self._learned.changing.values():
            reached: set[str] = {initial}
            for call in calls:
                if len(reached) > _KEPT_PER_TOOL:
                    break
                await self._probe.reset()
                result = await self._instance.call_tool(call.name, call.arguments)
                if result.is_error:
                    continue
                state = await self._instance.state_hash()
                if state not in reached:
                    reached.add(state)
                    kept.append(call)
        await self._probe.reset()
        return tuple(kept)
