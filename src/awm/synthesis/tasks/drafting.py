"""Making up a task of a given sort."""

from collections.abc import Callable, Mapping
from typing import Final

from awm.synthesis.tasks.clerk import Unfindable
from awm.synthesis.tasks.correcting import correction
from awm.synthesis.tasks.deciding import conditional
from awm.synthesis.tasks.declining import decline
from awm.synthesis.tasks.picking import bulk, choice
from awm.synthesis.tasks.questions import question
from awm.synthesis.tasks.request import Draft, TaskKind
from awm.synthesis.tasks.scene import Scene
from awm.synthesis.tasks.workflows import workflow

__all__ = ["draft"]

_MAKERS: Final[Mapping[TaskKind, Callable[[Scene], Draft | None]]] = {
    "question": question,
    "workflow": workflow,
    "bulk": bulk,
    "choice": choice,
    "correction": correction,
    "conditional": conditional,
    "decline": decline,
}


def draft(scene: Scene, kind: TaskKind) -> Draft | None:
    """Make up a task; None if nothing came of it, so that another is tried."""
    try:
        return _MAKERS[kind](scene)
    except Unfindable:
        return None
