"""What an OpenReward server offers, and within which limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from awm.agents import EpisodeLimits
from awm.errors import UsageError
from awm.rollout.conditions import Conditions
from awm.rollout.splits import Split, Splits
from awm.serve.task_rows import offered_in
from awm.verify import BINARY, PAPER, RewardScheme

__all__ = ["REWARDS", "OpenRewardTerms"]

REWARDS: Final[Mapping[str, RewardScheme]] = MappingProxyType({"binary": BINARY, "partial": PAPER})
"""What attempts may be paid by: 1 for a task that is done and 0 for any other, or 0.1 for one that
a judge finds done in part."""


@dataclass(frozen=True, slots=True)
class OpenRewardTerms:
    """What is offered, and within which limits.

    Attributes:
        scheme: What attempts are paid.
        splits: Which worlds are in train and which in test. Where there is a share for validation,
            there is a split of that name too; by default those worlds are in train.
        turns: How many calls of the world's tools a session may make. The last one ends the
            episode, which is graded as it stands.
        characters: How long the arguments of a session's calls and their answers may be together.
            A call beyond that is not made, and ends the episode likewise.
        sessions: How many sessions may be open at a time.
        idle_seconds: After how long without a request a session is ended. Clients of `ors-sdk` are
            silent while their model thinks: a limit below 900 would end sessions in use.
        ready_seconds: How long a request waits for a session to be set up before its client is
            told to come again.

    Raises:
        UsageError: One of the limits leaves no room.
    """

    scheme: RewardScheme = BINARY
    splits: Splits = field(default_factory=lambda: Splits(validation=0.0))
    turns: int = 1000
    characters: int = 32 << 20
    sessions: int = 10_000
    idle_seconds: float = 1800.0
    ready_seconds: float = 25.0

    def __post_init__(self) -> None:
        for name in ("turns", "characters", "sessions", "idle_seconds", "ready_seconds"):
            value = getattr(self, name)
            if not value > 0:
                raise UsageError(f"the limit of {name} is {value}.", "Give more than 0.")

    @property
    def offered(self) -> tuple[Split, ...]:
        """The splits that there are."""
        return offered_in(self.splits)

    def conditions(self, seed: int) -> Conditions:
        """Under which conditions a session acts.

        Args:
            seed: What its dice are thrown with.
        """
        # As many missteps as turns: what a model gets wrong is told to it and ends nothing.
        limits = EpisodeLimits(turns=self.turns, missteps=self.turns)
        return Conditions(limits=limits, meta_tools=False, scheme=self.scheme, seed=seed)
