"""Verifier programs: run on an attempt, they give a verdict, or evidence for a judge."""

from dataclasses import dataclass
from typing import Final

from awm.runtime import Instance, ProgramFault, ProgramRun, VerifierPool
from awm.types import JsonObject
from awm.verify.verdict import Verdict, VerifierFault
from awm.worlds import VerifierProgram, World

__all__ = ["Attempt", "attempt_in", "gather_evidence", "run_verifier"]

_HINTS: Final[dict[ProgramFault, str]] = {
    "bad_database": "the run that wrote it may have been cut off; run the task again",
    "crash": "a verifier returns its result and leaves its process alone",
    "forbidden": "a verifier may read the two databases and nothing else",
    "memory": "select what is compared rather than whole tables",
    "missing_import": "verifiers have the standard library",
    "no_function": "name the function verify_task_completion (code) or verify_task (sql)",
    "raised": "mend the program; `awm audit` names every task whose verifier fails",
    "syntax": "mend the program",
    "timeout": "mend the loop or the query",
    "too_large": "return what tells the states apart rather than the states",
    "wrong_type": 'return {"result": "complete"} or {"result": "others"} (code), evidence (sql)',
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is graded.

    Attributes:
        world: The world's normalised name.
        task_idx: The task's number.
        initial: The database before, as SQLite writes it to a file.
        final: The database after.
        answer: What the agent said in the end; None where it said nothing.
        clock: The time that the program sees, seconds since the epoch.
    """

    world: str
    task_idx: int
    initial: bytes
    final: bytes
    answer: str | None
    clock: float


async def attempt_in(
    instance: Instance, world: World, task_idx: int, answer: str | None = None
) -> Attempt:
    """What was done in an instance since its start, to be graded.

    Args:
        instance: Where somebody acted.
        world: Its world.
        task_idx: The task that was attempted.
        answer: What was said in the end.

    Raises:
        InstanceClosedError: The instance was closed.
    """
    return Attempt(
        world=world.name,
        task_idx=task_idx,
        initial=instance.world.template,
        final=await instance.database_image(),
        answer=answer,
        clock=world.clock.timestamp(),
    )


async def run_verifier(pool: VerifierPool, program: VerifierProgram, attempt: Attempt) -> Verdict:
    """Have a program of mode `code` decide on an attempt.

    Returns:
        `complete` where the program says so; `agent_error` where it says `others`; no outcome and
        an error where it says neither.

    Raises:
        InfrastructureError: Programs cannot be run at all.
    """
    found = await _run(pool, program, attempt)
    if isinstance(found, VerifierFault):
        return Verdict.failed("code", found)
    accepted = found["result"] == "complete"
    return Verdict(
        world=attempt.world,
        task_idx=attempt.task_idx,
        mode="code",
        outcome="complete" if accepted else "agent_error",
        reason="the verifier " + ("accepts the end state" if accepted else "does not accept it"),
        evidence=found,
    )


async def gather_evidence(
    pool: VerifierPool, program: VerifierProgram, attempt: Attempt
) -> JsonObject | VerifierFault:
    """Have a program of mode `sql` look at an attempt.

    Returns:
        What it returned, for a judge; or why it returned nothing.

    Raises:
        InfrastructureError: Programs cannot be run at all.
    """
    found = await _run(pool, program, attempt)
    if isinstance(found, VerifierFault) or found.get("execution_status") != "error":
        return found
    # Published programs catch what goes wrong in them, and report it in these words.
    what = str(found.get("error_message") or "it says that it failed")
    return VerifierFault("raised", attempt.world, attempt.task_idx, what, _HINTS["raised"])


async def _run(
    pool: VerifierPool, program: VerifierProgram, attempt: Attempt
) -> JsonObject | VerifierFault:
    report = await pool.run(
        ProgramRun(
            world=attempt.world,
            mode=program.mode,
            code=program.code,
            initial=attempt.initial,
            final=attempt.final,
            answer=attempt.answer,
            clock=attempt.clock,
        )
    )
    if report.result is not None:
        return report.result
    kind = report.fault or "crash"
    return VerifierFault(kind, attempt.world, attempt.task_idx, report.what, _HINTS[kind])
