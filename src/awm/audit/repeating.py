"""Carries out again what an audit found, and says whether it is still so."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from awm.audit.arguments import Trial
from awm.audit.faults import fault_of, words_of
from awm.audit.model import Case
from awm.audit.plain import Finding, KeptCase, KeptFault, finding_json, read_findings
from awm.errors import SnapshotError, UsageError, WorldError
from awm.runtime import Instance, Runtime, VerifierPool
from awm.types import JsonObject, ToolResult
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.replay import play, start_of
from awm.verify.verdict import VerifierFault
from awm.worlds import VerifierProgram, World, WorldFolder

__all__ = ["Outcome", "Repeated", "repeat", "repeated_json"]

Outcome: TypeAlias = Literal["holds", "gone", "unknown"]
"""`holds`: it is still wrong. `gone`: it is right now. `unknown`: it could not be carried out."""

_ELSEWHERE: Final = "#again"
"""Added to the world's name for a second run: programs of another world never share a process."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of carrying out a finding again.

    Attributes:
        finding: What was found at the time.
        outcome: Whether it is still so.
        expected: What should come of it.
        got: What came of it now; empty where that is unknown.
        what: The same in a sentence.
    """

    finding: Finding
    outcome: Outcome
    expected: str
    got: str
    what: str


def repeated_json(repeated: Repeated) -> dict[str, Any]:
    """Write what came of a finding as a JSON object."""
    return {
        "outcome": repeated.outcome,
        "expected": repeated.expected,
        "got": repeated.got,
        "what": repeated.what,
        **finding_json(repeated.finding),
    }


class _OtherwiseError(Exception):
    """The world is not any more what the finding is about."""


async def repeat(
    folder: WorldFolder,
    runtime: Runtime,
    pool: VerifierPool,
    document: object,
    *,
    done: Callable[[Repeated], None] = lambda _repeated: None,
) -> tuple[Repeated, ...]:
    """Carry out each counterexample and each tool's fault of a report again.

    Args:
        folder: The worlds as they are now.
        runtime: Where they are brought to life.
        pool: Where their verifiers run.
        document: The report, as `audit_json` gives it.
        done: Told of each.

    Returns:
        What came of them, in the order of the report.

    Raises:
        UsageError: The document is no report.
        InfrastructureError: The machinery failed.
    """
    repeated: list[Repeated] = []

    def note(one: Repeated) -> None:
        repeated.append(one)
        done(one)

    for name, findings in groupby(read_findings(document), key=lambda finding: finding.world):
        await _repeat_world(folder, name, runtime, pool, [*findings], note)
    return tuple(repeated)


async def _repeat_world(
    folder: WorldFolder,
    name: str,
    runtime: Runtime,
    pool: VerifierPool,
    findings: Sequence[Finding],
    note: Callable[[Repeated], None],
) -> None:
    try:
        world = await asyncio.to_thread(folder.__getitem__, name)
        instance = await runtime.launch(world)
    except WorldError as error:
        for finding in findings:
            note(_unknown(finding, error.message))
        return
    async with instance:
        repeater = _Repeater(pool, world, instance)
        for finding in findings:
            note(await repeater.repeat(finding))


class _Repeater:
    """Carries out the findings of one world."""

    def __init__(self, pool: VerifierPool, world: World, instance: Instance) -> None:
        self._pool = pool
        self._world = world
        self._instance = instance
        self._programs = {(program.task_idx, program.mode): program for program in world.verifiers}

    async def repeat(self, finding: Finding) -> Repeated:
        """Carry out one of them.

        Raises:
            InfrastructureError: The machinery failed.
        """
        try:
            if isinstance(finding, KeptFault):
                return await self._fault(finding)
            if finding.counterexample.mode == "code":
                return await self._verdict(finding)
            return await self._evidence(finding)
        except _OtherwiseError as error:
            return _unknown(finding, str(error))
        except (SnapshotError, UsageError, WorldError) as error:
            return _unknown(finding, error.message)

    async def _fault(self, finding: KeptFault) -> Repeated:
        fault = finding.fault
        await self._instance.reset(fault.seed)
        result = ToolResult("")
        for call in fault.calls:
            result = await self._instance.call_tool(call.name, call.arguments)
        if fault.tool not in self._instance.world.tool_names:
            raise _OtherwiseError(f"there is no tool {fault.tool} any more")
        trial = Trial(fault.label.partition(": ")[0], "", {})
        kind = fault_of(trial, result)
        if kind is None:
            what = "it refuses the call" if result.is_error else "it answers the call"
            return Repeated(finding, "gone", "no fault", "no fault", what)
        words = words_of(result)
        what = f"it fails: {words}" if words else "it fails"
        return Repeated(finding, "holds", "no fault", kind, what)

    async def _verdict(self, finding: KeptCase) -> Repeated:
        found = finding.counterexample
        program = self._program(finding)
        image = await self._carry_out(finding.task_idx, found.case)
        verdict = await run_verifier(self._pool, program, self._attempt(finding, image))
        expected = "complete" if found.case.accept else "others"
        if verdict.error is not None:
            return Repeated(finding, "holds", expected, verdict.error.kind, verdict.reason)
        got = "complete" if verdict.outcome == "complete" else "others"
        outcome: Outcome = "gone" if got == expected else "holds"
        what = f"the verifier {'accepts' if got == 'complete' else 'rejects'} the attempt"
        return Repeated(finding, outcome, expected, got, what)

    async def _evidence(self, finding: KeptCase) -> Repeated:
        found = finding.counterexample
        program = self._program(finding)
        image = await self._carry_out(finding.task_idx, found.case)
        first = await gather_evidence(self._pool, program, self._attempt(finding, image))
        if isinstance(first, VerifierFault):
            return Repeated(finding, "holds", "evidence", first.kind, first.what)
        if found.got != "evidence":
            return Repeated(finding, "gone", "evidence", "evidence", "the verifier gives evidence")
        if found.case.kind == "again":
            return await self._same_again(finding, program, image, first)
        return await self._same_as_solved(finding, program, image, first)

    async def _same_again(
        self, finding: KeptCase, program: VerifierProgram, image: bytes, first: JsonObject
    ) -> Repeated:
        """Look whether a second run, in another process, gives other evidence."""
        attempt = self._attempt(finding, image, elsewhere=False)
        second = await gather_evidence(self._pool, program, attempt)
        if first == second:
            what = "the verifier gives the same evidence twice"
            return Repeated(finding, "gone", "same evidence", "same evidence", what)
        what = "the verifier gives other evidence when it is run again"
        return Repeated(finding, "holds", "same evidence", "other evidence", what)

    async def _same_as_solved(
        self, finding: KeptCase, program: VerifierProgram, image: bytes, first: JsonObject
    ) -> Repeated:
        """Look whether the oracle's end state gives the same evidence as the attempt's."""
        oracle = self._world.oracles.get(finding.task_idx)
        if oracle is None:
            raise _OtherwiseError("there is no oracle any more to compare its evidence with")
        solution = oracle.solution
        solved = Case("oracle", True, solution.calls, solution.answer, "the oracle")
        reached = await self._carry_out(finding.task_idx, solved)
        attempt = self._attempt(finding, reached)
        if first == await gather_evidence(self._pool, program, attempt) and image != reached:
            what = "the verifier gives the same evidence after the oracle"
            return Repeated(finding, "holds", "other evidence", "same evidence", what)
        what = "the verifier gives other evidence after the oracle"
        return Repeated(finding, "gone", "other evidence", "other evidence", what)

    async def _carry_out(self, task_idx: int, case: Case) -> bytes:
        """The database in which a case ends.

        Where calls are a solution's, the world has to answer them as the solution says: a verifier
        that rejects what a failed oracle leaves behind is right.
        """
        oracle = self._world.oracles.get(task_idx)
        solutions = oracle.solutions if oracle and case.accept else ()
        refused = next((one.refused for one in solutions if one.calls == case.calls), None)
        start = await start_of(self._instance, later=case.later, seed=case.seed)
        replay = await play(self._instance, start, case.calls, refused=refused)
        if replay.fault:
            raise _OtherwiseError(replay.fault)
        return replay.image

    def _attempt(
        self, finding: KeptCase, image: bytes, *, elsewhere: bool | None = None
    ) -> Attempt:
        case = finding.counterexample.case
        second = case.kind == "again" if elsewhere is None else elsewhere
        return Attempt(
            world=self._world.name + (_ELSEWHERE if second else ""),
            task_idx=finding.task_idx,
            initial=self._instance.world.template,
            final=image,
            answer=case.answer,
            clock=self._world.clock.timestamp(),
        )

    def _program(self, finding: KeptCase) -> VerifierProgram:
        mode = finding.counterexample.mode
        program = self._programs.get((finding.task_idx, mode))
        if program is None:
            raise _OtherwiseError(f"task {finding.task_idx} has no {mode} verifier any more")
        return program


def _unknown(finding: Finding, why: str) -> Repeated:
    if isinstance(finding, KeptFault):
        expected = "no fault"
    elif finding.counterexample.mode == "sql":
        expected = "evidence"
    else:
        expected = "complete" if finding.counterexample.case.accept else "others"
    return Repeated(finding, "unknown", expected, "", why)
