"""Grading an attempt that was just made: the task's verifier program, and the judge."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from awm.runtime import VerifierPool
from awm.trajectory import Trajectory
from awm.verify import Attempt, Judge, Verdict, VerifierFault, grade_attempt
from awm.worlds import VerifierProgram, World

__all__ = ["Grader", "GradingMode"]

GradingMode: TypeAlias = Literal["auto", "code", "sql"]
"""`auto` is `code` where the task has such a program, and `sql` with the judge where not."""


@dataclass(frozen=True, slots=True)
class Grader:
    """Says what attempts are worth.

    Attributes:
        pool: Where verifier programs run.
        judge: Who weighs the evidence of programs of mode `sql`; None where there is nobody.
        mode: Which programs are asked.
    """

    pool: VerifierPool
    judge: Judge | None = None
    mode: GradingMode = "auto"

    async def grade(self, world: World, attempt: Attempt, trajectory: Trajectory) -> Verdict:
        """Grade an attempt. What keeps it from being graded is in the verdict and not raised.

        Args:
            world: Where it was made.
            attempt: What is left of it.
            trajectory: What was said and done.

        Raises:
            InfrastructureError: Programs cannot be run at all.
            LLMError: The judge cannot be reached.
        """
        program = self._program(world, attempt.task_idx)
        if program is None:
            wanted = "" if self.mode == "auto" else f" of mode {self.mode}"
            return _ungraded(world, attempt.task_idx, f"the task has no verifier{wanted}")
        if program.mode == "sql" and self.judge is None:
            return _ungraded(world, attempt.task_idx, "there is no judge to weigh the evidence")
        (verdict,) = await grade_attempt(attempt, trajectory, program, self.pool, judge=self.judge)
        return verdict

    def _program(self, world: World, task_idx: int) -> VerifierProgram | None:
        if self.mode != "auto":
            return world.verifier(task_idx, self.mode)
        return world.verifier(task_idx, "code") or world.verifier(task_idx, "sql")


def _ungraded(world: World, task_idx: int, what: str) -> Verdict:
    fault = VerifierFault("judge_error", world.name, task_idx, what)
    return Verdict.failed("sql", fault)
