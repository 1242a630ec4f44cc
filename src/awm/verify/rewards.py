"""Rewards: a table that the caller passes, and a sum whose terms have names.

Three tables are named. `PAPER` is that of the AWM paper: 1 for a complete task, 0.1 for a part of
it, 0 where the agent or the environment failed, and -1 for a format violation, which ends the
episode. `OPENENV` is that of OpenEnv's AWM environment: `complete` 1, `incomplete` 0.1,
`format_error` -1, anything else 0. `BINARY` pays complete tasks and nothing else.

An attempt that nobody can grade has no reward, which is not a reward of 0: its total is None, and
it is left out of means.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from awm.errors import UsageError
from awm.types import Outcome
from awm.verify.components import Component
from awm.verify.rules import Violation, ViolationKind
from awm.verify.shaping import Shaping
from awm.verify.verdict import Verdict, VerifierMode

__all__ = [
    "BINARY",
    "OPENENV",
    "PAPER",
    "SCHEMES",
    "Reward",
    "RewardScheme",
    "RewardType",
    "custom",
    "per_turn",
]

RewardType: TypeAlias = str
"""What a reward is paid for: an outcome, `incomplete`, a kind of violation, `format_error` or
`format_violation`. Tables may hold others, which nothing here pays."""

_OUTCOMES: Final[tuple[Outcome, ...]] = (
    "complete",
    "partial",
    "agent_error",
    "environment_error",
)
_KINDS: Final[tuple[ViolationKind, ...]] = ("tool_not_found", "invalid_args", "invalid_action")
_SHAPED: Final[frozenset[Outcome]] = frozenset({"partial", "agent_error"})


@dataclass(frozen=True, slots=True)
class Reward:
    """What an episode is paid.

    Attributes:
        components: The terms of the sum; none where it is unscored.
        unscored: Why nobody can say what the episode was worth; empty where it is scored.
    """

    components: tuple[Component, ...]
    unscored: str = ""

    @property
    def total(self) -> float | None:
        """The sum of the components; None where the episode is unscored."""
        if self.unscored:
            return None
        return math.fsum(component.value for component in self.components)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with `total` (or null), `components`, and `unscored`."""
        return {
            "total": self.total,
            "components": [
                {"name": part.name, "value": part.value, "why": part.why}
                for part in self.components
            ],
            "unscored": self.unscored or None,
        }


@dataclass(frozen=True, slots=True)
class RewardScheme:
    """A table of what is paid for what.

    An attempt is looked up by the most telling name that the table has:

    * a violation by its kind, then as `format_error`, then as `format_violation`;
    * `partial` as that, then as `incomplete`;
    * `agent_error` as that, and then, where a program decided (mode `code`) and so nobody knows
      how near it came, as `incomplete`;
    * `complete` and `environment_error` as they are.

    Attributes:
        name: What to call it in reports.
        table: The rewards by type.
        otherwise: What is paid for what the table does not name; None where it names all.

    Raises:
        UsageError: A reward is no finite number, or something that can happen is not paid for.
    """

    name: str
    table: Mapping[RewardType, float] = field(hash=False)
    otherwise: float | None = None

    def __post_init__(self) -> None:
        values = [*self.table.items(), ("otherwise", self.otherwise)]
        for name, value in values:
            if not (value is None and name == "otherwise") and not _is_number(value):
                raise UsageError(f"The reward for {name} is no finite number: {value!r}.")
        table = {str(name): float(value) for name, value in self.table.items()}
        object.__setattr__(self, "table", MappingProxyType(table))
        if missing := self._missing():
            raise UsageError(
                f"The reward scheme {self.name} does not say what these are worth:"
                f" {', '.join(missing)}.",
                "Give each a reward, or say what is paid otherwise.",
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, dict(self.table), self.otherwise)

    def reward(
        self,
        verdict: Verdict | None,
        *,
        violation: Violation | None = None,
        shaping: Shaping | None = None,
    ) -> Reward:
        """Say what an episode is paid.

        Args:
            verdict: How it was graded; None only where a violation ended it ungraded.
            violation: The format rule it broke. It is paid for that and for nothing else,
                whatever the verdict: a violation is certain even where no verdict is to be had.
            shaping: How far a failed attempt came. It moves `partial` and `agent_error` towards
                what `complete` pays, never up to it, and leaves other outcomes alone.

        Returns:
            The reward. It is unscored after an infrastructure error, and where the verifier or
            the judge gave no verdict.

        Raises:
            UsageError: There is neither a verdict nor a violation.
        """
        if verdict is not None and verdict.outcome == "infrastructure_error":
            return Reward((), unscored=verdict.reason or "the infrastructure failed")
        if violation is not None:
            name, value = self._find(_names_of_kind(violation.kind))
            return Reward((Component(name, value, str(violation)),))
        if verdict is None:
            raise UsageError("There is nothing to reward.", "Pass a verdict or a violation.")
        if verdict.error is not None or verdict.outcome is None:
            why = str(verdict.error) if verdict.error is not None else verdict.reason
            return Reward((), unscored=why or "there is no verdict")
        return self._graded(verdict.outcome, verdict, shaping)

    def override(self, table: Mapping[RewardType, float]) -> "RewardScheme":
        """The scheme with some rewards replaced, as `reward_config` does at OpenEnv's reset.

        Raises:
            UsageError: A reward is no finite number.
        """
        return RewardScheme(f"{self.name} (changed)", {**self.table, **table}, self.otherwise)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with `name`, `table` and `otherwise`."""
        return {"name": self.name, "table": dict(self.table), "otherwise": self.otherwise}

    @classmethod
    def from_json(cls, written: object) -> "RewardScheme":
        """Read what `to_json` wrote.

        Raises:
            UsageError: It is no such object, or the scheme is not sound.
        """
        table = written.get("table") if isinstance(written, Mapping) else None
        if not isinstance(written, Mapping) or not isinstance(table, Mapping):
            raise UsageError("A reward scheme is an object with a table of rewards by type.")
        return cls(str(written.get("name") or "custom"), table, written.get("otherwise"))

    def _graded(self, outcome: Outcome, verdict: Verdict, shaping: Shaping | None) -> Reward:
        name, value = self._find(_names_of_outcome(outcome, verdict.mode))
        base = Component(name, value, verdict.reason or f"the outcome is {outcome}")
        if shaping is None or outcome not in _SHAPED:
            return Reward((base,))
        gap = max(0.0, self._find(("complete",))[1] - value)
        shaped = (Component(part.name, part.value * gap, part.why) for part in shaping.components)
        return Reward((base, *shaped))

    def _find(self, names: tuple[RewardType, ...]) -> tuple[RewardType, float]:
        for name in names:
            if name in self.table:
                return name, self.table[name]
        assert self.otherwise is not None  # or the scheme could not have been made
        return names[0], self.otherwise

    def _missing(self) -> list[RewardType]:
        if self.otherwise is not None:
            return []
        events = [
            *((outcome, _names_of_outcome(outcome, "sql")) for outcome in _OUTCOMES),
            *(("format_violation", _names_of_kind(kind)) for kind in _KINDS),
        ]
        missing = (event for event, names in events if self.table.keys().isdisjoint(names))
        return list(dict.fromkeys(missing))


def custom(table: Mapping[RewardType, float]) -> RewardScheme:
    """A scheme of one's own, which says what every outcome and a violation are worth.

    Raises:
        UsageError: It leaves one out, or a reward is no finite number.
    """
    return RewardScheme("custom", table)


def per_turn(reward: Reward, turns: int) -> tuple[float, ...]:
    """Broadcast an episode's reward to each of its turns, as the AWM paper does.

    Raises:
        UsageError: The episode is unscored: there is nothing to train on.
    """
    total = reward.total
    if total is None:
        raise UsageError(
            f"The episode has no reward: {reward.unscored}.", "Leave it out of the batch."
        )
    return (total,) * turns


def _names_of_kind(kind: ViolationKind) -> tuple[RewardType, ...]:
    return (kind, "format_error", "format_violation")


def _names_of_outcome(outcome: Outcome, mode: VerifierMode) -> tuple[RewardType, ...]:
    if outcome == "partial" or (outcome == "agent_error" and mode == "code"):
        return (outcome, "incomplete")
    return (outcome,)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


PAPER: Final = RewardScheme(
    "paper",
    {
        "complete": 1.0,
        "partial": 0.1,
        "agent_error": 0.0,
        "environment_error": 0.0,
        "format_violation": -1.0,
    },
)
OPENENV: Final = RewardScheme(
    "openenv", {"complete": 1.0, "incomplete": 0.1, "format_error": -1.0}, otherwise=0.0
)
BINARY: Final = RewardScheme("binary", {"complete": 1.0}, otherwise=0.0)

SCHEMES: Final[Mapping[str, RewardScheme]] = MappingProxyType(
    {scheme.name: scheme for scheme in (PAPER, OPENENV, BINARY)}
)
"""The named schemes."""
