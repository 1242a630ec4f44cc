"""How a model is asked, as the options of `awm gen` say it."""

from dataclasses import dataclass
from typing import Any, Final

from awm.cli.generation import Run
from awm.cli.room import with_room
from awm.settings import Settings, load_settings
from awm.synthesis.llm_author.stage import Choices

__all__ = ["Asking"]

_RETRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """How a model is asked; None where nobody said anything.

    Attributes:
        model: Which.
        stage_models: Which others some stages ask.
        max_retry: How often it may mend what it wrote.
        temperature: How much its answers vary.
        max_tokens: How long they may be.
        budget: How much may be spent, in USD.
        concurrency: How many questions are under way at a time.
        seed: Of everything that is drawn.
    """

    model: str | None = None
    stage_models: str | None = None
    max_retry: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    budget: float | None = None
    concurrency: int | None = None
    seed: int = 0

    @property
    def attempts(self) -> int:
        """How often a stage may ask until what is written is sound."""
        return 1 + (_RETRIES if self.max_retry is None else self.max_retry)

    def settings(self, run: Run) -> Settings:
        """The settings, with what the command line says."""
        chosen = load_settings(
            llm_model=self.model,
            llm_stage_models=self.stage_models,
            llm_budget_usd=self.budget,
            llm_concurrency=self.concurrency,
            allow_weak_isolation=run.allow_weak_isolation,
        )
        return with_room(chosen)

    def choices(self, **more: Any) -> Choices:
        """What stages are told."""
        asked = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        given = {name: value for name, value in {**asked, **more}.items() if value is not None}
        return Choices(attempts=self.attempts, seed=self.seed, **given)
