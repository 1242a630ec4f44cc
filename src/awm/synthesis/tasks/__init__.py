"""Tasks: sampled as programs over a world's tools, carried out on the dry books, then worded."""

from awm.synthesis.tasks.difficulty import LEVELS, difficulty
from awm.synthesis.tasks.drafting import draft
from awm.synthesis.tasks.request import KINDS, Draft, TaskKind
from awm.synthesis.tasks.scene import Scene
from awm.synthesis.tasks.telling import tell

__all__ = ["KINDS", "LEVELS", "Draft", "Scene", "TaskKind", "difficulty", "draft", "tell"]
