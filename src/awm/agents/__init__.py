"""Agents: whoever tries to solve a task by calling tools, turn by turn.

    policy = model_policy(llm, "awm", Manner(temperature=0.6))
    acted = await act(policy, Assignment("shop", 3, "Pay order 7."), MetaToolbox(toolbox))
    print(acted.trajectory.stop, acted.trajectory.final_answer)

An agent knows tools only: neither the world behind them nor what its attempt will be worth.
"""

from awm.agents.assignment import Assignment, EpisodeLimits
from awm.agents.awm_format import AwmFormat
from awm.agents.briefs import Brief, DefaultBrief, brief_for
from awm.agents.formats import CallFormat
from awm.agents.history import Window, listing_place
from awm.agents.json_format import JsonFormat
from awm.agents.loop import Acted, Acting, Referee, act
from awm.agents.mcp_toolbox import McpToolbox
from awm.agents.meta import META_TOOLS, MetaToolbox, listing
from awm.agents.model_policy import FORMATS, Manner, ModelPolicy, format_named, model_policy
from awm.agents.moves import Move, move_schema, read_move
from awm.agents.native_format import NativeFormat
from awm.agents.policy import Actor, Heard, Policy, Said
from awm.agents.random_policy import RandomPolicy
from awm.agents.scripted_policy import ScriptedPolicy
from awm.agents.telling import shortened, tools_told
from awm.agents.toolbox import CallRefusedError, Toolbox
from awm.agents.written import call_text

__all__ = [
    "FORMATS",
    "META_TOOLS",
    "Acted",
    "Acting",
    "Actor",
    "Assignment",
    "AwmFormat",
    "Brief",
    "CallFormat",
    "CallRefusedError",
    "DefaultBrief",
    "EpisodeLimits",
    "Heard",
    "JsonFormat",
    "Manner",
    "McpToolbox",
    "MetaToolbox",
    "ModelPolicy",
    "Move",
    "NativeFormat",
    "Policy",
    "RandomPolicy",
    "Referee",
    "Said",
    "ScriptedPolicy",
    "Toolbox",
    "Window",
    "act",
    "brief_for",
    "call_text",
    "format_named",
    "listing",
    "listing_place",
    "model_policy",
    "move_schema",
    "read_move",
    "shortened",
    "tools_told",
]
