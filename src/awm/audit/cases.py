"""The cases that a task's verifier is tried on, carried out in the world.

Every case is a sequence of tool calls and an answer, so whoever doubts it can repeat it. A near
miss that reaches an accepted end state after all is no near miss: what the case comes to is
decided by the canonical comparison of end states, never by how it was made.
"""

import hashlib
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from awm.audit.answers import EMPTY, wrong_answers
from awm.audit.hints import Hints
from awm.audit.model import Case
from awm.audit.mutations import mutations, swaps
from awm.errors import SnapshotError
from awm.runtime import Instance, Runtime, Schema, Snapshot
from awm.types import ToolCall
from awm.verify.canonical import effects_of
from awm.verify.comparison import compare
from awm.verify.effects import Effects
from awm.verify.facts import missing_facts
from awm.verify.replay import play, start_of
from awm.verify.solving import LATER, Solved
from awm.worlds import World

__all__ = ["CaseMaker", "Exhibit", "Ground", "idle_cases"]

_MUTATIONS: Final = 24
_SWAPS: Final = 12
_STRAYS: Final = 3
_STRAYS_TRIED: Final = 16


@dataclass(frozen=True, slots=True)
class Ground:
    """A live world to carry out cases in.

    Attributes:
        world: The world.
        instance: An instance of it that nobody else uses.
        schema: Its tables.
        hints: Values that mean something in it.
        strays: Calls that change it, to be made where nobody asked for them.
    """

    world: World
    instance: Instance
    schema: Schema
    hints: Hints
    strays: Sequence[ToolCall]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A case and the database that it ends in."""

    case: Case
    image: bytes


def idle_cases(task: str, template: bytes) -> Iterator[Exhibit]:
    """Attempts at which nothing was done, and nothing was said that would matter."""
    for answer, why in (*EMPTY, (task, "the task's own words as an answer")):
        yield Exhibit(Case("nothing", False, (), answer, f"nothing done, {why}"), template)


class CaseMaker:
    """Carries out the oracle of a task and what resembles it.

    Args:
        runtime: Measures the states.
        ground: The world, live.
        solved: The task's oracle, carried out.
        task: The task's sentence.
        seed: What the choice among many near misses is derived from.
    """

    def __init__(
        self, runtime: Runtime, ground: Ground, solved: Solved, task: str, seed: int
    ) -> None:
        self._runtime = runtime
        self._ground = ground
        self._instance = ground.instance
        self._solved = solved
        self._task = task
        self._dice = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self._solution = solved.oracle.solution
        self._replay = solved.replays[0]
        self._outcomes = solved.expectation.outcomes
        self._effects: dict[bytes, Effects] = {}
        self._seen: set[tuple[bytes, str | None]] = set()

    async def make(self) -> AsyncIterator[Exhibit]:
        """Every case, the oracle first; no two with the same end state and answer.

        Raises:
            InfrastructureError: No worker can be kept alive.
        """
        for exhibit in self._solutions():
            yield exhibit
        template = self._instance.world.template
        for exhibit in (*idle_cases(self._task, template), *self._answers()):
            if self._is_wrong(await self._effects_of(exhibit.image), exhibit.case.answer):
                yield exhibit
        start = await start_of(self._instance)
        for source in (self._prefixes, self._swapped, self._mutated, self._strayed):
            async for exhibit in source(start):
                key = (_digest(exhibit.image), exhibit.case.answer)
                if key not in self._seen:
                    self._seen.add(key)
                    yield exhibit

    def _solutions(self) -> Iterator[Exhibit]:
        calls, answer, image = self._solution.calls, self._solution.answer, self._replay.image
        yield Exhibit(Case("oracle", True, calls, answer, "the oracle"), image)
        yield Exhibit(Case("again", True, calls, answer, "the oracle, once more"), image)
        seed = self._solved.late.start.seed
        late = Case("later", True, calls, answer, f"the oracle, {LATER} s later", LATER, seed)
        yield Exhibit(late, self._solved.late.image)
        if answer is None:
            spoken = Case("oracle", True, calls, EMPTY[-1][0], "the oracle, and some words")
            yield Exhibit(spoken, image)
        others = zip(self._solved.oracle.alternatives, self._solved.replays[1:], strict=True)
        for place, (other, replay) in enumerate(others, start=1):
            why = f"alternative {place} to the oracle"
            yield Exhibit(Case("alternative", True, other.calls, other.answer, why), replay.image)

    def _answers(self) -> Iterator[Exhibit]:
        answer, facts = self._solution.answer, self._outcomes[0].facts
        if answer is not None and facts:
            for text, why in wrong_answers(answer, facts, self._task):
                case = Case("answer", False, self._solution.calls, text, f"the right state, {why}")
                yield Exhibit(case, self._replay.image)

    async def _prefixes(self, _start: Snapshot) -> AsyncIterator[Exhibit]:
        calls = self._solution.calls
        for length in range(len(calls)):
            step = self._replay.steps[length - 1].after if length else self._replay.start
            await self._instance.restore(step)
            image = await self._instance.database_image()
            why = f"broken off after {length} of {len(calls)} calls"
            case = Case("prefix", False, calls[:length], self._solution.answer, why)
            if self._is_wrong(await self._effects_of(image), case.answer):
                yield Exhibit(case, image)

    async def _swapped(self, start: Snapshot) -> AsyncIterator[Exhibit]:
        found = 0
        for calls, why in swaps(self._solution.calls):
            replay = await play(self._instance, start, calls, refused=None)
            if any(step.result.is_error for step in replay.steps) or replay.fault:
                continue
            effects = await self._effects_of(replay.image)
            if replay.image != self._replay.image and self._is_reference(effects):
                case = Case("reordering", True, calls, self._solution.answer, why)
                yield Exhibit(case, replay.image)
                found += 1
            if found >= _SWAPS:
                return

    async def _mutated(self, start: Snapshot) -> AsyncIterator[Exhibit]:
        changing = [place for place, step in enumerate(self._replay.steps) if step.changed]
        tools = {tool.name: tool for tool in self._instance.world.tools}
        found = mutations(self._solution.calls, changing, tools, self._ground.hints)
        if len(found) > _MUTATIONS:
            chosen = sorted(self._dice.sample(range(len(found)), _MUTATIONS))
            found = [found[place] for place in chosen]
        for mutation in found:
            replay = await play(self._instance, start, mutation.calls, refused=None)
            if replay.fault:
                continue
            case = Case(mutation.kind, False, mutation.calls, self._solution.answer, mutation.why)
            if self._is_wrong(await self._effects_of(replay.image), case.answer):
                yield Exhibit(case, replay.image)

    async def _strayed(self, _start: Snapshot) -> AsyncIterator[Exhibit]:
        made, tools = 0, set[str]()
        for call in self._shuffled_strays():
            if made >= _STRAYS or call.name in tools:
                continue
            replay = await play(self._instance, self._replay.end, [call], refused=None)
            if replay.fault or not replay.steps[0].changed or replay.steps[0].result.is_error:
                continue
            calls = (*self._solution.calls, call)
            case = Case("stray", False, calls, self._solution.answer, f"and a stray {call.name}")
            if self._is_wrong(await self._effects_of(replay.image), case.answer):
                made += 1
                tools.add(call.name)
                yield Exhibit(case, replay.image)

    def _shuffled_strays(self) -> list[ToolCall]:
        many = min(_STRAYS_TRIED, len(self._ground.strays))
        return self._dice.sample(list(self._ground.strays), many)

    def _is_reference(self, effects: Effects | None) -> bool:
        return effects is not None and compare(self._outcomes[0].effects, effects).equal

    def _is_wrong(self, effects: Effects | None, answer: str | None) -> bool:
        """Whether an end state and an answer solve the task in none of the ways that count."""
        if effects is None:
            return False
        return not any(
            compare(outcome.effects, effects).equal and not missing_facts(outcome.facts, answer)
            for outcome in self._outcomes
        )

    async def _effects_of(self, image: bytes) -> Effects | None:
        """What was done to get to a state; None where it cannot be read."""
        key = _digest(image)
        if key not in self._effects:
            world = self._instance.world
            try:
                diff = await self._runtime.examiner.compare(world.name, world.template, image)
            except SnapshotError:
                return None
            volatile = self._solved.expectation.volatile
            self._effects[key] = effects_of(diff, self._solved.schema, volatile)
        return self._effects[key]


def _digest(image: bytes) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()
