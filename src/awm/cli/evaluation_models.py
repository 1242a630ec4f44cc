"""The models of an evaluation: one journal, one budget, one gate."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from awm.cli.evaluation_analysis import Weighing
from awm.cli.journals import AGENT, journal_in
from awm.cli.judging import JUDGE, judge_by, judge_terms
from awm.llm import LLM, Gate, Journal, Price, from_settings, preflight, price_from_settings
from awm.llm.ledger import Spent
from awm.rollout import GradingMode
from awm.rollout.analysis import PlanJudge
from awm.settings import Settings
from awm.verify import Judge
from awm.verify.judge import PROMPT

__all__ = ["Bench", "Judges", "check_judges", "grading_of", "models"]

_ANALYSIS: Final = "analysis"


@dataclass(frozen=True, slots=True)
class Judges:
    """Which models judge; None for nobody.

    Attributes:
        outcomes: What attempts are worth, where programs only gather evidence.
        plans: How good plans are and how well they are kept to, which changes no outcome.
    """

    outcomes: str | None = None
    plans: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        there = (name for name in (self.outcomes, self.plans) if name is not None)
        return tuple(dict.fromkeys(there))


@dataclass(frozen=True, slots=True)
class Bench:
    """The models of an evaluation, behind one journal where there are any.

    Attributes:
        journal: Where answers are kept; None where nobody is asked.
        gate: What questions go through; likewise.
        judge: Who judges outcomes; None for nobody.
        plan_judge: Who weighs plans; None for nobody.
    """

    journal: Journal | None = None
    gate: Gate | None = None
    judge: Judge | None = None
    plan_judge: PlanJudge | None = None

    def agent(self, llm: LLM, name: str, price: Price | None) -> LLM:
        """The model that acts, behind the journal."""
        if self.journal is None:
            raise AssertionError("where a model acts there is a journal")
        return self.journal.model(llm, name=name, stage=AGENT, world="", price=price)

    def weighing(self, concurrency: int) -> Weighing | None:
        """How plans are weighed, so many at a time; None where nobody does."""
        return None if self.plan_judge is None else Weighing(self.plan_judge, concurrency)

    def spent(self) -> Spent:
        """What was spent, over all runs in the folder."""
        return Spent() if self.journal is None else self.journal.spent().total


def grading_of(mode: GradingMode, judges: Judges, chosen: Settings) -> dict[str, Any]:
    """How attempts are graded, as an evaluation's order has it: all that verdicts depend on.

    Args:
        mode: Which verifiers grade.
        judges: Who judges what they only gather evidence for.
        chosen: How.
    """
    name = judges.outcomes
    judge = None if name is None else {"model": name, "prompt": PROMPT, **judge_terms(chosen)}
    return {"mode": mode, "judge": judge}


async def check_judges(chosen: Settings, names: Iterable[str]) -> None:
    """Make sure that judges can be asked.

    Args:
        chosen: Where models are.
        names: The models that judge.

    Raises:
        LLMSetupError: One cannot be; says which variable to set.
        SettingsError: A key or an address is missing.
        UsageError: An address or a key is none.
    """
    for name in names:
        llm = from_settings(chosen, name)
        try:
            await preflight(llm)
        finally:
            await llm.aclose()


@asynccontextmanager
async def models(
    judges: Judges, chosen: Settings, folder: Path, *, one_acts: bool
) -> AsyncIterator[Bench]:
    """What stands between an evaluation and its models.

    Every episode has a seed of its own, and each of its questions one that is made of it: attempts
    at one task share no answer, while an episode that is played again, because the run was killed
    or a worker was lost, finds the answers that it was given before.

    Args:
        judges: The models that judge.
        chosen: Where models are, and how much may be spent.
        folder: Of the evaluation.
        one_acts: Whether a model acts.

    Raises:
        UsageError: The journal is damaged or in use; or there is a budget, and nobody knows the
            price of a judge.
        SettingsError: A key or an address is missing.
    """
    if not one_acts and not judges.names:
        yield Bench()
        return
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(journal_in(folder, chosen))
        gate = Gate(chosen.llm_concurrency, journal.permit)

        def seated(name: str, stage: str) -> LLM:
            llm = from_settings(chosen, name, gate=gate)
            stack.push_async_callback(llm.aclose)
            price = price_from_settings(chosen, llm, name)
            return journal.model(llm, name=name, stage=stage, world="", price=price)

        outcomes, plans = judges.outcomes, judges.plans
        yield Bench(
            journal,
            gate,
            None if outcomes is None else judge_by(seated(outcomes, JUDGE), chosen),
            None if plans is None else _plan_judge(seated(plans, _ANALYSIS), plans, chosen),
        )


def _plan_judge(llm: LLM, name: str, chosen: Settings) -> PlanJudge:
    return PlanJudge(
        llm, model=name, attempts=chosen.judge_attempts, characters=chosen.judge_characters
    )
