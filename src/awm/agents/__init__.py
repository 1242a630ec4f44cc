"""Agents: whoever tries to solve a task by calling tools, turn by turn.

    policy = ModelPolicy(llm, JsonFormat(), brief)
    acted = await act(policy, Assignment("shop", 3, "Pay order 7."), toolbox)
    print(acted.trajectory.stop, acted.trajectory.final_answer)

An agent knows tools only: neither the world behind them nor what its attempt will be worth.
"""

from awm.agents.assignment import Assignment, EpisodeLimits
from awm.agents.formats import CallFormat
from awm.agents.history import Window
from awm.agents.json_format import JsonFormat
from awm.agents.loop import Acted, Acting, Referee, act
from awm.agents.meta import META_TOOLS, MetaToolbox, listing
from awm.agents.model_policy import Brief, Manner, ModelPolicy
from awm.agents.moves import Move, move_schema, read_move
from awm.agents.policy import Actor, Heard, Policy, Said
from awm.agents.telling import shortened, tools_told
from awm.agents.toolbox import Toolbox

__all__ = [
    "META_TOOLS",
    "Acted",
    "Acting",
    "Actor",
    "Assignment",
    "Brief",
    "CallFormat",
    "EpisodeLimits",
    "Heard",
    "JsonFormat",
    "Manner",
    "MetaToolbox",
    "ModelPolicy",
    "Move",
    "Policy",
    "Referee",
    "Said",
    "Toolbox",
    "Window",
    "act",
    "listing",
    "move_schema",
    "read_move",
    "shortened",
    "tools_told",
]
