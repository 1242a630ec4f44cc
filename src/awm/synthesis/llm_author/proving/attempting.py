"""A task is tried until an attempt counts: one that its verifier and a second opinion both accept.

Neither is believed alone. A verifier that accepts whatever there is would prove anything, and so
would a judge who is easily pleased. Where the two do not agree, the verifier's author is told what
both have to say, and the attempt counts if the verifier is mended and then agrees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from awm.errors import OracleError, Problem, SnapshotError
from awm.llm import LLM
from awm.synthesis.llm_author.proving.opinions import second_opinion
from awm.synthesis.llm_author.proving.oracles import OracleMaker
from awm.synthesis.llm_author.proving.setting import ONE_TASK_ONLY
from awm.synthesis.llm_author.proving.showing import attempt_shown, diff_shown, first_lines
from awm.synthesis.llm_author.proving.telling import asks_to_be_told, new_facts, pieces_needed
from awm.synthesis.llm_author.proving.trials import TaskAgent, Trial
from awm.synthesis.llm_author.proving.verifiers import VerifierAuthor
from awm.types import JsonObject
from awm.verify import Attempt, Fact, Solved, Verdict, VerifierMode, extract_facts, run_verifier
from awm.worlds import VerifierProgram

__all__ = ["Attempted", "Attempting"]

_ALONE: Final = 3
"""Votes of the second opinion where there is no verifier to agree with."""

_STOPPED: Final[Mapping[str | None, str]] = {
    "max_turns": "the agent was not done after all its turns",
    "format_violation": "the agent wrote neither calls nor an answer",
    "budget": "the agent used up its tokens",
}


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of the attempts at a task.

    Attributes:
        task_idx: The task's number.
        programs: Its verifiers, mended where an attempt showed that they had to be.
        tries: How often it was tried.
        happened: Why attempts did not count, in order.
        mended: What went wrong on the way: verifiers mended and attempts made again, a line each.
        solved: What the attempt that counts comes to; None where there is none.
        oracle: Its row of `gen_oracle.jsonl`.
    """

    task_idx: int
    programs: Mapping[VerifierMode, VerifierProgram]
    tries: int
    happened: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    solved: Solved | None = None
    oracle: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """An attempt, and what a verifier has to say of it."""

    attempt: Attempt
    trial: Trial
    opinion: Verdict

    @property
    def is_right(self) -> bool:
        return self.opinion.outcome == "complete"


class Attempting:
    """Has one task tried.

    Args:
        agent: Who tries.
        judge: Whose second opinion is asked for.
        author: Who wrote the task's verifiers, and mends them.
        maker: Makes oracles of attempts.
    """

    def __init__(
        self, agent: TaskAgent, judge: LLM, author: VerifierAuthor, maker: OracleMaker
    ) -> None:
        self._agent = agent
        self._judge = judge
        self._author = author
        self._maker = maker
        self._pool = author.bench.pool
        self._judged: list[_Judged] = []
        self._task_idx = author.task_idx
        self._programs: dict[VerifierMode, VerifierProgram] = {
            one.mode: one
            for one in author.setting.world.verifiers
            if one.task_idx == author.task_idx
        }
        self._happened: list[str] = []
        self._mended: list[str] = []
        self._kept: tuple[Solved, JsonObject] | None = None

    async def attempt(self) -> Attempted:
        """Try the task until an attempt counts, as often as somebody chose.

        Raises:
            LLMError: The model cannot be reached, or the budget is spent.
            InfrastructureError: The machinery failed.
        """
        choices = self._author.bench.choices
        tries = 0
        while self._kept is None and tries < choices.tries:
            tries += 1
            try:
                why = await self._try(choices.seed + tries)
            except (*ONE_TASK_ONLY, OracleError, SnapshotError) as error:
                why = error.message
            if why:
                self._note(why)
        solved, oracle = self._kept or (None, None)
        return Attempted(
            self._task_idx,
            self._programs,
            tries,
            tuple(self._happened),
            tuple(self._mended),
            solved,
            oracle,
        )

    def _note(self, why: str) -> None:
        """Write down why an attempt did not count."""
        where = f"{self._author.world}: task {self._task_idx}"
        self._happened.append(why)
        self._mended += first_lines([f"{where}: an attempt does not count: {why}"])

    async def _try(self, seed: int) -> str:
        """Try it once; why that does not count, empty where it does."""
        trial = await self._agent.try_task(self._task_idx, seed)
        stop = trial.acted.trajectory.stop
        if stop != "answered":
            return _STOPPED.get(stop, "the agent did not come to an end")
        if trial.did_nothing:
            return "the agent changed nothing and said nothing"
        attempt = self._attempt(trial)
        if why := await self._weigh(trial, attempt):
            return why
        await self._keep(trial, attempt)
        return ""

    async def _weigh(self, trial: Trial, attempt: Attempt) -> str:
        """Why an attempt is not accepted by both; empty where it is."""
        program = self._programs.get("code")
        opinion = await self._opinion(trial, attempt, votes=_ALONE if program is None else 1)
        if opinion.outcome is None:
            return f"there is no second opinion: {opinion.reason}"
        judged = _Judged(attempt, trial, opinion)
        disputed = program is not None and await self._objections(program, [judged])
        if program is not None and disputed and not await self._settle(program, judged):
            if await self._fails(program, attempt):
                # One that does not run says nothing, and is as good as none.
                del self._programs["code"]
                return await self._weigh(trial, attempt)
            side = "rejects" if judged.is_right else "accepts"
            return (
                f"the verifier {side} what the second opinion calls {opinion.outcome}"
                f" ({opinion.reason}), and could not be brought to agree"
            )
        return "" if judged.is_right else f"it is {opinion.outcome}: {opinion.reason}"

    async def _opinion(self, trial: Trial, attempt: Attempt, votes: int = 1) -> Verdict:
        program = self._programs.get("sql")
        return await second_opinion(self._judge, self._pool, attempt, trial, program, votes)

    async def _settle(self, program: VerifierProgram, judged: _Judged) -> bool:
        """Have the verifier mended until it says of all attempts what was said of them."""
        cases = [*self._judged, judged]

        async def examine(candidate: VerifierProgram) -> Sequence[Problem]:
            return await self._objections(candidate, cases)

        try:
            written = await self._author.mend(program, examine)
        except ONE_TASK_ONLY:
            return False
        self._mended += first_lines(written.mended)
        if not written.is_sound:
            return False
        self._judged.append(judged)
        self._programs["code"] = written.value
        return True

    async def _fails(self, program: VerifierProgram, attempt: Attempt) -> bool:
        """Whether a program comes to no verdict."""
        return (await run_verifier(self._pool, program, attempt)).error is not None

    async def _objections(
        self, program: VerifierProgram, cases: Sequence[_Judged]
    ) -> list[Problem]:
        """Where a program and the second opinion do not agree."""
        found = []
        for case in cases:
            verdict = await run_verifier(self._pool, program, case.attempt)
            if verdict.error is not None or (verdict.outcome == "complete") != case.is_right:
                found.append(self._objection(case, verdict))
        return found

    def _objection(self, case: _Judged, verdict: Verdict) -> Problem:
        says = "complete" if verdict.outcome == "complete" else "others"
        said = f"fails: {verdict.error.what}" if verdict.error else f"says {says}"
        calls = [call for call, _ in case.trial.acted.calls]
        what = (
            f"of an attempt by an assistant it {said}, and a judge who saw the same calls it"
            f" {case.opinion.outcome}: {case.opinion.reason}\n"
            f"{attempt_shown(calls, case.attempt.answer)}\n"
            f"The database was changed so:\n{diff_shown(case.trial.diff)}"
        )
        hint = "read the task again: which of its demands does the program leave out or make up?"
        return Problem(self._author.world, self._author.where("code"), what, hint)

    async def _keep(self, trial: Trial, attempt: Attempt) -> None:
        facts = await self._facts(trial, attempt)
        async with await self._agent.start.fork() as instance:
            self._kept = await self._maker.from_trial(instance, self._task_idx, trial, facts)

    async def _facts(self, trial: Trial, attempt: Attempt) -> tuple[Fact, ...]:
        """What of an answer the task asks for; nothing where it asks for none.

        Whether it asks for one the task's words tell, or its verifier does, by rejecting the same
        without an answer.
        """
        facts = new_facts(trial.answer, self._author.task)
        program = self._programs.get("code")
        if trial.answer is None or not facts:
            return ()

        async def accepts(answer: str) -> bool:
            told = replace(attempt, answer=answer)
            if program is None:
                return True
            return (await run_verifier(self._pool, program, told)).outcome == "complete"

        if trial.diff and not asks_to_be_told(self._author.task) and await accepts(""):
            return ()
        whole = extract_facts(trial.answer)
        needed = await pieces_needed(trial.answer, whole, accepts)
        if needed is None:
            return facts
        return needed if needed == whole else await self._confirmed(needed, facts, trial)

    async def _confirmed(
        self, needed: tuple[Fact, ...], facts: tuple[Fact, ...], trial: Trial
    ) -> tuple[Fact, ...]:
        """What the second opinion takes for enough of that which the verifier does."""
        if not await self._is_enough([fact.wordings[0] for fact in needed], trial):
            return tuple(dict.fromkeys((*needed, *facts)))
        # What the verifier takes in another's place may be its own laxity.
        others = [fact.wordings[-1] for fact in needed]
        if all(len(fact.wordings) == 1 for fact in needed) or await self._is_enough(others, trial):
            return needed
        return tuple(Fact(fact.wordings[:1]) for fact in needed)

    async def _is_enough(self, words: Sequence[str], trial: Trial) -> bool:
        """Whether the second opinion takes an answer of nothing but these words."""
        brief = trial.answering("; ".join(words))
        opinion = await self._opinion(brief, self._attempt(brief))
        return opinion.outcome == "complete"

    def _attempt(self, trial: Trial) -> Attempt:
        setting = self._author.setting
        clock = setting.world.clock.timestamp()
        return Attempt(
            setting.world.name,
            self._task_idx,
            setting.initial,
            trial.image,
            trial.answer,
            clock,
        )
