"""The verdict: what an attempt at a task was worth, or why nobody can say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from awm.runtime import ProgramFault
from awm.types import JsonObject, Outcome

__all__ = ["FaultKind", "Verdict", "VerifierFault", "VerifierMode"]

VerifierMode: TypeAlias = Literal["code", "sql"]
"""`code`: a program decides. `sql`: a program gathers evidence, and a judge decides."""

FaultKind: TypeAlias = ProgramFault | Literal["judge_error"]
"""Why an attempt could not be graded: the fault of a program, or of a judge that cannot be read."""


@dataclass(frozen=True, slots=True)
class VerifierFault:
    """Why there is no verdict; never a score.

    Attributes:
        kind: For programs.
        world: The world's normalised name.
        task_idx: The task's number.
        what: What happened, in one sentence.
        hint: What to do about it.
    """

    kind: FaultKind
    world: str
    task_idx: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.world} task {self.task_idx}: {self.kind}: {self.what}"
        return f"{text} ({self.hint})" if self.hint else text


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt was graded.

    Attributes:
        world: The world's normalised name.
        task_idx: The task's number.
        mode: How it was graded.
        outcome: What it came to; None where that is unknown, and then `error` says why.
        reason: Why, in a sentence or two.
        evidence: What the program returned.
        cited: The pieces of evidence that the judge relied on.
        error: What kept it from being graded.
        votes: Each vote of the judge, in order; see `awm.verify.judge`.
    """

    world: str
    task_idx: int
    mode: VerifierMode
    outcome: Outcome | None
    reason: str = ""
    evidence: JsonObject = field(default_factory=dict)
    cited: tuple[str, ...] = ()
    error: VerifierFault | None = None
    votes: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def failed(cls, mode: VerifierMode, error: VerifierFault) -> "Verdict":
        """A verdict that there is none."""
        return cls(error.world, error.task_idx, mode, None, error.what, error=error)
