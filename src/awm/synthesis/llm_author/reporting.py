"""What a run came to: what was right at once, what had to be mended, what it cost.

The published pipeline's figures are those that its paper reports (arXiv 2602.10090): 88% of
environments ran at the first attempt, the others took 1.13 repairs, and 100 cost $57.09.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from awm.llm.ledger import Spent

__all__ = [
    "PUBLISHED",
    "Ending",
    "Passage",
    "Published",
    "RunReport",
    "StageReport",
    "WorldReport",
    "known_usd",
    "usd_text",
]

_CENTS: Final = 0.1

Ending: TypeAlias = Literal["world", "lost", "unfinished"]
"""What became of a scenario; `unfinished` where the run ended before that was known."""


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
class Passage:
    """How a world went through a stage.

    Attributes:
        stage: Which.
        attempts: How often the model had to be asked until it was right, or for good.
        left: What is still wrong, in lines.
        broken: Whether any of that has to be mended.
    """

    stage: str
    attempts: int
    left: tuple[str, ...] = ()
    broken: bool = False


@dataclass(frozen=True, slots=True)
class WorldReport:
    """What became of a scenario.

    Attributes:
        title: Its name.
        ending: What became of it.
        tasks: How many tasks it has.
        proven: How many of them are proven.
        stages: How it went through those that it has behind it, in their order.
        ended: At which stage it was lost; empty unless it was.
        why: What happened then.
        expense: What it took.
    """

    title: str
    ending: Ending
    tasks: int = 0
    proven: int = 0
    stages: tuple[Passage, ...] = ()
    ended: str = ""
    why: str = ""
    expense: Spent = field(default_factory=Spent)

    @property
    def is_proven(self) -> bool:
        """Whether it is a world, and each of its tasks is proven."""
        return 0 < self.tasks == self.proven

    def as_json(self) -> dict[str, Any]:
        """A JSON object of it; why it was lost is told with the others that were."""
        return {
            "title": self.title,
            "ending": self.ending,
            "tasks": self.tasks,
            "proven": self.proven,
            "attempts": {each.stage: each.attempts for each in self.stages},
            "left": [
                {"stage": each.stage, "what": what, "broken": each.broken}
                for each in self.stages
                for what in each.left
            ],
            **_spent(self.expense),
        }


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
        by_world: What became of each scenario that was taken up, by name.
    """

    worlds: int
    proven_worlds: int
    tasks: int
    proven: int
    lost: tuple[tuple[str, str, str], ...]
    stages: tuple[StageReport, ...]
    expense: Spent
    by_world: tuple[WorldReport, ...] = ()

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
            "by_world": [each.as_json() for each in self.by_world],
        }


def known_usd(spent: Spent) -> float | None:
    """What was spent, in USD; None where a part of it is not known."""
    return None if spent.unpriced else spent.usd


def usd_text(amount: float | None) -> str:
    """An amount in USD for people; more exact where it is less than some cents."""
    if amount is None:
        return "unknown"
    return f"{amount:,.4f}" if 0 < amount < _CENTS else f"{amount:,.2f}"


def _spent(expense: Spent) -> dict[str, Any]:
    usd = known_usd(expense)
    return {
        "questions": expense.asked,
        "prompt_tokens": expense.prompt_tokens,
        "completion_tokens": expense.completion_tokens,
        "usd": None if usd is None else round(usd, 6),
    }
