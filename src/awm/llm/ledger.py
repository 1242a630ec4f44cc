"""What was spent on models, and how much may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from awm.errors import UsageError

__all__ = ["Account", "Budget", "Ledger", "Spent"]

Account: TypeAlias = tuple[str, str]
"""For what was paid: a stage and a world."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What some answers took.

    Attributes:
        asked: How many were paid for.
        cached: How many were found in the journal by this process, and cost nothing.
        prompt_tokens: What was asked, in tokens.
        completion_tokens: What was answered, in tokens.
        usd: What that cost in USD, as far as it is known.
        unpriced: How many of those that were paid for cost nobody knows how much.
        seconds: How long they took, one after the other; waits and second attempts included.
    """

    asked: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Both kinds."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.asked + other.asked,
            self.cached + other.cached,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was spent for what.

    Attributes:
        parts: By stage and world.
    """

    parts: Mapping[Account, Spent]

    @property
    def total(self) -> Spent:
        """All of it."""
        return sum(self.parts.values(), Spent())

    def by_stage(self) -> dict[str, Spent]:
        """What each stage took, over all worlds."""
        return self._by(0)

    def by_world(self) -> dict[str, Spent]:
        """What each world took, over all stages."""
        return self._by(1)

    def _by(self, place: int) -> dict[str, Spent]:
        sums: dict[str, Spent] = {}
        for account, spent in self.parts.items():
            sums[account[place]] = sums.get(account[place], Spent()) + spent
        return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be spent; None where nothing limits it.

    Attributes:
        usd: In USD.
        tokens: In tokens, of questions and answers together.

    Raises:
        UsageError: It is less than nothing.
    """

    usd: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for limit in (self.usd, self.tokens):
            if limit is not None and not limit >= 0:
                raise UsageError("a budget is less than nothing.", "Give 0 or more.")

    @property
    def is_limited(self) -> bool:
        """Whether anything limits it."""
        return self.usd is not None or self.tokens is not None

    def is_spent(self, spent: Spent) -> bool:
        """Whether nothing is left of it."""
        return (self.usd is not None and spent.usd >= self.usd) or (
            self.tokens is not None and spent.tokens >= self.tokens
        )
