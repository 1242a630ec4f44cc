"""Episodes and evaluations made on the spot, for tests of what is said about them."""

from awm.llm import Usage
from awm.rollout.episode import Counts, Episode
from awm.rollout.evaluation import Evaluation
from awm.rollout.job import Job
from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult
from awm.verify import PAPER, Reward, Verdict

BROKEN = Reward((), unscored="the worker died")


def called(tool, arguments=None, answered="{}", *, status=200, said=""):
    """A turn in which a tool of the world was called through `call_tool`."""
    given = {"tool_name": tool, "arguments": arguments or {}}
    result = ToolResult(answered, is_error=status >= 400, status=status)
    return Turn("assistant", said, (WrittenCall("call_tool", given),), (result,))


def turned_back(tool, why="`arguments` has to be an object, or JSON text of one."):
    """A turn in which a tool was called in a way that never got to the world."""
    given = {"tool_name": tool, "arguments": "id=7"}
    result = ToolResult(f"Error: {why}", is_error=True)
    return Turn("assistant", "", (WrittenCall("call_tool", given),), (result,))


def listed(answered="2 tools: ..."):
    """A turn in which the tools were listed."""
    return Turn("assistant", "", (WrittenCall("list_tools", {}),), (ToolResult(answered),))


def episode(world="shop", task_idx=0, rollout=0, outcome="complete", turns=(), **parts):
    """An episode with an answer, whose counts are those of its turns."""
    answer = parts.pop("answer", "Done.")
    said = (*turns, Turn("assistant", answer))
    task = parts.pop("task", "Pay order 7.")
    run = Trajectory(world, task_idx, task, said, answer, parts.pop("stop", "answered"))
    results = [result for turn in turns for result in turn.results if result.status is not None]
    verdict = Verdict(world, task_idx, "code", outcome, parts.get("reason", ""))
    made = {
        "counts": Counts(len(said), len(results), sum(one.is_error for one in results)),
        "usage": Usage(100, 10),
        "reason": "",
        "reward": BROKEN if outcome == "infrastructure_error" else PAPER.reward(verdict),
        **parts,
    }
    job = Job(world, task_idx, rollout)
    return Episode(job, 1, "model", run, outcome, verdict=verdict, **made)


def attempts(world, task_idx, outcomes):
    """Episodes of one task, one for each letter: c complete, a agent_error, i infrastructure."""
    named = {"c": "complete", "a": "agent_error", "i": "infrastructure_error"}
    return [
        episode(world, task_idx, rollout, named[letter]) for rollout, letter in enumerate(outcomes)
    ]


def evaluation(episodes, folder="runs/a", facts=None, **order):
    """An evaluation of episodes in worlds that did not change."""
    worlds = {one.job.world: "0" for one in episodes}
    written = {"worlds": worlds, "grading": {"mode": "auto"}, "conditions": {}, **order}
    return Evaluation(folder, written, tuple(episodes), {}, facts or {})
