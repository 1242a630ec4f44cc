"""What a run came to: what was right at once, what had to be mended, what it cost.

The published pipeline's figures are those that its paper reports (arXiv 2602.10090): 88% of
environments ran at the first attempt, the others took 1.13 repairs, and 100 cost $57.09.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from awm.llm.ledger import Spent
from awm.synthesis.llm_author.events import Event, StageDone, WorldDone, WorldFailed
from awm.synthesis.llm_author.stage import STAGES

__all__ = ["PUBLISHED", "Published", "RunReport", "StageReport", "Tally", "known_usd"]

_ORDER: Final = ("embedding", "scenario", "blueprint", *STAGES)
_SHOWN: Final = 5
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d+")
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Published:
    """What the published pipeline reports of itself.

    Attributes:
        first_attempt: The share of environments that ran at once.
        repairs: How often one that did not was mended, on average.
        usd: What 100 environments cost, in USD.
    """

    first_attempt: float = 0.88
    repairs: float = 1.13
    usd: float = 57.09


PUBLISHED: Final = Published()


@dataclass(frozen=True, slots=True)
class StageReport:
    """How a stage went.

    Attributes:
        stage: Which.
        passed: How many worlds went through it.
        at_once: How many of them at the first attempt.
        attempts: How many attempts it took in all.
        broken: How many went on with something that has to be mended.
        failed: How many worlds ended there.
        mended: What was wrong most often, and how often.
        expense: What it took.
    """

    stage: str
    passed: int
    at_once: int
    attempts: int
    broken: int
    failed: int
    mended: tuple[tuple[str, int], ...]
    expense: Spent

    @property
    def repairs(self) -> float:
        """How often what was not right at once was asked for again, on average."""
        again = self.passed - self.at_once
        return (self.attempts - self.passed) / again if again else 0.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to.

    Attributes:
        worlds: How many worlds were written.
        proven_worlds: In how many of them every task is proven.
        tasks: How many tasks they have.
        proven: How many of those are proven.
        lost: Scenarios of which there is no world: name, stage, why.
        stages: How each stage went.
        expense: What everything took, thinking of scenarios included.
    """

    worlds: int
    proven_worlds: int
    tasks: int
    proven: int
    lost: tuple[tuple[str, str, str], ...]
    stages: tuple[StageReport, ...]
    expense: Spent

    @property
    def usd_per_100(self) -> float | None:
        """What 100 worlds cost at this rate, in USD; None where it is not known."""
        usd = known_usd(self.expense)
        return None if usd is None or not self.worlds else 100 * usd / self.worlds

    def as_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return {
            "worlds": self.worlds,
            "proven_worlds": self.proven_worlds,
            "tasks": self.tasks,
            "proven": self.proven,
            "lost": [
                {"scenario": title, "stage": stage, "why": why} for title, stage, why in self.lost
            ],
            "stages": [
                {
                    "stage": each.stage,
                    "passed": each.passed,
                    "at_once": each.at_once,
                    "repairs": round(each.repairs, 3),
                    "broken": each.broken,
                    "failed": each.failed,
                    "mended": [{"what": what, "times": times} for what, times in each.mended],
                    **_spent(each.expense),
                }
                for each in self.stages
            ],
            **_spent(self.expense),
            "usd_per_100_worlds": self.usd_per_100,
        }


@dataclass(slots=True)
class _Counts:
    passed: int = 0
    at_once: int = 0
    attempts: int = 0
    broken: int = 0
    failed: int = 0
    mended: Counter[str] = field(default_factory=Counter)


class Tally:
    """Counts what happens; a listener."""

    def __init__(self) -> None:
        self._stages: dict[str, _Counts] = {}
        self._worlds: list[WorldDone] = []
        self._lost: list[WorldFailed] = []

    def __call__(self, event: Event) -> None:
        """Note an event."""
        match event:
            case StageDone():
                self._note(event)
            case WorldDone():
                self._worlds.append(event)
            case WorldFailed():
                self._lost.append(event)
                self._of(event.stage).failed += 1
            case _:
                pass

    def report(self, expenses: Mapping[str, Spent]) -> RunReport:
        """What it came to.

        Args:
            expenses: What each stage took, the stage `scenario` included.
        """
        names = sorted({*expenses, *self._stages}, key=_place)
        worlds = self._worlds
        return RunReport(
            worlds=len(worlds),
            proven_worlds=sum(0 < each.tasks == each.proven for each in worlds),
            tasks=sum(each.tasks for each in worlds),
            proven=sum(each.proven for each in worlds),
            lost=tuple(sorted((each.world, each.stage, each.why) for each in self._lost)),
            stages=tuple(self._stage(name, expenses.get(name, Spent())) for name in names),
            expense=sum(expenses.values(), Spent()),
        )

    def _note(self, event: StageDone) -> None:
        counts = self._of(event.stage)
        counts.passed += 1
        counts.at_once += not event.mended and not event.broken
        counts.attempts += event.attempts
        counts.broken += event.broken
        counts.mended.update(map(_kind, event.mended))

    def _of(self, stage: str) -> _Counts:
        return self._stages.setdefault(stage, _Counts())

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


def _place(stage: str) -> int:
    """Where a stage stands in the order in which worlds go through them."""
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)


def _kind(what: str) -> str:
    """A problem without what is particular to one world, so that equal ones are counted."""
    plain = " ".join(_QUOTED.sub("…", what.partition(": ")[2] or what).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def known_usd(spent: Spent) -> float | None:
    """What was spent, in USD; None where a part of it is not known."""
    return None if spent.unpriced else spent.usd


def _spent(expense: Spent) -> dict[str, Any]:
    usd = known_usd(expense)
    return {
        "questions": expense.asked,
        "prompt_tokens": expense.prompt_tokens,
        "completion_tokens": expense.completion_tokens,
        "usd": None if usd is None else round(usd, 6),
    }
