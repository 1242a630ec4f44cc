"""Proofs about one task: can it be solved, and does its verifier tell right from wrong?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from awm.audit.cases import FULL, Attack, CaseMaker, Exhibit, Ground, idle_cases
from awm.audit.model import Case, CaseKind, Counterexample, TaskAudit, TaskVerdict
from awm.errors import OracleError, SnapshotError
from awm.runtime import Runtime, VerifierPool
from awm.types import JsonObject
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.solving import Solved, solve
from awm.verify.verdict import VerifierFault, VerifierMode
from awm.worlds import VerifierProgram

__all__ = ["Prover"]

_AHEAD: Final = 12
"""Cases that are tried while further ones are made."""
_AHEAD_BYTES: Final = 1 << 28

_TELLING: Final = frozenset(("oracle", "nothing"))
"""The cases without which evidence cannot be called misleading."""

_ELSEWHERE: Final = "#again"
"""Added to the world's name for a second run: programs of another world never share a process."""

_T = TypeVar("_T")
_Told: TypeAlias = tuple[Case, JsonObject | VerifierFault]


@dataclass(slots=True)
class _Tally:
    """What came of the cases so far."""

    tried: Counter[CaseKind] = field(default_factory=Counter)
    passed: Counter[CaseKind] = field(default_factory=Counter)
    counterexamples: list[Counterexample] = field(default_factory=list)

    def note(self, case: Case, counterexample: Counterexample | None) -> None:
        self.tried[case.kind] += 1
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
        attack: How many near misses there are.
    """

    def __init__(
        self,
        runtime: Runtime,
        pool: VerifierPool,
        ground: Ground,
        seed: int,
        attack: Attack = FULL,
    ) -> None:
        self._attack = attack
        self._runtime = runtime
        self._pool = pool
        self._ground = ground
        self._world = ground.world
        self._instance = ground.instance
        self._seed = seed
        self._programs: dict[int, dict[VerifierMode, VerifierProgram]] = {}
        for program in ground.world.verifiers:
            self._programs.setdefault(program.task_idx, {})[program.mode] = program

    async def prove(self, task_idx: int, solved: Solved | None = None) -> TaskAudit:
        """Find out what one task is worth.

        Args:
            task_idx: The task's number.
            solved: Its oracle, if it was carried out already.

        Raises:
            InfrastructureError: No worker can be kept alive.
        """
        programs = self._programs.get(task_idx, {})
        oracle = self._world.oracles.get(task_idx)
        tally = _Tally()
        if oracle is None:
            await self._try(task_idx, self._idle(task_idx), programs, tally)
            return self._unproven(task_idx, programs, tally)
        try:
            if solved is None:
                solved = await solve(self._runtime, self._instance, self._ground.schema, oracle)
        except (OracleError, SnapshotError) as error:
            await self._try(task_idx, self._idle(task_idx), programs, tally)
            if not tally.counterexamples:
                return self._audit(task_idx, "blocked", error.message, programs, tally)
            reason = f"{tally.counterexamples[0].what}; and {error.message}"
            return self._audit(task_idx, "unsound", reason, programs, tally)
        seed, sentence = self._seed + task_idx, self._world.sentence(task_idx)
        maker = CaseMaker(self._runtime, self._ground, solved, sentence, seed, self._attack)
        if maker.proves_nothing:
            # A verifier may well reject it, or accept what it accepts: nobody can say who is right.
            reason = "an oracle changes nothing and answers nothing, so nothing can be told"
            return self._audit(task_idx, "unproven", reason, programs, tally, solved)
        await self._try(task_idx, maker.make(), programs, tally, changes=maker.changes)
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
        return TaskAudit(
            task_idx=task_idx,
            task=self._world.sentence(task_idx),
            verdict=verdict,
            reason=reason,
            modes=tuple(sorted(programs)),
            passed=dict(tally.passed),
            tried=dict(tally.tried),
            counterexamples=tuple(tally.counterexamples),
            calls=len(oracle.solution.calls) if oracle else None,
            state_hash=solved.state_hash if solved else None,
            volatile=_volatile(solved) if solved else {},
        )

    async def _idle(self, task_idx: int) -> AsyncIterator[Exhibit]:
        for exhibit in idle_cases(self._world.sentence(task_idx), self._instance.world.template):
            yield exhibit

    async def _try(
        self,
        task_idx: int,
        exhibits: AsyncIterator[Exhibit],
        programs: Mapping[VerifierMode, VerifierProgram],
        tally: _Tally,
        *,
        changes: bool = True,
    ) -> None:
        """Try a task's verifiers on cases, while further cases are made.

        A case's database is let go once it was looked at: of a large world there is not room for
        all of them.
        """
        if not programs:
            return
        room = asyncio.Semaphore(_ahead(self._instance.world.template))
        trials: list[tuple[Case, asyncio.Task[Counterexample | None]]] = []
        looks: dict[CaseKind, tuple[Case, asyncio.Task[JsonObject | VerifierFault]]] = {}
        code, sql = programs.get("code"), programs.get("sql")
        # Where nothing is changed there is nothing to tell the oracle's evidence from.
        telling_kinds = _TELLING if changes else _TELLING - {"nothing"}

        def begin(running: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
            task = asyncio.create_task(running)
            task.add_done_callback(lambda _task: room.release())
            return task

        try:
            async for exhibit in exhibits:
                case = exhibit.case
                if code:
                    await room.acquire()
                    trials.append((case, begin(self._decide(code, task_idx, exhibit))))
                telling = self._attack.evidence or case.kind in telling_kinds
                if sql and telling and case.kind not in looks:
                    await room.acquire()
                    looks[case.kind] = case, begin(self._evidence(sql, task_idx, exhibit))
            await asyncio.gather(*(run for _, run in (*trials, *looks.values())))
        finally:
            left = [run for _, run in (*trials, *looks.values())]
            for run in left:
                run.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        for case, trial in trials:
            tally.note(case, trial.result())
        told = {kind: (case, look.result()) for kind, (case, look) in looks.items()}
        tally.counterexamples += _misleading(told, changes=changes)

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

    async def _evidence(
        self, program: VerifierProgram, task_idx: int, exhibit: Exhibit
    ) -> JsonObject | VerifierFault:
        return await gather_evidence(self._pool, program, self._attempt(task_idx, exhibit))

    def _attempt(self, task_idx: int, exhibit: Exhibit) -> Attempt:
        again = exhibit.case.kind == "again" and self._attack.evidence
        return Attempt(
            world=self._world.name + (_ELSEWHERE if again else ""),
            task_idx=task_idx,
            initial=self._instance.world.template,
            final=exhibit.image,
            answer=exhibit.case.answer,
            clock=self._world.clock.timestamp(),
        )


def _ahead(template: bytes) -> int:
    """How many cases may be under way at a time: each holds a database of about that size."""
    return max(2, min(_AHEAD, _AHEAD_BYTES // max(1, len(template))))


def _misleading(told: Mapping[CaseKind, _Told], *, changes: bool) -> list[Counterexample]:
    """What is wrong with evidence: that there is none, that it changes, or that it never does.

    Args:
        told: The evidence on the first case of each kind.
        changes: Whether the oracle changes anything, so that there is something to be told.
    """
    faults = [
        Counterexample(case, "sql", evidence.kind, f"{case.why}: {evidence.what}")
        for case, evidence in told.values()
        if isinstance(evidence, VerifierFault)
    ]
    if faults or "oracle" not in told:
        return faults
    _, oracle = told["oracle"]
    again, nothing = told.get("again"), told.get("nothing")
    if again is not None and again[1] != oracle:
        what = "it gives other evidence when it is run again"
        return [Counterexample(again[0], "sql", "evidence", what)]
    if changes and nothing is not None and nothing[1] == oracle:
        what = "its evidence is the same after the oracle as when nothing was done"
        return [Counterexample(nothing[0], "sql", "evidence", what)]
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
    tried = tally.tried.total()
    return "proven", f"the oracle works, and the verifier is right in all {tried} cases"


def _volatile(solved: Solved) -> dict[str, str]:
    """Why volatile columns are that, of the tables in which something changed."""
    touched = {table.table for table in solved.diff}
    volatile = solved.expectation.volatile.items()
    return {f"{table}.{column}": why for (table, column), why in volatile if table in touched}
