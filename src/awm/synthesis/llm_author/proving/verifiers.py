"""Stage `verifier`: programs that tell whether a task was done, written and tried.

Each is tried as it is written (`rehearsing`, beside this). Proof comes later: here nobody knows yet
how the task is solved.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from awm.audit.compiled import PARTS, verifier_row
from awm.errors import Problem
from awm.llm import LLM, Question, Reply
from awm.synthesis.llm_author.answers import code_in
from awm.synthesis.llm_author.proving.rehearsing import Rehearsal
from awm.synthesis.llm_author.proving.setting import ONE_TASK_ONLY, Setting, setting_of
from awm.synthesis.llm_author.proving.showing import first_lines
from awm.synthesis.llm_author.repairing import Checked, Written, write
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.together import together
from awm.synthesis.llm_author.writing.material import question_of, schema_told
from awm.types import JsonObject
from awm.verify import VerifierMode
from awm.worlds import VerifierProgram, WorldFile

__all__ = ["Examine", "VerifierAuthor", "VerifierStage"]

Examine: TypeAlias = Callable[[VerifierProgram], Awaitable[Sequence[Problem]]]
"""Finds out what else is wrong with a program that passed its first checks."""


class VerifierStage:
    """Has the verifiers of a world written, one for each task and mode."""

    name: StageName = "verifier"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write them; see `Stage`. A task whose verifier cannot be had has none, and that is told.

        Raises:
            WorldError: The database cannot be built.
            LLMError: The model cannot be reached, or the budget is spent.
            InfrastructureError: The machinery failed.
        """
        setting = await setting_of(bench, draft)
        llm = bench.desk.model(self.name, draft.name)
        wanted = [(idx, mode) for idx in range(len(draft.tasks)) for mode in bench.choices.modes]
        outcomes = await together(
            _tried(VerifierAuthor(bench, llm, setting, idx), mode) for idx, mode in wanted
        )
        rows: dict[WorldFile, list[JsonObject]] = {PARTS[mode]: [] for mode in bench.choices.modes}
        for outcome in outcomes:
            if isinstance(outcome, Written):
                program = outcome.value
                rows[PARTS[program.mode]].append(verifier_row(draft.name, program))
        return _together(outcomes, {part: tuple(found) for part, found in rows.items()})


_Outcome: TypeAlias = Written[VerifierProgram] | Problem


async def _tried(author: "VerifierAuthor", mode: VerifierMode) -> _Outcome:
    try:
        return await author.write(mode)
    except ONE_TASK_ONLY as error:
        return Problem(author.world, author.where(mode), error.message, error.hint)


def _together(outcomes: Sequence[_Outcome], records: Records) -> Written[Records]:
    written = [outcome for outcome in outcomes if isinstance(outcome, Written)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    left = [problem for each in written for problem in each.problems]
    problems = sorted([*lost, *left], key=lambda problem: problem.severity != "error")
    mended = [line for each in written for line in first_lines(each.mended)]
    # As if all of them were one: an attempt, and one for each time that a part was mended.
    return Written(records, tuple(problems), 1 + len(mended), tuple(mended))


@dataclass(frozen=True)
class VerifierAuthor:
    """Writes the verifiers of one task, and mends them.

    Attributes:
        bench: With what.
        llm: Who writes.
        setting: The world.
        task_idx: The task's number.
    """

    bench: Bench
    llm: LLM
    setting: Setting
    task_idx: int

    @property
    def world(self) -> str:
        """The world's normalised name."""
        return self.setting.world.name

    @property
    def task(self) -> str:
        """The task's sentence."""
        return self.setting.draft.tasks[self.task_idx]

    def where(self, mode: VerifierMode) -> str:
        """How a verifier is called in messages."""
        return f"the {mode} verifier of task {self.task_idx}"

    def question(self, mode: VerifierMode) -> Question:
        """What is asked for a verifier; the task last, so that all before it is common to all."""
        draft = self.setting.draft
        return question_of(
            f"verifier_{mode}",
            self.bench.choices,
            scenario=draft.title,
            description=draft.description,
            moment=self.setting.moment,
            api=self.setting.api,
            schema=schema_told(draft),
            rows=self.setting.rows,
            number=str(self.task_idx),
            task=self.task,
        )

    async def write(self, mode: VerifierMode) -> Written[VerifierProgram]:
        """Have a verifier written.

        Raises:
            LLMAnswerError: Nothing that was written is a program.
            LLMError: The model refuses, or cannot be reached.
        """
        return await write(
            self.llm, self.question(mode), code_in, self._check(mode), self.bench.choices.attempts
        )

    async def mend(self, program: VerifierProgram, examine: Examine) -> Written[VerifierProgram]:
        """Have a verifier mended until it also passes an examination.

        The model is told as if it had just written the program. Where nothing is wrong with it, it
        is not asked.

        Raises:
            LLMAnswerError: Nothing that was written is a program.
            LLMError: The model refuses, or cannot be reached.
        """
        said = _Resumed(self.llm, f"```python\n{program.code.rstrip()}\n```")
        return await write(
            said,
            self.question(program.mode),
            code_in,
            self._check(program.mode, examine),
            self.bench.choices.attempts + 1,
        )

    def _check(
        self, mode: VerifierMode, examine: Examine | None = None
    ) -> Callable[[str], Awaitable[Checked[VerifierProgram]]]:
        async def check(code: str) -> Checked[VerifierProgram]:
            program = VerifierProgram(mode, self.task_idx, self.task, code)
            rehearsal = Rehearsal(self.setting, self.bench.pool, self.where(mode))
            problems, runs = await rehearsal.of(program)
            if not runs:
                return Checked(None, problems)
            if examine is not None and not any(one.severity == "error" for one in problems):
                problems = (*problems, *await examine(program))
            return Checked(program, problems)

        return check


class _Resumed:
    """A model that has given its first answer already, and goes on from there."""

    def __init__(self, llm: LLM, said: str) -> None:
        self._llm = llm
        self._said: str | None = said

    async def ask(self, question: Question) -> Reply:
        """The answer that was given; what is asked after it goes to the model."""
        if self._said is not None:
            said, self._said = self._said, None
            return Reply(said)
        return await self._llm.ask(question)

    async def aclose(self) -> None:
        """Do nothing: the model belongs to somebody else."""
