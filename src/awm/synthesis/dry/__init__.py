"""Worlds in plain Python: a blueprint carried out on rows in memory, without code or database.

Microseconds an action, so that pasts can be played and tasks can be searched for. What comes of it
is always carried out again by the world's own code; the two have to agree.
"""

from awm.synthesis.dry.books import Books, Row, entity_of, held, money
from awm.synthesis.dry.carrying import Refusal, perform, revise
from awm.synthesis.dry.drawing import Drawer
from awm.synthesis.dry.history import History, play_history

__all__ = [
    "Books",
    "Drawer",
    "History",
    "Refusal",
    "Row",
    "entity_of",
    "held",
    "money",
    "perform",
    "play_history",
    "revise",
]
