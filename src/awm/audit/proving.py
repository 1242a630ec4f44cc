"""Proofs about one task: can it be solved, and does its verifier tell right from wrong?"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from awm.audit.cases import CaseMaker, Exhibit, Ground, idle_cases
from awm.audit.model import Case, CaseKind, Counterexample, TaskAudit, TaskVerdict
from awm.errors import OracleError, SnapshotError
from awm.runtime import Runtime, VerifierPool
from awm.types import JsonObject
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.solving import Solved, solve
from awm.verify.verdict import VerifierFault, VerifierMode
from awm.worlds import VerifierProgram

__all__ = ["Prover"]

_ELSEWHERE: Final = "#again"
"""Added to the world's name for a second run: programs of another world never share a process."""


@dataclass(slots=True)
class _Tally:
    """What came of the cases so far."""

    tried: Counter[CaseKind] = field(default_factory=Counter)
    passed: Counter[CaseKind] = field(default_factory=Counter)
    counterexamples: list[Counterexample] = field(default_factory=list)
    rejects: int = 0

    def note(self, case: Case, counterexample: Counterexample | None) -> None:
        self.tried[case.kind] += 1
        self.rejects += not case.accept
        if counterexample is None:
            self.passed[case.kind] += 1
        else:
            self.counterexamples.append(counterexample)


class Prover:
    """Proves the tasks of one world.

    Args:
        runtime: Where the world lives.
        pool: Where its verifiers run.
        ground: The world, live.
        seed: What the choice among many near misses is derived from.
    """

    def __init__(self, runtime: Runtime, pool: VerifierPool, ground: Ground, seed: int) -> None:
        self._runtime = runtime
        self._pool = pool
        self._ground = ground
        self._world = ground.world
        self._instance = ground.instance
        self._seed = seed
        self._programs: dict[int, dict[VerifierMode, VerifierProgram]] = {}
        for program in ground.world.verifiers:
            self._programs.setdefault(program.task_idx, {})[program.mode] = program

    async def prove(self, task_idx: int) -> TaskAudit:
        """Find out what one task is worth.

        Raises:
            InfrastructureError: No worker can be kept alive.
        """
        programs = self._programs.get(task_idx, {})
        oracle = self._world.oracles.get(task_idx)
        tally = _Tally()
        if oracle is None:
            await self._try_idle(task_idx, programs, tally)
            return self._unproven(task_idx, programs, tally)
        try:
            solved = await solve(self._runtime, self._instance, self._ground.schema, oracle)
        except (OracleError, SnapshotError) as error:
            await self._try_idle(task_idx, programs, tally)
            verdict: TaskVerdict = "unsound" if tally.counterexamples else "blocked"
            return self._audit(task_idx, verdict, error.message, programs, tally)
        if programs:
            await self._try_all(task_idx, solved, programs, tally)
        verdict, reason = _decided(programs, tally)
        return self._audit(task_idx, verdict, reason, programs, tally, solved)

    def _unproven(
        self, task_idx: int, programs: Mapping[VerifierMode, VerifierProgram], tally: _Tally
    ) -> TaskAudit:
        if tally.counterexamples:
            reason = tally.counterexamples[0].what
            return self._audit(task_idx, "unsound", reason, programs, tally)
        missing = "no oracle" if programs else "no oracle and no verifier"
        return self._audit(task_idx, "unproven", f"there is {missing}", programs, tally)

    def _audit(
        self,
        task_idx: int,
        verdict: TaskVerdict,
        reason: str,
        programs: Mapping[VerifierMode, VerifierProgram],
        tally: _Tally,
        solved: Solved | None = None,
    ) -> TaskAudit:
        oracle = self._world.oracles.get(task_idx)
        tasks = self._world.tasks
        return TaskAudit(
            task_idx=task_idx,
            task=tasks[task_idx] if task_idx < len(tasks) else "",
            verdict=verdict,
            reason=reason,
            modes=tuple(sorted(programs)),
            passed=dict(tally.passed),
            tried=dict(tally.tried),
            counterexamples=tuple(tally.counterexamples),
            calls=len(oracle.solution.calls) if oracle else None,
            state_hash=solved.state_hash if solved else None,
            volatile=_named(solved.expectation.volatile) if solved else {},
        )

    async def _try_idle(
        self, task_idx: int, programs: Mapping[VerifierMode, VerifierProgram], tally: _Tally
    ) -> None:
        exhibits = idle_cases(self._sentence(task_idx), self._instance.world.template)
        await self._try(task_idx, exhibits, programs, tally)

    async def _try_all(
        self,
        task_idx: int,
        solved: Solved,
        programs: Mapping[VerifierMode, VerifierProgram],
        tally: _Tally,
    ) -> None:
        seed = self._seed + task_idx
        maker = CaseMaker(self._runtime, self._ground, solved, self._sentence(task_idx), seed)
        exhibits = [exhibit async for exhibit in maker.make()]
        await self._try(task_idx, exhibits, programs, tally)

    async def _try(
        self,
        task_idx: int,
        exhibits: Iterable[Exhibit],
        programs: Mapping[VerifierMode, VerifierProgram],
        tally: _Tally,
    ) -> None:
        exhibits = list(exhibits)
        if code := programs.get("code"):
            found = await asyncio.gather(*(self._decide(code, task_idx, one) for one in exhibits))
            for exhibit, counterexample in zip(exhibits, found, strict=True):
                tally.note(exhibit.case, counterexample)
        if sql := programs.get("sql"):
            tally.counterexamples += await self._question(sql, task_idx, exhibits)

    async def _decide(
        self, program: VerifierProgram, task_idx: int, exhibit: Exhibit
    ) -> Counterexample | None:
        """Run a program of mode `code` on a case; what it got wrong, if it did."""
        case = exhibit.case
        verdict = await run_verifier(self._pool, program, self._attempt(task_idx, exhibit))
        if verdict.error is not None:
            return Counterexample(case, "code", verdict.error.kind, f"{case.why}: {verdict.reason}")
        accepted = verdict.outcome == "complete"
        if accepted != case.accept:
            what = f"it {'accepts' if accepted else 'rejects'} an attempt: {case.why}"
            return Counterexample(case, "code", "complete" if accepted else "others", what)
        return None

    async def _question(
        self, program: VerifierProgram, task_idx: int, exhibits: Sequence[Exhibit]
    ) -> list[Counterexample]:
        """Check that a program of mode `sql` says the same each time, and tells states apart."""
        by_kind: dict[CaseKind, Exhibit] = {}
        for exhibit in exhibits:
            by_kind.setdefault(exhibit.case.kind, exhibit)
        chosen = list(by_kind.values())
        found = await asyncio.gather(*(self._evidence(program, task_idx, one) for one in chosen))
        faults = [
            Counterexample(one.case, "sql", evidence.kind, f"{one.case.why}: {evidence.what}")
            for one, evidence in zip(chosen, found, strict=True)
            if isinstance(evidence, VerifierFault)
        ]
        told = dict(zip(by_kind, found, strict=True))
        return faults or _indistinct(by_kind, told)

    async def _evidence(
        self, program: VerifierProgram, task_idx: int, exhibit: Exhibit
    ) -> JsonObject | VerifierFault:
        return await gather_evidence(self._pool, program, self._attempt(task_idx, exhibit))

    def _attempt(self, task_idx: int, exhibit: Exhibit) -> Attempt:
        again = exhibit.case.kind == "again"
        return Attempt(
            world=self._world.name + (_ELSEWHERE if again else ""),
            task_idx=task_idx,
            initial=self._instance.world.template,
            final=exhibit.image,
            answer=exhibit.case.answer,
            clock=self._world.clock.timestamp(),
        )

    def _sentence(self, task_idx: int) -> str:
        tasks = self._world.tasks
        return tasks[task_idx] if task_idx < len(tasks) else ""


def _indistinct(
    exhibits: Mapping[CaseKind, Exhibit], told: Mapping[CaseKind, JsonObject | VerifierFault]
) -> list[Counterexample]:
    oracle, again, nothing = (told.get(kind) for kind in ("oracle", "again", "nothing"))
    if oracle is not None and again is not None and oracle != again:
        what = "it gives other evidence when it is run again"
        return [Counterexample(exhibits["again"].case, "sql", "evidence", what)]
    if (
        oracle is not None
        and oracle == nothing
        and exhibits["oracle"].image != exhibits["nothing"].image
    ):
        what = "its evidence is the same after the oracle as when nothing was done"
        return [Counterexample(exhibits["nothing"].case, "sql", "evidence", what)]
    return []


def _decided(
    programs: Mapping[VerifierMode, VerifierProgram], tally: _Tally
) -> tuple[TaskVerdict, str]:
    if tally.counterexamples:
        return "unsound", tally.counterexamples[0].what
    if not programs:
        return "unproven", "the oracle works; there is no verifier"
    if "code" not in programs:
        return (
            "unproven",
            "the oracle works; only a judge could decide, from the verifier's evidence",
        )
    if not tally.rejects:
        return "unproven", "the oracle changes nothing and answers nothing, so nothing can be told"
    tried = tally.tried.total()
    return "proven", f"the oracle works, and the verifier is right in all {tried} cases"


def _named(volatile: Mapping[tuple[str, str], str]) -> dict[str, str]:
    return {f"{table}.{column}": reason for (table, column), reason in volatile.items()}
