"""Agents: whoever tries to solve a task by calling tools, turn by turn.

    episode = await act(llm, Assignment("shop", 3, "Pay order 7."), toolbox, brief)
    print(episode.trajectory.stop, episode.trajectory.final_answer)

An agent knows tools only: neither the world behind them nor what its attempt will be worth.
"""

from awm.agents.loop import Assignment, Brief, Episode, Terms, act
from awm.agents.moves import Move, move_schema, read_move
from awm.agents.telling import shortened, tools_told
from awm.agents.toolbox import Toolbox

__all__ = [
    "Assignment",
    "Brief",
    "Episode",
    "Move",
    "Terms",
    "Toolbox",
    "act",
    "move_schema",
    "read_move",
    "shortened",
    "tools_told",
]
