"""Episodes as JSON and back: the form of a line of `episodes.jsonl`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from awm.llm import Usage
from awm.rollout.episode import Counts, Episode
from awm.rollout.job import Job
from awm.rollout.progress import Progress
from awm.trajectory import parse_trajectory, trajectory_json
from awm.types import JsonObject
from awm.verify import Reward, Verdict, VerifierFault, Violation
from awm.verify.components import Component

__all__ = ["VERSION", "episode_from", "episode_json"]

VERSION: Final = 1
"""The version of the form that is written."""


def episode_json(episode: Episode) -> dict[str, Any]:
    """An episode as a JSON object; equal episodes give equal objects, however long they took."""
    told = trajectory_json(episode.trajectory)
    del told["messages"]  # the same turns once more, for readers of the published layout,
    for turn in told["trajectory"]:
        del turn["tool_response"]  # and the results once more
    return {
        "version": VERSION,
        **episode.job.to_json(),
        "seed": episode.seed,
        "policy": episode.policy,
        "outcome": episode.outcome,
        "stop": episode.trajectory.stop,
        "reason": episode.reason,
        "reward": episode.reward.to_json(),
        "verdict": None if episode.verdict is None else asdict(episode.verdict),
        "violation": None if episode.violation is None else asdict(episode.violation),
        "progress": None if episode.progress is None else asdict(episode.progress),
        "counts": asdict(episode.counts),
        "usage": asdict(episode.usage),
        "trajectory": told,
    }


def episode_from(written: JsonObject, source: str) -> Episode:
    """Read what `episode_json` wrote.

    Args:
        written: The object.
        source: Where it stands, for messages.

    Raises:
        TrajectoryError: Its trajectory cannot be read.
        KeyError, TypeError, ValueError: It is something else.
    """
    return Episode(
        job=Job.from_json(written),
        seed=written["seed"],
        policy=written["policy"],
        trajectory=parse_trajectory(written["trajectory"], source),
        outcome=written["outcome"],
        reason=written["reason"],
        reward=_reward(written["reward"]),
        verdict=_verdict(written["verdict"]),
        violation=None if written["violation"] is None else Violation(**written["violation"]),
        progress=_progress(written.get("progress")),  # those of old have none
        counts=Counts(**written["counts"]),
        usage=Usage(**written["usage"]),
    )


def _reward(written: Mapping[str, Any]) -> Reward:
    components = tuple(Component(**part) for part in written["components"])
    return Reward(components, written["unscored"] or "")


def _progress(written: Mapping[str, Any] | None) -> Progress | None:
    return None if written is None else Progress(**{key: tuple(written[key]) for key in written})


def _verdict(written: Mapping[str, Any] | None) -> Verdict | None:
    if written is None:
        return None
    error = None if written["error"] is None else VerifierFault(**written["error"])
    told = {**written, "error": error}
    return Verdict(**{**told, "cited": tuple(told["cited"]), "votes": tuple(told["votes"])})
