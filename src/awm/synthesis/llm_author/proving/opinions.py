"""A second opinion on an attempt: a judge who sees the record and what changed in the database."""

from typing import Final

from awm.errors import BudgetError, InfrastructureError, LLMSetupError
from awm.llm import LLM, Question, Reply
from awm.runtime import VerifierPool
from awm.synthesis.llm_author.proving.trials import Trial
from awm.trajectory import transcript_of
from awm.types import JsonObject
from awm.verify import Attempt, Judge, Verdict, VerifierFault, diff_json, gather_evidence
from awm.worlds import VerifierProgram

__all__ = ["second_opinion"]

_CHARACTERS: Final = 48_000
"""How much of an attempt the judge is shown."""

_EVERYBODYS: Final = (BudgetError, InfrastructureError, LLMSetupError)
"""What is not about one vote: the run has to end or to wait."""


async def second_opinion(
    llm: LLM,
    pool: VerifierPool,
    attempt: Attempt,
    trial: Trial,
    program: VerifierProgram | None,
    votes: int = 1,
) -> Verdict:
    """Have a judge grade an attempt.

    The evidence is what changed in the database, row by row, and what a program of mode `sql` has
    found, if there is one that works.

    Args:
        llm: Who judges.
        pool: Where programs run.
        attempt: What was reached.
        trial: How.
        program: Gathers evidence.
        votes: How many are asked for; the majority decides.

    Raises:
        LLMError: The model cannot be reached, or the budget is spent.
        InfrastructureError: The machinery failed.
    """
    evidence: dict[str, object] = {"changes in the database": diff_json(trial.diff)}
    if program is not None:
        found = await gather_evidence(pool, program, attempt)
        if not isinstance(found, VerifierFault):
            evidence["found by a program"] = found
    run = trial.acted.trajectory
    listening = _Listening(llm)
    judge = Judge(listening, votes=votes, characters=_CHARACTERS)
    transcript: list[JsonObject] = [*transcript_of(run)]
    verdict = await judge.judge(
        attempt.world, attempt.task_idx, run.task, transcript, run.final_answer, evidence
    )
    if listening.fault is not None:
        raise listening.fault
    return verdict


class _Listening:
    """A model, and what kept it from answering: a judge takes any failure for a void vote."""

    def __init__(self, llm: LLM) -> None:
        self.fault: Exception | None = None
        self._llm = llm

    async def ask(self, question: Question) -> Reply:
        try:
            return await self._llm.ask(question)
        except _EVERYBODYS as error:
            self.fault = error
            raise

    async def aclose(self) -> None:
        """Do nothing: the model belongs to somebody else."""
