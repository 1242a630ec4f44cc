"""Verifiers are tried where nobody knows yet how their task is solved.

A program is run on the untouched database, with answers that say nothing, and on states that
somebody might have left behind (`mutants`, beside this). One of mode `code` that takes any of the
former for the task's end, or all of the latter, is no verifier; nor is one of mode `sql` that says
the same of all.
"""

import difflib
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from awm.audit.cases import idle_cases
from awm.errors import Problem
from awm.runtime import Schema, VerifierPool
from awm.synthesis.llm_author.proving.setting import Setting
from awm.verify import Attempt, VerifierFault, gather_evidence, run_verifier
from awm.worlds import VerifierProgram

__all__ = ["Rehearsal"]

_USELESS: Final = frozenset({"syntax", "no_function", "missing_import", "forbidden"})
"""Faults with which a program is none."""
_MISSING: Final = re.compile(r"no such (?P<what>table|column): (?:\w+\.)?(?P<name>\w+)")
_NEAREST: Final = 8

_BE_STRICT: Final = "check each thing that the task asks for, and that nothing else was changed"
_MUTE: Final = "its evidence is the same whichever rows are changed, removed or added"

_Found: TypeAlias = tuple[tuple[Problem, ...], bool]
"""What is wrong with a program, and whether it is one at all."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Tries the programs of one task.

    Attributes:
        setting: The world.
        pool: Where programs run.
        where: What the program is called in messages.
    """

    setting: Setting
    pool: VerifierPool
    where: str

    async def of(self, program: VerifierProgram) -> _Found:
        """Try a program.

        Returns:
            What is wrong with it, and whether it runs at all.

        Raises:
            InfrastructureError: Programs cannot be run.
        """
        if program.mode == "code":
            return await self._decides(program)
        return await self._tells(program)

    async def _decides(self, program: VerifierProgram) -> _Found:
        initial, mutants = self.setting.initial, self.setting.mutants
        for exhibit in idle_cases(program.task, initial):
            why, answer = exhibit.case.why, exhibit.case.answer
            verdict = await self._verdict(program, initial, initial, answer)
            if isinstance(verdict, VerifierFault):
                return (self._fault(verdict, why),), verdict.kind not in _USELESS
            if verdict:
                what = f"it says complete where the database is as it was ({why})"
                return (self._problem(what, _BE_STRICT),), True
        accepted: list[str] = []
        for mutant in mutants.states:
            verdict = await self._verdict(program, mutants.start, mutant.image, None)
            if isinstance(verdict, VerifierFault):
                return (self._fault(verdict, mutant.why),), True
            accepted += [mutant.why] if verdict else []
        return self._credulous(accepted), True

    async def _verdict(
        self, program: VerifierProgram, before: bytes, after: bytes, answer: str | None
    ) -> bool | VerifierFault:
        attempt = self._attempt(program, before, after, answer)
        verdict = await run_verifier(self.pool, program, attempt)
        return verdict.error or verdict.outcome == "complete"

    def _credulous(self, accepted: list[str]) -> tuple[Problem, ...]:
        if not accepted:
            return ()
        count = len(self.setting.mutants.states)
        what = (
            f"it says complete where the database was changed at random ({accepted[0]}), in"
            f" {len(accepted)} of {count} such states"
        )
        return (self._problem(what, _BE_STRICT, is_error=len(accepted) == count),)

    async def _tells(self, program: VerifierProgram) -> _Found:
        initial, mutants = self.setting.initial, self.setting.mutants
        found = await self._evidence(program, initial, initial)
        if isinstance(found, VerifierFault):
            return (self._fault(found, "nothing done"),), found.kind not in _USELESS
        if not mutants.states:
            return (), True
        first = await self._evidence(program, mutants.start, mutants.start)
        differs = False
        for mutant in mutants.states:
            told = await self._evidence(program, mutants.start, mutant.image)
            if isinstance(told, VerifierFault):
                return (self._fault(told, mutant.why),), True
            differs = differs or told != first
        if differs:
            return (), True
        return (self._problem(_MUTE, "look at the final database, at all of its tables"),), True

    async def _evidence(self, program: VerifierProgram, before: bytes, after: bytes) -> object:
        return await gather_evidence(
            self.pool, program, self._attempt(program, before, after, None)
        )

    def _attempt(
        self, program: VerifierProgram, before: bytes, after: bytes, answer: str | None
    ) -> Attempt:
        world = self.setting.world
        clock = world.clock.timestamp()
        return Attempt(world.name, program.task_idx, before, after, answer, clock)

    def _fault(self, fault: VerifierFault, when: str) -> Problem:
        what = f"it fails where it is run ({when}): {fault.kind}: {fault.what}"
        return self._problem(what, _there_is(fault.what, self.setting.schema) or fault.hint)

    def _problem(self, what: str, hint: str, *, is_error: bool = True) -> Problem:
        world = self.setting.world.name
        return Problem(world, self.where, what, hint, "error" if is_error else "warning")


def _there_is(fault: str, schema: Schema) -> str:
    """The names that exist where SQLite says that one does not; empty where it does not say so."""
    found = _MISSING.search(fault)
    if found is None:
        return ""
    if found["what"] == "table":
        return f"the tables are {', '.join(schema.tables)}"
    columns: dict[str, list[str]] = {}
    for table in schema:
        for column in table.columns:
            columns.setdefault(column.name, []).append(table.name)
    near = difflib.get_close_matches(found["name"], columns, _NEAREST, 0.5)
    places = [f"{table}.{name}" for name in near for table in columns[name]]
    return f"near that there are {', '.join(places[:_NEAREST])}" if places else ""
