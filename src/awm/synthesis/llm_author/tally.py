"""Counts what happens while worlds are written, for the report of the run."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.events import (
    Event,
    StageDone,
    StageStarted,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.reporting import Passage, RunReport, StageReport, WorldReport
from awm.synthesis.llm_author.stage import STAGES
from awm.worlds.names import normalise

__all__ = ["Tally"]

_ORDER: Final = ("embedding", "scenario", "blueprint", *STAGES)
_SHOWN: Final = 5
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d+")
_LONGEST: Final = 120


@dataclass(slots=True)
class _Counts:
    passed: int = 0
    at_once: int = 0
    attempts: int = 0
    broken: int = 0
    failed: int = 0
    mended: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Course:
    passages: dict[str, Passage] = field(default_factory=dict)
    done: WorldDone | None = None
    lost: WorldFailed | None = None


class Tally:
    """Counts what happens; a listener."""

    def __init__(self) -> None:
        self._stages: dict[str, _Counts] = {}
        self._courses: dict[str, _Course] = {}

    def __call__(self, event: Event) -> None:
        """Note an event."""
        match event:
            case StageStarted():
                self._course(event.world)
            case StageDone():
                self._note(event)
            case WorldDone():
                self._course(event.world).done = event
            case WorldFailed():
                self._course(event.world).lost = event
                self._of(event.stage).failed += 1
            case _:
                pass

    def report(self, ledger: Ledger) -> RunReport:
        """What it came to.

        Args:
            ledger: What was spent, on thinking of scenarios too.
        """
        expenses = ledger.by_stage()
        names = sorted({*expenses, *self._stages}, key=_place)
        worlds = [each.done for each in self._courses.values() if each.done is not None]
        lost = [each.lost for each in self._courses.values() if each.lost is not None]
        return RunReport(
            worlds=len(worlds),
            proven_worlds=sum(0 < each.tasks == each.proven for each in worlds),
            tasks=sum(each.tasks for each in worlds),
            proven=sum(each.proven for each in worlds),
            lost=tuple(sorted((each.world, each.stage, each.why) for each in lost)),
            stages=tuple(self._stage(name, expenses.get(name, Spent())) for name in names),
            expense=ledger.total,
            by_world=self._worlds(ledger),
        )

    def _note(self, event: StageDone) -> None:
        counts = self._of(event.stage)
        counts.passed += 1
        counts.at_once += not event.mended and not event.broken
        counts.attempts += event.attempts
        counts.broken += event.broken
        counts.mended.update(map(_kind, event.mended))
        passage = Passage(event.stage, event.attempts, event.left, event.broken)
        self._course(event.world).passages[event.stage] = passage

    def _of(self, stage: str) -> _Counts:
        return self._stages.setdefault(stage, _Counts())

    def _course(self, world: str) -> _Course:
        return self._courses.setdefault(world, _Course())

    def _worlds(self, ledger: Ledger) -> tuple[WorldReport, ...]:
        expenses = _by_name(ledger)
        return tuple(
            _world_report(title, self._courses[title], expenses.get(normalise(title), Spent()))
            for title in sorted(self._courses)
        )

    def _stage(self, name: str, expense: Spent) -> StageReport:
        counts = self._stages.get(name, _Counts())
        return StageReport(
            name,
            counts.passed,
            counts.at_once,
            counts.attempts,
            counts.broken,
            counts.failed,
            tuple(sorted(counts.mended.items(), key=lambda each: (-each[1], each[0]))[:_SHOWN]),
            expense,
        )


def _by_name(ledger: Ledger) -> dict[str, Spent]:
    """What each world took, by its normalised name: some stages pay in that, others as written."""
    sums: dict[str, Spent] = {}
    for world, spent in ledger.by_world().items():
        if world:  # thinking of scenarios is for none of them
            name = normalise(world)
            sums[name] = sums.get(name, Spent()) + spent
    return sums


def _world_report(title: str, course: _Course, expense: Spent) -> WorldReport:
    stages = tuple(sorted(course.passages.values(), key=lambda each: _place(each.stage)))
    if (lost := course.lost) is not None:
        return WorldReport(title, "lost", 0, 0, stages, lost.stage, lost.why, expense)
    if (done := course.done) is not None:
        return WorldReport(title, "world", done.tasks, done.proven, stages, expense=expense)
    return WorldReport(title, "unfinished", stages=stages, expense=expense)


def _place(stage: str) -> int:
    """Where a stage stands in the order in which worlds go through them."""
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)


def _kind(what: str) -> str:
    """A problem without what is particular to one world, so that equal ones are counted."""
    plain = " ".join(_QUOTED.sub("…", what.partition(": ")[2] or what).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
