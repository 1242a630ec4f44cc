"""Stage `proof`: agents try the tasks, what they did becomes oracles, and everything is attacked.

A task ends with the verdict that `awm audit` would give it, and a world with its grade. Tasks that
could not be proven stay where they are and are marked: whoever publishes decides about them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from awm.audit import TaskAudit, WorldAudit
from awm.audit.compiled import PARTS, verifier_row
from awm.audit.hints import Hints, hints_in_rows
from awm.audit.reads import reading_tools
from awm.audit.world_checks import WorldExamination, examine_world
from awm.errors import Problem, SnapshotError
from awm.runtime import Instance, Runtime
from awm.synthesis.llm_author.proving.attacking import Means, Proof, TaskAttack
from awm.synthesis.llm_author.proving.attempting import Attempted, Attempting
from awm.synthesis.llm_author.proving.oracles import OracleMaker
from awm.synthesis.llm_author.proving.setting import Setting, setting_of
from awm.synthesis.llm_author.proving.trials import TaskAgent
from awm.synthesis.llm_author.proving.verifiers import VerifierAuthor
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.together import together
from awm.types import JsonObject, ToolCall
from awm.worlds import World, WorldFile, check_world

__all__ = ["ProofStage"]

_KIND: Final = "model"
"""The sort of tasks that a model thought of; see `awm.synthesis.details`."""


_CALLS_PER_TOOL: Final = 12
"""Fewer than an audit makes: the tools were tried when they were written."""


class ProofStage:
    """Proves the tasks of a world, as far as they can be proven."""

    name: StageName = "proof"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Prove them; see `Stage`.

        Writes the tasks' row with `details` for each, the oracles, and the verifiers that are not
        what they were. Nothing where there is to be no proof.

        Raises:
            WorldError: The database cannot be built.
            LLMError: The model cannot be reached, or the budget is spent.
            InfrastructureError: The machinery failed.
        """
        if not bench.choices.proof:
            return Written({})
        setting = await setting_of(bench, draft)
        examined = await examine_world(
            bench.runtime, setting.world, seed=bench.choices.seed, calls_per_tool=_CALLS_PER_TOOL
        )
        if examined.ready is None:
            return _lifeless(setting, examined)
        async with await bench.runtime.launch(setting.world) as start:
            proofs = await _prove(_Work(bench, setting, start), examined)
        return _written(setting, examined, proofs)


@dataclass(frozen=True, slots=True)
class _Work:
    """A world that is being proven.

    Attributes:
        bench: With what.
        setting: The world.
        start: The world, live, at its start; it is copied and stays as it is.
    """

    bench: Bench
    setting: Setting
    start: Instance

    def author(self, task_idx: int) -> VerifierAuthor:
        """Whoever wrote the verifiers of a task."""
        llm = self.bench.desk.model("verifier", self.setting.world.name)
        return VerifierAuthor(self.bench, llm, self.setting, task_idx)


async def _prove(work: _Work, examined: WorldExamination) -> list[Proof]:
    bench, setting = work.bench, work.setting
    llm = bench.desk.model("proof", setting.world.name)
    agent = TaskAgent(llm, bench.runtime, setting, bench.choices, work.start)
    maker = OracleMaker(bench.runtime, setting)
    attempted = await together(
        Attempting(agent, llm, work.author(idx), maker).attempt()
        for idx in range(len(setting.draft.tasks))
    )
    means = await _means(bench.runtime, setting, examined, attempted)
    return await together(_attack(work, means, one) for one in attempted)


async def _attack(work: _Work, means: Means, attempted: Attempted) -> Proof:
    async with await work.start.fork() as instance:
        attack = TaskAttack(work.author(attempted.task_idx), means, instance, attempted)
        return await attack.carry_out()


async def _means(
    runtime: Runtime, setting: Setting, examined: WorldExamination, attempted: Sequence[Attempted]
) -> Means:
    """What `awm audit` would attack with, once the oracles are written down."""
    strays: list[ToolCall] = [*examined.changing]
    for one in attempted:
        strays += one.solved.oracle.solution.calls if one.solved else ()
    names = frozenset(tool.name for tool in setting.tools)
    reads = reading_tools(setting.world, names)
    return Means(await _hints(runtime, setting), strays, reads)


async def _hints(runtime: Runtime, setting: Setting) -> Hints:
    try:
        state = await runtime.examiner.compare(setting.world.name, b"", setting.initial)
    except SnapshotError:
        return {}  # there are more rows than can be told at once, and hints are only hints
    return hints_in_rows(state)


def _written(
    setting: Setting, examined: WorldExamination, proofs: Sequence[Proof]
) -> Written[Records]:
    records = _rows(setting, proofs)
    world = World.from_records(setting.draft.with_records(records).records)
    audit = _audited(setting, world, examined, [proof.audit for proof in proofs])
    details = [
        {
            "proof": proof.audit.verdict,
            "reason": proof.reason,
            "tries": proof.attempted.tries,
        }
        for proof in proofs
    ]
    left = [_left(setting, proof) for proof in proofs if proof.audit.verdict != "proven"]
    problems = sorted([*audit.errors, *left], key=lambda problem: problem.severity != "error")
    mended = [line for proof in proofs for line in proof.mended]
    row = _tasks_row(setting, details, audit)
    return Written(
        {WorldFile.TASKS: (row,), **records}, tuple(problems), 1 + len(mended), tuple(mended)
    )


def _rows(setting: Setting, proofs: Sequence[Proof]) -> dict[WorldFile, tuple[JsonObject, ...]]:
    rows: dict[WorldFile, list[JsonObject]] = {WorldFile.ORACLE: []}
    for proof in proofs:
        for mode, program in proof.programs.items():
            why = proof.compiled.get(mode)
            author = {"author": "model"} if why is None else {"author": "oracle", "why": why}
            row = {**verifier_row(setting.world.name, program), **author}
            rows.setdefault(PARTS[mode], []).append(row)
        if proof.attempted.oracle is not None:
            rows[WorldFile.ORACLE].append(proof.attempted.oracle)
    return {part: tuple(found) for part, found in rows.items()}


def _audited(
    setting: Setting, world: World, examined: WorldExamination, tasks: Sequence[TaskAudit]
) -> WorldAudit:
    """The world as `awm audit` would find it now."""
    # What is told from the rows alone is told anew; the rest was found out at some expense.
    told = set(check_world(setting.world))
    found = [problem for problem in examined.problems if problem not in told]
    return WorldAudit(
        world.name,
        world.scenario,
        world.description,
        alive=examined.ready is not None,
        problems=(*check_world(world), *found),
        faults=examined.faults,
        tasks=tuple(tasks),
    )


def _left(setting: Setting, proof: Proof) -> Problem:
    verdict, where = proof.audit.verdict, f"task {proof.attempted.task_idx}"
    what = f"it is {verdict}: {proof.reason}"
    wrong = verdict in ("unsound", "blocked")
    return Problem(setting.world.name, where, what, "", "error" if wrong else "warning")


def _tasks_row(
    setting: Setting, details: Sequence[dict[str, Any]], audit: WorldAudit
) -> JsonObject:
    """The tasks' row, with what was found out about each, and the world's grade."""
    row = setting.draft.row(WorldFile.TASKS)
    known = [*(row.get("details") or ()), *({} for _ in details)]
    merged = [{"kind": _KIND, **old, **found} for old, found in zip(known, details, strict=False)]
    verdicts = Counter(str(found["proof"]) for found in details)
    return {**row, "details": merged, "audit": {"grade": audit.grade, "tasks": dict(verdicts)}}


def _lifeless(setting: Setting, examined: WorldExamination) -> Written[Records]:
    """What is written of a world that cannot be played."""
    why = next(
        (problem.what for problem in examined.problems if problem.severity == "error"),
        "it does not come to life",
    )
    detail = {"proof": "unproven", "reason": f"the world does not come to life: {why}", "tries": 0}
    audit = _audited(setting, setting.world, examined, [])
    details = [detail for _ in setting.draft.tasks]
    row = _tasks_row(setting, details, audit)
    return Written({WorldFile.TASKS: (row,)}, audit.errors)
