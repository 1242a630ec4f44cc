"""Worlds as an environment of OpenReward's, over the Open Reward Standard (ORS).

The protocol is spoken here and not by the packages that define it: their servers keep sessions
that nobody ends, and results in one place for all clients.
"""

from awm.serve.openreward.application import application
from awm.serve.openreward.terms import REWARDS, OpenRewardTerms

__all__ = ["REWARDS", "OpenRewardTerms", "application"]
