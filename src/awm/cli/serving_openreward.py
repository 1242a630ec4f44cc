"""What `awm serve openreward` serves."""

from awm.cli.judging import Judging
from awm.cli.serving import Door, Opened
from awm.serve.counters import Counters
from awm.serve.lodging import Lodging
from awm.serve.openreward import REWARDS, OpenRewardTerms, application

__all__ = ["door"]


def door(terms: OpenRewardTerms, judging: Judging) -> Door:
    """Worlds as an environment of OpenReward's.

    Args:
        terms: What is offered, and within which limits.
        judging: How attempts are graded.
    """

    def make(lodging: Lodging, counters: Counters) -> Opened:
        app = application(lodging, terms)
        counters.sessions(lambda: len(app.state.sessions))
        return Opened(app)

    (reward,) = (name for name, scheme in REWARDS.items() if scheme is terms.scheme)
    return Door("OpenReward", "", make, (("Rewards", reward),), judging)
