"""Gives the tasks of a world the verifiers that can be compiled from their oracles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from awm.audit.cases import Ground
from awm.audit.drafting import Draft, Edit
from awm.audit.fixes import Change
from awm.audit.hints import hints_in_rows
from awm.audit.model import TaskAudit, WorldAudit
from awm.audit.probing import probe_tools
from awm.audit.proving import Prover
from awm.audit.running import Effort
from awm.errors import OracleError, Problem, SnapshotError, WorldError
from awm.runtime import Instance, Runtime, VerifierPool
from awm.verify.compiling import compile_verifier
from awm.verify.solving import Solved, solve
from awm.verify.verdict import VerifierMode
from awm.worlds import World, WorldFile
from awm.worlds.excerpts import excerpt

__all__ = ["Mender", "is_there"]

_PARTS: Final[Mapping[VerifierMode, WorldFile]] = {
    "code": WorldFile.VERIFIER_CODE,
    "sql": WorldFile.VERIFIER_SQL,
}


def is_there(world: World, task_idx: int) -> bool:
    """Whether a world has a task of that number, as far as it tells."""
    return not world.tasks or task_idx < len(world.tasks)


class Mender:
    """Mends the verifiers and the oracles of one world.

    Args:
        draft: Where the rows are written.
        found: What the audit found out about the world.
        runtime: Where it is brought to life.
        pool: Where its verifiers run.
        effort: How thoroughly compiled verifiers are tried.

    Attributes:
        problems: What could not be mended although an oracle works.
    """

    def __init__(
        self, draft: Draft, found: WorldAudit, runtime: Runtime, pool: VerifierPool, effort: Effort
    ) -> None:
        self.problems: list[Problem] = []
        self._draft = draft
        self._world = draft.world()
        self._runtime = runtime
        self._pool = pool
        self._effort = effort
        self._jobs = [
            task
            for task in found.tasks
            if task.state_hash is not None
            and is_there(self._world, task.task_idx)
            and (_wanted(task) or self._lacks_hash(task))
        ]

    async def mend(self) -> None:
        """Write what is proven into the draft.

        Raises:
            InfrastructureError: The machinery failed.
        """
        if not self._jobs:
            return
        try:
            async with await self._runtime.launch(self._world) as instance:
                ground = await self._ground(instance)
                for task in self._jobs:
                    await self._mend_task(task, ground)
        except (SnapshotError, WorldError) as error:
            # It came to life for the audit: something that it does is not the same every time.
            self.problems.append(Problem(self._world.name, "", error.message, error.hint))

    async def _ground(self, instance: Instance) -> Ground:
        world, ready, examiner = self._world, instance.world, self._runtime.examiner
        schema = await examiner.describe(world.name, ready.template)
        rows = await examiner.compare(world.name, b"", ready.template)
        strays = [call for oracle in world.oracles.values() for call in oracle.solution.calls]
        if any(map(_wanted, self._jobs)):
            report = await probe_tools(
                self._runtime,
                world,
                ready,
                seed=self._effort.seed,
                calls_per_tool=self._effort.calls_per_tool,
            )
            strays = [*report.changing, *strays]
        return Ground(world, instance, schema, hints_in_rows(rows), strays)

    async def _mend_task(self, task: TaskAudit, ground: Ground) -> None:
        oracle = self._world.oracles[task.task_idx]
        try:
            solved = await solve(self._runtime, ground.instance, ground.schema, oracle)
            self._draft.apply(self._hashed(task, solved))
            compiled = [self._compiled(task, mode, solved) for mode in _wanted(task)]
        except OracleError as error:
            where = f"{WorldFile.ORACLE}: task {task.task_idx}"
            self.problems.append(Problem(self._world.name, where, error.message, error.hint))
            return
        if compiled:
            await self._prove(task, compiled, ground)

    async def _prove(self, task: TaskAudit, compiled: list[Edit], ground: Ground) -> None:
        """Keep compiled verifiers if they are proven."""
        candidate = self._draft.world(compiled)
        ground = replace(ground, world=candidate)
        prover = Prover(self._runtime, self._pool, ground, self._effort.seed)
        proof = await prover.prove(task.task_idx)
        if proof.verdict == "proven":
            self._draft.apply(compiled)
        else:
            what = f"a verifier compiled from its oracle is {proof.verdict}: {proof.reason}"
            hint = "mend the verifier by hand, or the oracle; what was there is kept"
            where = f"task {task.task_idx}"
            self.problems.append(Problem(self._world.name, where, what, hint))

    def _hashed(self, task: TaskAudit, solved: Solved) -> list[Edit]:
        """The oracle's row with the state that it reaches, where it lacks that.

        Raises:
            OracleError: It reached another one when it was audited.
        """
        if solved.state_hash != task.state_hash:
            what = f"the oracle of task {task.task_idx} reaches another state each time."
            raise OracleError(self._world.name, what, "Make its tools deterministic.")
        place = self._draft.counting(WorldFile.ORACLE, task.task_idx)
        if place is None or not self._lacks_hash(task):
            return []
        row = {**self._draft.row(WorldFile.ORACLE, place), "state_hash": task.state_hash}
        where = f"{WorldFile.ORACLE}: task {task.task_idx}"
        change = Change(where, "records the state that it reaches, as `state_hash`")
        return [Edit(WorldFile.ORACLE, place, row, change)]

    def _compiled(self, task: TaskAudit, mode: VerifierMode, solved: Solved) -> Edit:
        """The row of a compiled verifier.

        Raises:
            OracleError: None can be compiled.
        """
        part, index = _PARTS[mode], task.task_idx
        place = self._draft.counting(part, index)
        old: Mapping[str, Any] = {} if place is None else self._draft.row(part, place)
        program = compile_verifier(
            mode,
            self._world.name,
            index,
            self._world.sentence(index),
            solved.expectation,
            solved.schema,
        )
        # What a model once said about the old program is not true of this one.
        further = {**old.get("verification", {})}
        further.pop("raw_response", None)
        row = {
            "scenario": self._world.name,
            **old,
            "task_idx": index,
            "task": program.task,
            "verification": {**further, "code": program.code},
        }
        return Edit(part, place, row, Change(f"{part}: task {index}", _why(task, mode, place)))

    def _lacks_hash(self, task: TaskAudit) -> bool:
        return self._world.oracles[task.task_idx].state_hash is None


def _unsound(task: TaskAudit) -> dict[VerifierMode, str]:
    """What the first counterexample to each of a task's verifiers shows."""
    found: dict[VerifierMode, str] = {}
    for counterexample in task.counterexamples:
        found.setdefault(counterexample.mode, counterexample.what)
    return found


def _wanted(task: TaskAudit) -> list[VerifierMode]:
    """The modes of the verifiers that a task lacks or that are unsound."""
    unsound = _unsound(task)
    return [mode for mode in _PARTS if mode not in task.modes or mode in unsound]


def _why(task: TaskAudit, mode: VerifierMode, place: int | None) -> str:
    if place is None:
        return "has a verifier now, compiled from the oracle and proven; there was none"
    fault = excerpt(_unsound(task)[mode], 300)
    return f"has a verifier compiled from the oracle and proven; the old one was unsound: {fault}"
