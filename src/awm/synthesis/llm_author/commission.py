"""What was ordered of a model: everything that the worlds of a folder depend on but its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from awm.errors import UsageError
from awm.synthesis.llm_author.stage import Choices, StageName

__all__ = ["FORMAT", "Commission", "Form"]

FORMAT: Final = 1
"""Raised whenever the same answers would give other worlds."""

Form: TypeAlias = Literal["code", "blueprint"]
"""What the model writes: SQL and Python, or a blueprint from which these are made."""

_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Commission:
    """An order for worlds that a model writes.

    Attributes:
        count: How many scenarios there are to be, seeds included.
        models: The name of the model of each stage.
        form: What it writes.
        choices: How.
        source: What the scenarios come from: a digest of the file, empty for our own seeds.
        size: How much of a blueprint it is asked for; empty where it writes code.

    Raises:
        UsageError: A number makes no sense.
    """

    count: int
    models: Mapping[StageName, str]
    form: Form = "code"
    choices: Choices = field(default_factory=Choices)
    source: str = ""
    size: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.count <= _MOST:
            raise UsageError(
                f"{self.count} scenarios cannot be ordered.", f"Order from 1 to {_MOST:,}."
            )

    def as_json(self) -> dict[str, Any]:
        """All of it but the count: the first worlds are the same however many there are."""
        choices = self.choices
        return {
            "author": "llm",
            "format": FORMAT,
            "form": self.form,
            "size": self.size,
            "models": dict(sorted(self.models.items())),
            "tasks": choices.tasks,
            "modes": list(choices.modes),
            "attempts": choices.attempts,
            "tries": choices.tries,
            "proof": choices.proof,
            "temperature": choices.temperature,
            "max_tokens": choices.max_tokens,
            "clock": choices.clock.isoformat(),
            "seed": choices.seed,
            "source": self.source,
        }
