"""What a solved task looks like: end states that count, and what the answer has to contain."""

from collections.abc import Mapping
from dataclasses import dataclass

from awm.verify.effects import Effects
from awm.verify.facts import Fact

__all__ = ["Expectation", "ExpectedOutcome"]


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """One way in which a task may end.

    Attributes:
        effects: All that was done to the world.
        facts: What the final answer has to contain; empty where no answer is asked.
        answer: The reference answer in words, for people and judges.
    """

    effects: Effects
    facts: tuple[Fact, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """All ways in which a task may end; one of them has to be met in full.

    Attributes:
        outcomes: At least one, the reference first.
        volatile: Why each volatile column is not compared, by table and column.
    """

    outcomes: tuple[ExpectedOutcome, ...]
    volatile: Mapping[tuple[str, str], str]
