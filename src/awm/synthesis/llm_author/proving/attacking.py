"""What a task's oracle and verifiers are worth: they are attacked, mended, and attacked again.

The attack is that of `awm audit`: near misses of the oracle, which a verifier has to tell from it.
Where it does not, its author is shown the attempt. A verifier that its author cannot mend is
compiled from the oracle instead, and its row says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from awm.audit import Counterexample, TaskAudit
from awm.audit.cases import Ground
from awm.audit.compiled import PARTS, verifier_row
from awm.audit.hints import Hints
from awm.audit.proving import Prover
from awm.errors import OracleError, Problem
from awm.runtime import Instance
from awm.synthesis.llm_author.proving.attempting import Attempted
from awm.synthesis.llm_author.proving.setting import ONE_TASK_ONLY
from awm.synthesis.llm_author.proving.showing import attempt_shown, first_lines
from awm.synthesis.llm_author.proving.verifiers import VerifierAuthor
from awm.types import JsonObject, ToolCall
from awm.verify import VerifierMode, compile_verifier
from awm.worlds import VerifierProgram, World, WorldFile

__all__ = ["Means", "Proof", "TaskAttack"]

_TOLD: Final = 6
"""Attempts that an author is shown at a time."""
_UNWRITTEN: Final = "the model wrote none that runs"


@dataclass(frozen=True, slots=True)
class Means:
    """What a world lends to the attack on its tasks.

    Attributes:
        hints: Values that mean something in it.
        strays: Calls that change it, to be made where nobody asked for them.
        reads: The tools that only look.
    """

    hints: Hints
    strays: Sequence[ToolCall]
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about a task.

    Attributes:
        attempted: What came of the attempts at it.
        audit: What came of the attack on its verifiers, as they are now.
        programs: Its verifiers.
        compiled: Why a verifier was compiled from the oracle, by mode.
        mended: What went wrong on the way: verifiers mended and attempts made again, a line each.
    """

    attempted: Attempted
    audit: TaskAudit
    programs: Mapping[VerifierMode, VerifierProgram]
    compiled: Mapping[VerifierMode, str] = field(default_factory=dict)
    mended: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why the task is worth what it is, in a sentence or two."""
        if self.attempted.solved is not None:
            return self.audit.reason
        tries = [f"try {n}: {why}" for n, why in enumerate(self.attempted.happened, 1)]
        wrong = [self.audit.reason] if self.audit.verdict == "unsound" else []
        return "; ".join([*wrong, *tries]) or self.audit.reason


class TaskAttack:
    """The attack on one task.

    Args:
        author: Who wrote its verifiers, and mends them.
        means: What the world lends.
        instance: Of the world; nobody else may use it.
        attempted: What came of the attempts at the task.
    """

    def __init__(
        self, author: VerifierAuthor, means: Means, instance: Instance, attempted: Attempted
    ) -> None:
        self._author = author
        self._means = means
        self._instance = instance
        self._attempted = attempted
        self._programs = dict(attempted.programs)
        self._compiled: dict[VerifierMode, str] = {}
        self._mended: list[str] = []

    async def carry_out(self) -> Proof:
        """Attack the task's verifiers until they stand, or nothing better can be had.

        Raises:
            LLMError: The model cannot be reached, or the budget is spent.
            InfrastructureError: The machinery failed.
        """
        if self._attempted.solved is not None:
            for mode in self._author.bench.choices.modes:
                if mode not in self._programs:
                    self._compile(mode, _UNWRITTEN)
        audit = await self._audit(self._programs)
        if self._attempted.solved is not None:
            for remedy in (self._mend, self._give_up):
                if faults := self._faults(audit):
                    for mode, why in faults.items():
                        await remedy(mode, why)
                    audit = await self._audit(self._programs)
        mended = (*self._attempted.mended, *self._mended)
        return Proof(self._attempted, audit, self._programs, self._compiled, mended)

    def _faults(self, audit: TaskAudit) -> dict[VerifierMode, str]:
        """What is wrong with each of the model's verifiers that does not stand."""
        faults: dict[VerifierMode, str] = {}
        for counterexample in audit.counterexamples:
            if counterexample.mode not in self._compiled:
                faults.setdefault(counterexample.mode, counterexample.what)
        return faults

    async def _mend(self, mode: VerifierMode, why: str) -> None:
        async def examine(candidate: VerifierProgram) -> Sequence[Problem]:
            audit = await self._audit({mode: candidate})
            return self._objections(mode, audit.counterexamples)

        try:
            written = await self._author.mend(self._programs[mode], examine)
        except ONE_TASK_ONLY as error:
            self._compile(mode, f"{why}; {error.message}")
            return
        self._mended += first_lines(written.mended)
        if written.is_sound:
            self._programs[mode] = written.value
        else:
            self._compile(mode, why)

    async def _give_up(self, mode: VerifierMode, why: str) -> None:
        self._compile(mode, why)

    def _compile(self, mode: VerifierMode, why: str) -> None:
        """Take the verifier that the oracle gives; where it gives none, things stay as they are."""
        solved = self._attempted.solved
        assert solved is not None
        try:
            self._programs[mode] = compile_verifier(
                mode,
                self._author.world,
                self._attempted.task_idx,
                self._author.task,
                solved.expectation,
                solved.schema,
            )
        except OracleError:
            return
        self._compiled[mode] = why

    async def _audit(self, programs: Mapping[VerifierMode, VerifierProgram]) -> TaskAudit:
        ground = Ground(
            self._world(programs),
            self._instance,
            self._author.setting.schema,
            self._means.hints,
            self._means.strays,
            self._means.reads,
        )
        bench = self._author.bench
        prover = Prover(bench.runtime, bench.pool, ground, bench.choices.seed)
        return await prover.prove(self._attempted.task_idx, self._attempted.solved)

    def _world(self, programs: Mapping[VerifierMode, VerifierProgram]) -> World:
        """The world with one task that has an oracle and verifiers."""
        oracle = self._attempted.oracle
        rows: dict[WorldFile, tuple[JsonObject, ...]] = dict.fromkeys(PARTS.values(), ())
        for mode, program in programs.items():
            rows[PARTS[mode]] = (verifier_row(self._author.world, program),)
        rows[WorldFile.ORACLE] = () if oracle is None else (oracle,)
        return World.from_records(self._author.setting.draft.with_records(rows).records)

    def _objections(
        self, mode: VerifierMode, counterexamples: Sequence[Counterexample]
    ) -> list[Problem]:
        found = [one for one in counterexamples if one.mode == mode]
        kinds: dict[str, Counterexample] = {}
        for one in found:
            kinds.setdefault(one.case.kind, one)
        first = [*kinds.values()]
        rest = [one for one in found if one not in first]
        return [self._objection(one) for one in [*first, *rest][:_TOLD]]

    def _objection(self, counterexample: Counterexample) -> Problem:
        case, mode = counterexample.case, counterexample.mode
        wanted = f"It has to say {'complete' if case.accept else 'others'} of it."
        what = (
            f"{counterexample.what}. {wanted if mode == 'code' else ''}\n"
            f"{attempt_shown(case.calls, case.answer)}"
        )
        return Problem(self._author.world, self._author.where(mode), what)
