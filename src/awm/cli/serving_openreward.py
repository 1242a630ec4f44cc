"""What `awm serve openreward` serves."""

from awm.cli.serving import Door, Opened
from awm.serve.counters import Counters
from awm.serve.lodging import Lodging
from awm.serve.openreward import REWARDS, OpenRewardTerms, application

__all__ = ["door"]


def door(reward: str, idle_seconds: float, most_sessions: int) -> Door:
    """Worlds as an environment of OpenReward's.

    Args:
        reward: One of `REWARDS`.
        idle_seconds: After how long without a request a session ends.
        most_sessions: How many may be open at a time.
    """
    terms = OpenRewardTerms(REWARDS[reward], sessions=most_sessions, idle_seconds=idle_seconds)

    def make(lodging: Lodging, counters: Counters) -> Opened:
        app = application(lodging, terms)
        counters.sessions(lambda: len(app.state.sessions))
        return Opened(app)

    return Door("OpenReward", "", make, (("Rewards", reward),))
