"""The cases that a task's verifier is tried on, carried out in the world.

Every case is a sequence of tool calls and an answer, so whoever doubts it can repeat it. A verifier
must not be blamed for what it is right about, so a case is only made where there is no doubt:

* A near miss that reaches an accepted end state after all is no near miss. What it comes to is
  decided by the canonical comparison of end states, never by how it was made, and more leniently
  than elsewhere: a time stamp alone is not a change.
* What a tool that only looks leaves behind, such as a count of views, is nobody's fault. No near
  miss consists in having looked more, less or elsewhere (`awm.audit.reads`).
* Another way to the same state is right only if it leaves the answer right: each call has to answer
  with the facts of the oracle's answer that it answered with before.
"""

import hashlib
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from awm.audit.answers import EMPTY, wrong_answers
from awm.audit.hints import Hints
from awm.audit.model import Case
from awm.audit.mutations import mutations, swaps
from awm.audit.reads import reading_tools
from awm.errors import SnapshotError
from awm.runtime import Instance, Runtime, Schema, StateDiff
from awm.types import ToolCall
from awm.verify.canonical import effects_of
from awm.verify.comparison import compare
from awm.verify.effects import Effects
from awm.verify.facts import Fact, missing_facts
from awm.verify.replay import Replay, Step, play
from awm.verify.solving import LATER, Solved
from awm.verify.volatile import volatile_by_schema
from awm.worlds import World

__all__ = ["FULL", "Attack", "CaseMaker", "Exhibit", "Ground", "idle_cases"]

_STRAYS_TRIED: Final = 40


@dataclass(frozen=True, slots=True)
class Attack:
    """How many near misses of each kind a task's verifiers are tried on, at most.

    Attributes:
        mutations: One value or one entity changed.
        swaps: Two neighbouring calls in the other order.
        strays: One more change.
        prefixes: Broken off; the last ones, which come nearest. None for all.
        silences: Nothing done, and nothing said that matters. None for all.
        answers: The right state with a wrong answer, the nearest first. None for all.
        evidence: Whether to look at the evidence on a case of each kind, and not only on those
            that tell whether it is evidence at all; to run programs again in another process,
            which has to read them anew; and to try the oracle with words of no need.
    """

    mutations: int = 24
    swaps: int = 12
    strays: int = 3
    prefixes: int | None = None
    silences: int | None = None
    answers: int | None = None
    evidence: bool = True


FULL: Final = Attack()


@dataclass(frozen=True)
class Ground:
    """A live world to carry out cases in.

    Attributes:
        world: The world.
        instance: An instance of it that nobody else uses.
        schema: Its tables.
        hints: Values that mean something in it.
        strays: Calls that change it, to be made where nobody asked for them.
        known_reads: The tools that only look, where somebody knows; otherwise its code tells.
    """

    world: World
    instance: Instance
    schema: Schema
    hints: Hints
    strays: Sequence[ToolCall]
    known_reads: frozenset[str] | None = None

    @cached_property
    def reads(self) -> frozenset[str]:
        """The tools that only look; reading a world's code for them takes its time."""
        if self.known_reads is not None:
            return self.known_reads
        return frozenset(reading_tools(self.world, self.instance.world.tool_names))


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
        attack: How many near misses there are.
    """

    def __init__(
        self,
        runtime: Runtime,
        ground: Ground,
        solved: Solved,
        task: str,
        seed: int,
        attack: Attack = FULL,
    ) -> None:
        self._attack = attack
        self._runtime = runtime
        self._ground = ground
        self._instance = ground.instance
        self._solved = solved
        self._task = task
        self._dice = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self._solution = solved.oracle.solution
        self._replay = solved.replays[0]
        self._outcomes = solved.expectation.outcomes
        self._strict = solved.expectation.volatile
        self._lenient = {**volatile_by_schema(ground.schema), **self._strict}
        # Of these nobody has to be asked.
        self._diffs: dict[bytes, StateDiff | None] = {
            _digest(self._replay.image): solved.diff,
            _digest(ground.instance.world.template): StateDiff(()),
        }
        self._told: dict[str, frozenset[Fact]] = {}
        self._seen: set[tuple[bytes, str | None]] = set()
        reads = ground.reads
        changing = [place for place, step in enumerate(self._replay.steps) if step.changed]
        writes = [place for place in changing if self._solution.calls[place].name not in reads]
        if not writes and not self._outcomes[0].facts:
            # There is nothing else that the task could be about: a GET of this world does it.
            writes = changing
            reads = reads - {self._solution.calls[place].name for place in changing}
        self._writes = tuple(writes)
        self._strays = [call for call in ground.strays if call.name not in reads]

    @property
    def proves_nothing(self) -> bool:
        """Whether doing nothing and saying nothing solves the task."""
        idle = any(not one.effects and not one.facts for one in self._outcomes)
        return idle or not (self._writes or self._outcomes[0].facts)

    @property
    def changes(self) -> bool:
        """Whether the oracle changes anything on purpose."""
        return bool(self._writes and self._outcomes[0].effects)

    async def make(self) -> AsyncIterator[Exhibit]:
        """Every case, the oracle first; no two with the same end state and answer.

        Raises:
            InfrastructureError: No worker can be kept alive.
        """
        for exhibit in self._solutions():
            yield exhibit
        template = self._instance.world.template
        silences = [*idle_cases(self._task, template)][: self._attack.silences]
        for exhibit in (*silences, *islice(self._answers(), self._attack.answers)):
            if self._is_wrong(await self._effects_of(exhibit.image), exhibit.case.answer):
                yield exhibit
        for source in (self._prefixes, self._swapped, self._mutated, self._strayed):
            async for exhibit in source():
                key = (_digest(exhibit.image), exhibit.case.answer)
                if key not in self._seen:
                    self._seen.add(key)
                    yield exhibit

    def _solutions(self) -> Iterator[Exhibit]:
        calls, answer, image = self._solution.calls, self._solution.answer, self._replay.image
        yield Exhibit(Case("oracle", True, calls, answer, "the oracle"), image)
        if self._attack.evidence:
            yield Exhibit(Case("again", True, calls, answer, "the oracle, once more"), image)
        late_replay = self._solved.late
        seed = late_replay.start.seed
        if late_replay is not self._replay and self._tells_the_same(late_replay.steps):
            called = tuple(step.call for step in late_replay.steps)
            late = Case("later", True, called, answer, f"the oracle, {LATER} s later", LATER, seed)
            yield Exhibit(late, late_replay.image)
        if answer is None and self._attack.evidence:
            spoken = Case("oracle", True, calls, EMPTY[-1][0], "the oracle, and some words")
            yield Exhibit(spoken, image)
        others = zip(self._solved.oracle.alternatives, self._solved.replays[1:], strict=True)
        for place, (other, replay) in enumerate(others, start=1):
            why = f"alternative {place} to the oracle"
            yield Exhibit(Case("alternative", True, other.calls, other.answer, why), replay.image)

    def _answers(self) -> Iterator[Exhibit]:
        answer, facts = self._solution.answer, self._outcomes[0].facts
        if answer is not None and facts:
            declared = self._solution.facts is not None
            for text, why in wrong_answers(answer, facts, self._task, declared=declared):
                case = Case("answer", False, self._solution.calls, text, f"the right state, {why}")
                yield Exhibit(case, self._replay.image)

    async def _prefixes(self) -> AsyncIterator[Exhibit]:
        calls = self._solution.calls
        lengths = range(max(self._writes, default=-1) + 1)
        if self._attack.prefixes is not None:
            lengths = lengths[max(0, len(lengths) - self._attack.prefixes) :]
        for length in lengths:
            step = self._replay.steps[length - 1].after if length else self._replay.start
            image = self._instance.image_of(step)
            why = f"broken off after {length} of {len(calls)} calls"
            case = Case("prefix", False, calls[:length], self._solution.answer, why)
            if self._is_wrong(await self._effects_of(image), case.answer):
                yield Exhibit(case, image)

    async def _swapped(self) -> AsyncIterator[Exhibit]:
        found = 0
        if not self._attack.swaps:
            return
        for place, calls, why in swaps(self._solution.calls):
            if not {place, place + 1} <= set(self._writes):
                continue  # to look earlier or later comes to the same
            replay = await self._played(calls, place, place + 2)
            if replay is None or replay.fault:
                continue
            if not await self._is_reference(replay, place):
                continue
            case = Case("reordering", True, calls, self._solution.answer, why)
            yield Exhibit(case, replay.image)
            found += 1
            if found >= self._attack.swaps:
                return

    async def _mutated(self) -> AsyncIterator[Exhibit]:
        tools = {tool.name: tool for tool in self._instance.world.tools}
        calls, hints = self._solution.calls, self._ground.hints
        # Where few are wanted, in the last calls: what follows has to be made again.
        places = self._writes[-2 * self._attack.mutations :] if self._attack.mutations else ()
        found = mutations(calls, places, tools, hints, self._task)
        if len(found) > self._attack.mutations:
            chosen = sorted(self._dice.sample(range(len(found)), self._attack.mutations))
            found = [found[place] for place in chosen]
        for mutation in found:
            replay = await self._played(mutation.calls, mutation.place, mutation.place + 1)
            if replay is None or replay.fault:
                continue
            case = Case(mutation.kind, False, mutation.calls, self._solution.answer, mutation.why)
            if self._is_wrong(await self._effects_of(replay.image), case.answer):
                yield Exhibit(case, replay.image)

    async def _strayed(self) -> AsyncIterator[Exhibit]:
        made, tools = 0, set[str]()
        for call in self._shuffled_strays():
            if made >= self._attack.strays or call.name in tools:
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
        return self._dice.sample(self._strays, min(_STRAYS_TRIED, len(self._strays)))

    async def _played(self, calls: Sequence[ToolCall], first: int, last: int) -> Replay | None:
        """Play calls that differ from the oracle's from `first` on and before `last`.

        Those before are not made again. None where what differs comes to the same.
        """
        steps, instance = self._replay.steps, self._instance
        start = steps[first - 1].after if first else self._replay.start
        other = await play(instance, start, calls[first:last], refused=None)
        if other.fault:
            return other
        if other.end == steps[last - 1].after:
            return None
        rest = await play(instance, other.end, calls[last:], refused=None)
        made = (*steps[:first], *other.steps, *rest.steps)
        return Replay(self._replay.start, made, rest.fault, rest.image)

    async def _is_reference(self, replay: Replay, place: int) -> bool:
        """Whether it comes to what the oracle comes to with the calls from `place` on swapped."""
        first, second = replay.steps[place : place + 2]
        steps = [*replay.steps]
        steps[place : place + 2] = second, first
        refused = [step.result.is_error for step in steps]
        if refused != [step.result.is_error for step in self._replay.steps]:
            return False
        if replay.image == self._replay.image or not self._tells_the_same(steps):
            return False
        effects = await self._effects_of(replay.image, strict=True)
        return effects is not None and compare(self._outcomes[0].effects, effects).equal

    def _tells_the_same(self, steps: Sequence[Step]) -> bool:
        """Whether each call answers with the facts that it answered with for the oracle."""
        return all(
            before.result.text == now.result.text or self._facts_in(before) <= self._facts_in(now)
            for before, now in zip(self._replay.steps, steps, strict=True)
        )

    def _facts_in(self, step: Step) -> frozenset[Fact]:
        """The facts of the oracle's answer that a call answered with."""
        text = step.result.text
        if text not in self._told:
            facts = self._outcomes[0].facts
            self._told[text] = frozenset(facts) - frozenset(missing_facts(facts, text))
        return self._told[text]

    def _is_wrong(self, effects: Effects | None, answer: str | None) -> bool:
        """Whether an end state and an answer solve the task in none of the ways that count."""
        if effects is None:
            return False
        return not any(
            compare(outcome.effects, effects).equal and not missing_facts(outcome.facts, answer)
            for outcome in self._outcomes
        )

    async def _effects_of(self, image: bytes, *, strict: bool = False) -> Effects | None:
        """What was done to get to a state; None where it cannot be read."""
        key = _digest(image)
        if key not in self._diffs:
            world = self._instance.world
            try:
                diff = await self._runtime.examiner.compare(world.name, world.template, image)
            except SnapshotError:
                self._diffs[key] = None
            else:
                self._diffs[key] = diff
        found = self._diffs[key]
        volatile = self._strict if strict else self._lenient
        return None if found is None else effects_of(found, self._solved.schema, volatile)


def _digest(image: bytes) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()
