"""Rollouts: one task becomes one scored episode, many at once.

async with awm.Runtime() as runtime, awm.VerifierPool() as pool:
    player = Player(runtime, Grader(pool), Conditions())
    played = await player.play(world, Job("shop", 3), policy)
    print(played.episode.outcome, played.episode.reward.total)
"""

from awm.rollout.episode import Counts, Episode
from awm.rollout.grading import Grader, GradingMode
from awm.rollout.job import Job, seed_of
from awm.rollout.playing import Conditions, Played, Player
from awm.rollout.records import episode_from, episode_json
from awm.rollout.toolboxes import InstanceToolbox

__all__ = [
    "Conditions",
    "Counts",
    "Episode",
    "Grader",
    "GradingMode",
    "InstanceToolbox",
    "Job",
    "Played",
    "Player",
    "episode_from",
    "episode_json",
    "seed_of",
]
