"""What rollouts of `verifiers` are paid, and what is counted in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import verifiers as vf

from awm.rollout.episode import Counts

__all__ = ["RECORD", "EpisodeRubric", "record_of"]

RECORD: Final = "awm"
"""Where the state of a rollout has the record of its episode, once that is over (`-C awm`)."""


def record_of(info: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered of an episode, as JSON.

    Args:
        info: Of its last step.
    """
    counts: Counts = info["counts"]
    return {
        "world": info["world"],
        "task_idx": info["task_idx"],
        "seed": info["seed"],
        "stop": info["stop"],
        "outcome": info["outcome"],
        "reason": info["reason"],
        "reward": info["reward"].to_json(),
        "calls": counts.calls,
        "failed_calls": counts.failed,
        "invalid_calls": counts.invalid,
    }


class EpisodeRubric(vf.Rubric):  # type: ignore[misc]  # verifiers tells no types
    """Pays rollouts what their episodes were worth.

    `verifiers` has a number for every rollout. One that nobody could score has its error, the
    metric `unscored`, and 0.0 for the number: it takes no part in the means and advantages of its
    group, and whoever takes means over groups divides by the share that was scored.
    """

    def __init__(self) -> None:
        counted = ("calls", "failed_calls", "invalid_calls")
        super().__init__(funcs=[paid], weights=[1.0])
        for metric in (success, unscored, *map(_counted, counted)):
            self.add_metric(metric)

    async def score_group(self, states: Sequence[vf.State]) -> None:
        """Score rollouts of one task, comparing those that can be scored only."""
        scored = [state for state in states if not unscored(state)]
        if scored:
            await super().score_group(scored)
        for state in states:
            if unscored(state):
                await self.score_rollout(state)
                _take_out(state)


def paid(state: vf.State) -> float:
    """The reward of the episode."""
    return 0.0 if unscored(state) else float(state[RECORD]["reward"]["total"])


def success(state: vf.State) -> float:
    """Whether the task was done."""
    return float(not unscored(state) and state[RECORD]["outcome"] == "complete")


def unscored(state: vf.State) -> float:
    """Whether nobody can say what the episode was worth."""
    record = state.get(RECORD)
    known = record is not None and record["reward"]["total"] is not None
    return float(not known or state.get("error") is not None)


def _counted(name: str) -> Callable[[vf.State], float]:
    """A metric that is in the record under a name."""

    def metric(state: vf.State) -> float:
        return float((state.get(RECORD) or {}).get(name, 0))

    metric.__name__ = name  # what it is reported as
    return metric


def _take_out(state: vf.State) -> None:
    """Have a rollout push a model in no direction."""
    state["advantage"] = 0.0
    for step in state["trajectory"]:
        step["advantage"] = 0.0
        step["reward"] = 0.0
