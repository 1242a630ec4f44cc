"""The models of an evaluation: one journal, one budget, one gate."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awm.llm import (
    LLM,
    Budget,
    Gate,
    Journal,
    Price,
    from_settings,
    preflight,
    price_from_settings,
)
from awm.llm.ledger import Spent
from awm.settings import Settings
from awm.verify import Judge

__all__ = ["JOURNAL", "Bench", "check_judge", "models"]

JOURNAL: Final = "llm_journal.sqlite"
"""The answers of an evaluation's models, beside its episodes; see `awm.llm.Journal`."""

_AGENT: Final = "agent"
_JUDGE: Final = "judge"


@dataclass(frozen=True, slots=True)
class Bench:
    """The models of an evaluation, behind one journal where there are any.

    Attributes:
        journal: Where answers are kept; None where nobody is asked.
        gate: What questions go through; likewise.
        judge: Who judges; None for nobody.
    """

    journal: Journal | None = None
    gate: Gate | None = None
    judge: Judge | None = None

    def agent(self, llm: LLM, name: str, price: Price | None) -> LLM:
        """The model that acts, behind the journal."""
        return _kept(self.journal, llm, name, price, _AGENT)

    def spent(self) -> Spent:
        """What was spent, over all runs in the folder."""
        return Spent() if self.journal is None else self.journal.spent().total


async def check_judge(chosen: Settings, judge: str) -> None:
    """Make sure that a judge can be asked.

    Raises:
        LLMSetupError: It cannot be; says which variable to set.
        SettingsError: A key or an address is missing.
        UsageError: An address or a key is none.
    """
    llm = from_settings(chosen, judge)
    try:
        await preflight(llm)
    finally:
        await llm.aclose()


@asynccontextmanager
async def models(
    is_asked: bool, judge: str | None, chosen: Settings, folder: Path
) -> AsyncIterator[Bench]:
    """What stands between an evaluation and its models.

    Every episode has a seed of its own, and its questions carry it: attempts at one task share no
    answer, while an episode that is played again, because the run was killed or a worker was lost,
    finds the answers that it was given before.

    Args:
        is_asked: Whether a model acts.
        judge: The model that judges; None for nobody.
        chosen: Where models are, and how much may be spent.
        folder: Of the evaluation.

    Raises:
        UsageError: The journal is damaged or in use; or there is a budget, and nobody knows the
            price of the judge.
        SettingsError: A key or an address is missing.
    """
    if not is_asked and judge is None:
        yield Bench()
        return
    async with AsyncExitStack() as stack:
        journal = stack.enter_context(Journal(folder / JOURNAL, Budget(chosen.llm_budget_usd)))
        gate = Gate(chosen.llm_concurrency, journal.permit)
        if judge is None:
            yield Bench(journal, gate)
            return
        llm = from_settings(chosen, judge, gate=gate)
        stack.push_async_callback(llm.aclose)
        price = price_from_settings(chosen, llm, judge)
        judging = Judge(
            _kept(journal, llm, judge, price, _JUDGE),
            temperature=chosen.judge_temperature,
            votes=chosen.judge_votes,
            attempts=chosen.judge_attempts,
            characters=chosen.judge_characters,
        )
        yield Bench(journal, gate, judging)


def _kept(journal: Journal | None, llm: LLM, name: str, price: Price | None, stage: str) -> LLM:
    if journal is None:
        raise AssertionError("where models are asked there is a journal")
    return journal.model(llm, name=name, stage=stage, world="", price=price)
