"""What the visits to a server share, and how many there are."""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from awm.errors import UsageError
from awm.rollout.splits import Splits
from awm.serve.lodging import Lodging
from awm.serve.openenv.scenarios import Scenarios

__all__ = ["Guest", "OpenEnvTerms", "Reception"]


@dataclass(frozen=True, slots=True)
class OpenEnvTerms:
    """How a server treats its clients.

    Attributes:
        sessions: How many there may be at once.
        idle_seconds: After how long a silence a session ends. It has to be longer than any call.
        turns: How many calls an episode may have.
        characters: How long an episode's calls and answers together may be, in characters.
        splits: Which worlds are in train and which in test; see `awm.serve.openreward`.

    Raises:
        UsageError: One of them leaves no room to act.
    """

    sessions: int = 10_000
    idle_seconds: float = 1800.0
    turns: int = 1_000
    characters: int = 32 << 20
    splits: Splits = field(default_factory=lambda: Splits(validation=0.0))

    def __post_init__(self) -> None:
        for name in ("sessions", "idle_seconds", "turns", "characters"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Give more than 0.")


class Guest(Protocol):
    """Somebody who is in a world."""

    @property
    def world(self) -> str | None:
        """The world's name; None between two worlds."""
        ...

    @property
    def used(self) -> float:
        """When something was last asked for, by `time.monotonic`."""
        ...


class Reception:
    """What the visits to a server share.

    Args:
        lodging: Where the worlds are.
        terms: How clients are treated.

    Attributes:
        lodging: As given.
        terms: As given.
        scenarios: Lists the worlds.
        guests: Those who are in a world now.
    """

    def __init__(self, lodging: Lodging, terms: OpenEnvTerms) -> None:
        self.lodging = lodging
        self.terms = terms
        self.scenarios = Scenarios(lodging.worlds, terms.splits)
        self.guests: set[Guest] = set()

    def stats(self, sweep_seconds: float) -> dict[str, Any]:
        """What `/stats` tells.

        Args:
            sweep_seconds: How often somebody looks for sessions that were left.
        """
        now = time.monotonic()
        worlds: dict[str, int] = {}
        for guest in self.guests:
            name = guest.world or "unknown"
            worlds[name] = worlds.get(name, 0) + 1
        silences = (now - guest.used for guest in self.guests)
        return {
            "total_sessions": len(self.guests),
            "max_idle_time_config": self.terms.idle_seconds,
            "cleanup_interval_config": sweep_seconds,
            "allowed_idle_sessions_config": 0,
            "max_idle_s": round(max(silences, default=0.0), 1),
            "scenarios": dict(sorted(worlds.items())),
        }
