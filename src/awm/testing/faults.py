"""What goes wrong between a client and a model's server, and how often.

Faults of what an answer says follow from its question alone, so that a run that is repeated meets
the same ones; a repair turn is another question, with a chance of its own. Faults on the way follow
from the question and from how often it was asked, so that asking again gets through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import Final, Literal, TypeAlias, get_args

from awm.errors import UsageError
from awm.testing.asking import JUDGE
from awm.testing.chance import chance, chosen

__all__ = ["ALL", "ON_THE_WAY", "Fault", "Faults", "Latency", "faults_in"]

OnTheWay: TypeAlias = Literal[
    "rate_limit_told", "rate_limit", "server_error", "hang", "cut_connection"
]
InAnswers: TypeAlias = Literal[
    "broken_off",
    "prose_around",
    "wrong_fence",
    "wrong_column",
    "bad_ddl",
    "no_start",
    "accepts_all",
    "accepts_none",
    "unknown_tool",
    "gives_up",
]
Fault: TypeAlias = OnTheWay | InAnswers
"""A way in which it goes wrong.

On the way: 429 with and without `Retry-After`, 500, no answer for a long time and then none at all,
a connection that is cut in the middle of an answer.

In answers: one that breaks off; prose around JSON or code; a code fence around JSON that should
have none, or none around code; a column that is not there (in rows, verifiers, code); DDL that
SQLite refuses; code that does not start; verifiers that accept everything, or nothing; an agent
that calls a tool that does not exist, or gives up.
"""

ON_THE_WAY: Final[tuple[Fault, ...]] = get_args(OnTheWay)
ALL: Final[tuple[Fault, ...]] = (*ON_THE_WAY, *get_args(InAnswers))

_FORM: Final[tuple[Fault, ...]] = ("broken_off", "prose_around", "wrong_fence")
_BY_PROMPT: Final[Mapping[str, tuple[Fault, ...]]] = {
    "scenario": _FORM,
    "classify": _FORM,
    "task": _FORM,
    "db": (*_FORM, "bad_ddl"),
    "sample": (*_FORM, "wrong_column"),
    "spec": _FORM,
    "env": (*_FORM, "wrong_column", "no_start"),
    "verifier_code": (*_FORM, "wrong_column", "accepts_all", "accepts_none"),
    "verifier_sql": (*_FORM, "wrong_column", "accepts_all"),
    "agent": (*_FORM, "unknown_tool", "gives_up"),
    JUDGE: _FORM,
}


def faults_in(prompt: str) -> tuple[Fault, ...]:
    """What can go wrong with the answers to a prompt."""
    if prompt.startswith("blueprint"):
        return _FORM
    return _BY_PROMPT.get(prompt, ())


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what goes wrong.

    Attributes:
        rate: The share of answers that are faulty, from 0 to 1, evenly over the kinds that a
            question can meet.
        seed: Of what is drawn.
        kinds: Which there are.
        hang_seconds: How long a server that hangs keeps a connection before it cuts it.
        retry_seconds: What `Retry-After` says.
    """

    rate: float = 0.0
    seed: int = 0
    kinds: tuple[Fault, ...] = ALL
    hang_seconds: float = 30.0
    retry_seconds: float = 0.2

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in ALL]
        if unknown or not 0 <= self.rate <= 1:
            raise UsageError(
                f"There is no fault {unknown[0]!r}." if unknown else f"{self.rate} is no share.",
                f"Faults are {', '.join(ALL)}; their rate goes from 0 to 1.",
            )

    def on_the_way(self, prompt: str, key: str, before: int) -> Fault | None:
        """What goes wrong before an answer is there.

        Args:
            prompt: What is asked for; empty where it is no prompt.
            key: The question's.
            before: How often it was asked before.
        """
        here, there = self._of(ON_THE_WAY), self._of(faults_in(prompt))
        return self._drawn(here, there, key, "on the way", before)

    def in_answer(self, prompt: str, key: str) -> Fault | None:
        """What goes wrong with what an answer says."""
        here, there = self._of(faults_in(prompt)), self._of(ON_THE_WAY)
        return self._drawn(here, there, key, "in the answer")

    def _of(self, kinds: Sequence[Fault]) -> list[Fault]:
        return [kind for kind in kinds if kind in self.kinds]

    def _drawn(self, here: Sequence[Fault], there: Sequence[Fault], *key: object) -> Fault | None:
        """One of some kinds, as often as is their share of all."""
        if not here or chance(self.seed, *key) >= self.rate * len(here) / (len(here) + len(there)):
            return None
        return chosen(here, self.seed, *key, "kind")


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers take: spread log-normally, and the same for the same question.

    Attributes:
        median_s: Half of them take longer, in seconds.
        sigma: The standard deviation of the logarithm; 0 for always the median.
        seed: Of what is drawn.
    """

    median_s: float = 0.0
    sigma: float = 0.0
    seed: int = 0

    def seconds(self, key: str) -> float:
        """How long the answer to a question takes."""
        if not self.median_s:
            return 0.0
        drawn = chance(self.seed, "latency", key)
        # The ends of the distribution are infinitely far away.
        spread = NormalDist().inv_cdf(min(max(drawn, 1e-6), 1 - 1e-6))
        return self.median_s * exp(self.sigma * spread)
