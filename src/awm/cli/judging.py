"""Who judges what programs only gather evidence for, as the options and the settings say it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from awm.cli.journals import journal_in
from awm.errors import UsageError
from awm.llm import LLM, Gate, from_settings, preflight, price_from_settings
from awm.rollout import GradingMode
from awm.settings import Settings
from awm.verify import Judge

__all__ = ["JUDGE", "NOBODY", "JudgeTerms", "Judging", "hired", "judge_by", "judge_terms"]

JUDGE: Final = "judge"
"""The stage under which a judge's answers stand in a journal."""


class JudgeTerms(TypedDict):
    """How outcomes are judged; see `Judge`."""

    temperature: float
    votes: int
    attempts: int
    characters: int


@dataclass(frozen=True, slots=True)
class Judging:
    """How the attempts of a server's clients are graded.

    Attributes:
        model: Which model judges; None for nobody.
        api_url: Where it is; None for where the environment says.
        budget: How much may be spent on it, in USD; None for what the environment says.
        folder: Where what it is asked and answers is kept; None for nowhere.
        mode: Which verifiers grade, where the client does not say.

    Raises:
        UsageError: There is nobody to whom these could apply.
    """

    model: str | None = None
    api_url: str | None = None
    budget: float | None = None
    folder: Path | None = None
    mode: GradingMode = "auto"

    def __post_init__(self) -> None:
        if self.model is not None:
            return
        given = {
            "--api_url": self.api_url is not None,
            "--budget": self.budget is not None,
            "--output_dir": self.folder is not None,
            "--mode sql": self.mode == "sql",
        }
        for option, is_given in given.items():
            if is_given:
                raise UsageError(f"{option} needs a model that judges.", "Name it: --judge_model.")


NOBODY: Final = Judging()
"""Programs decide, and nobody else."""


def judge_terms(chosen: Settings) -> JudgeTerms:
    """How outcomes are judged, by the settings."""
    return JudgeTerms(
        temperature=chosen.judge_temperature,
        votes=chosen.judge_votes,
        attempts=chosen.judge_attempts,
        characters=chosen.judge_characters,
    )


def judge_by(llm: LLM, chosen: Settings) -> Judge:
    """The judge that the settings describe.

    Args:
        llm: Who judges; closed by whoever made it.
        chosen: How.
    """
    return Judge(llm, **judge_terms(chosen))


@asynccontextmanager
async def hired(judging: Judging, chosen: Settings) -> AsyncIterator[Judge | None]:
    """The judge of a server, as long as it is needed.

    Args:
        judging: Who that is.
        chosen: Where models are, and how much may be spent.

    Yields:
        None where nobody judges.

    Raises:
        LLMSetupError: It cannot be asked; says which variable to set.
        SettingsError: A key or an address is missing.
        UsageError: There is a budget and no folder to count in, or nobody knows the price; or the
            folder's journal is damaged or in use.
    """
    name = judging.model
    if name is None:
        yield None
        return
    async with AsyncExitStack() as stack:
        if judging.folder is None:
            _check_no_budget(chosen)
            llm = from_settings(chosen, name)
            stack.push_async_callback(llm.aclose)
            await preflight(llm)
            yield judge_by(llm, chosen)
            return
        journal = stack.enter_context(journal_in(_made(judging.folder), chosen))
        llm = from_settings(chosen, name, gate=Gate(chosen.llm_concurrency, journal.permit))
        stack.push_async_callback(llm.aclose)
        await preflight(llm)
        price = price_from_settings(chosen, llm, name)
        yield judge_by(journal.model(llm, name=name, stage=JUDGE, world="", price=price), chosen)


def _check_no_budget(chosen: Settings) -> None:
    """Refuse a budget that nobody would keep."""
    if chosen.llm_budget_usd is not None:
        raise UsageError(
            "a budget is counted in a journal, and there is no folder for one.",
            "Name a folder: --output_dir.",
        )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror or error}.") from error
    return folder
