"""Grading a run: the verifier program of its task, and the judge where the program only gathers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from awm.runtime import VerifierPool
from awm.trajectory import Trajectory, transcript_of
from awm.types import JsonObject
from awm.verify.judge import Judge
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.reliability import Reliability, reliability
from awm.verify.rewards import SCHEMES
from awm.verify.run_dir import Run
from awm.verify.verdict import Verdict, VerifierFault
from awm.worlds import VerifierProgram, normalise

__all__ = ["Grading", "grade_attempt", "grade_run", "grading_json"]


@dataclass(frozen=True, slots=True)
class Grading:
    """What a run was found to be worth.

    Attributes:
        run: The run.
        program: The verifier program that looked at it.
        verdicts: The verdict; several where the run was graded repeatedly.
    """

    run: Run
    program: VerifierProgram
    verdicts: tuple[Verdict, ...]

    @property
    def verdict(self) -> Verdict:
        """The first verdict."""
        return self.verdicts[0]

    @property
    def reliability(self) -> Reliability:
        """How well repeated verdicts agree."""
        return reliability(self.verdicts)


async def grade_run(
    run: Run,
    program: VerifierProgram,
    pool: VerifierPool,
    *,
    clock: float,
    judge: Judge | None = None,
    repeat: int = 1,
) -> Grading:
    """Grade a run.

    Args:
        run: What the agent left behind.
        program: The verifier of the run's task.
        pool: Where it runs.
        clock: The time that the program sees, seconds since the epoch.
        judge: Who weighs the evidence of a program of mode `sql`.
        repeat: How often it is graded: with `sql` the judge is asked so often about the same
            evidence, with `code` the program is run so often.

    Returns:
        So many verdicts. What keeps a run from being graded is in them and not raised.

    Raises:
        TrajectoryError: A database cannot be read.
        InfrastructureError: Programs cannot be run at all.
    """
    attempt = Attempt(
        world=normalise(run.trajectory.world),
        task_idx=run.trajectory.task_idx,
        initial=run.read_initial(),
        final=run.read_final(),
        answer=run.trajectory.final_answer or "",  # what published programs are given for none
        clock=clock,
    )
    verdicts = await grade_attempt(
        attempt, run.trajectory, program, pool, judge=judge, repeat=repeat
    )
    return Grading(run, program, verdicts)


async def grade_attempt(
    attempt: Attempt,
    trajectory: Trajectory,
    program: VerifierProgram,
    pool: VerifierPool,
    *,
    judge: Judge | None = None,
    repeat: int = 1,
) -> tuple[Verdict, ...]:
    """Grade an attempt so many times; what keeps it from being graded is in the verdicts.

    Args:
        attempt: What is left of it.
        trajectory: What was said and done.
        program: The verifier of the task.
        pool: Where it runs.
        judge: Who weighs the evidence of a program of mode `sql`.
        repeat: See `grade_run`.

    Raises:
        InfrastructureError: Programs cannot be run at all.
        LLMError: The judge cannot be reached.
    """
    if program.mode == "code":
        return tuple([await run_verifier(pool, program, attempt) for _ in range(repeat)])
    evidence = await gather_evidence(pool, program, attempt)
    if isinstance(evidence, VerifierFault):
        return (Verdict.failed("sql", evidence),) * repeat
    if judge is None:
        what = "there is no judge to weigh the evidence"
        fault = VerifierFault("judge_error", attempt.world, attempt.task_idx, what)
        return (Verdict.failed("sql", fault),) * repeat
    task = trajectory.task or program.task
    transcript, answer = transcript_of(trajectory), trajectory.final_answer
    return tuple(
        [
            await judge.judge(attempt.world, attempt.task_idx, task, transcript, answer, evidence)
            for _ in range(repeat)
        ]
    )


def grading_json(grading: Grading) -> dict[str, Any]:
    """What is written to `verify.<mode>.json`.

    The published tool's keys come first: `scenario`, `task_id`, `task`, `mode`, `reward_type`,
    `verify_result` and, with a judge, `llm_judge`. Ours follow: `verdict`, `rewards` under the
    named schemes, and `reliability` where the run was graded more than once.
    """
    run, verdict = grading.run, grading.verdict
    document: dict[str, Any] = {
        "scenario": run.trajectory.world,
        "task_id": run.trajectory.task_idx,
        "task": run.trajectory.task or grading.program.task,
        "mode": verdict.mode,
        "reward_type": _reward_type(verdict),
        "verify_result": _verify_result(verdict),
    }
    if verdict.mode == "sql" and verdict.votes:
        document["llm_judge"] = {
            "classification": verdict.outcome or "judge_error",
            "judge_result": _judge_result(verdict),
        }
    document["verdict"] = verdict_json(verdict)
    document["rewards"] = {
        name: scheme.reward(verdict).to_json() for name, scheme in SCHEMES.items()
    }
    if len(grading.verdicts) > 1:
        document["reliability"] = asdict(grading.reliability)
        document["repeats"] = [verdict_json(one) for one in grading.verdicts]
    return document


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON; its evidence is in `verify_result`."""
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "cited": list(verdict.cited),
        "error": None if verdict.error is None else asdict(verdict.error),
        "votes": [dict(vote) for vote in verdict.votes],
    }


def _reward_type(verdict: Verdict) -> str:
    """The verdict in the published tool's words: `others` is what a program does not accept."""
    if verdict.outcome is None:
        return "judge_error"
    if verdict.mode == "code":
        return "complete" if verdict.outcome == "complete" else "others"
    return verdict.outcome


def _verify_result(verdict: Verdict) -> JsonObject:
    """What the program said, as the published tool words it."""
    if verdict.error is not None and verdict.error.kind != "judge_error":
        failed: Mapping[str, Any] = {
            "execution_status": "error",
            "error_message": verdict.error.what,
            "error_kind": verdict.error.kind,
        }
        return {"result": "others", **failed} if verdict.mode == "code" else failed
    if verdict.mode == "sql":
        return verdict.evidence
    return {
        "result": verdict.evidence["result"],
        "execution_status": "success",
        "raw_result": verdict.evidence,
    }


def _judge_result(verdict: Verdict) -> JsonObject:
    if verdict.outcome is None:
        return {"error": verdict.reason}
    return {
        "reasoning": verdict.reason,
        "classification": verdict.outcome,
        "evidence": list(verdict.cited),
    }
