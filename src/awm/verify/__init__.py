"""What it was worth: state diffs, verifier programs, the judge, rewards.

    from awm.verify import PAPER, attempt_in, run_verifier

    async with awm.VerifierPool() as pool:
        attempt = await attempt_in(instance, world, task_idx, answer)
        verdict = await run_verifier(pool, world.verifier(task_idx), attempt)
        print(verdict.outcome, PAPER.reward(verdict).total)

Nothing here drives an agent or changes a world: it reads the record, and the two states.
"""

from awm.verify.canonical import effects_of
from awm.verify.comparison import Comparison, compare, same_end_state
from awm.verify.compiling import compile_verifier
from awm.verify.diff_text import diff_json, diff_lines
from awm.verify.effects import Added, Changed, Effects, Ref, Removed, Stamp
from awm.verify.expected import Expectation, ExpectedOutcome
from awm.verify.facts import Fact, extract_facts, missing_facts
from awm.verify.grading import Grading, grade_attempt, grade_run, grading_json
from awm.verify.judge import Judge
from awm.verify.milestones import Milestone, Minefield, milestones_of, minefields_of
from awm.verify.programs import Attempt, attempt_in, gather_evidence, run_verifier
from awm.verify.reliability import Reliability, reliability
from awm.verify.replay import Replay, Step, play, start_of
from awm.verify.rewards import BINARY, OPENENV, PAPER, Reward, RewardScheme, custom, per_turn
from awm.verify.rules import FormatRules, FormatWatch, Violation, check_trajectory
from awm.verify.run_dir import Run, open_run
from awm.verify.shaping import Shaping, ShapingWeights, shape
from awm.verify.solving import Solved, solve, trail
from awm.verify.verdict import FaultKind, Verdict, VerifierFault, VerifierMode
from awm.verify.volatile import volatile_by_replay, volatile_by_schema

__all__ = [
    "BINARY",
    "OPENENV",
    "PAPER",
    "Added",
    "Attempt",
    "Changed",
    "Comparison",
    "Effects",
    "Expectation",
    "ExpectedOutcome",
    "Fact",
    "FaultKind",
    "FormatRules",
    "FormatWatch",
    "Grading",
    "Judge",
    "Milestone",
    "Minefield",
    "Ref",
    "Reliability",
    "Removed",
    "Replay",
    "Reward",
    "RewardScheme",
    "Run",
    "Shaping",
    "ShapingWeights",
    "Solved",
    "Stamp",
    "Step",
    "Verdict",
    "VerifierFault",
    "VerifierMode",
    "Violation",
    "attempt_in",
    "check_trajectory",
    "compare",
    "compile_verifier",
    "custom",
    "diff_json",
    "diff_lines",
    "effects_of",
    "extract_facts",
    "gather_evidence",
    "grade_attempt",
    "grade_run",
    "grading_json",
    "milestones_of",
    "minefields_of",
    "missing_facts",
    "open_run",
    "per_turn",
    "play",
    "reliability",
    "run_verifier",
    "same_end_state",
    "shape",
    "solve",
    "start_of",
    "trail",
    "volatile_by_replay",
    "volatile_by_schema",
]
