"""How hard a task is, by what its oracle needs."""

from typing import Final

from awm.synthesis.tasks.request import Draft

__all__ = ["LEVELS", "difficulty"]

LEVELS: Final = (1, 2, 3, 4, 5)
_LIMITS: Final = (5.0, 9.0, 14.0, 20.0)


def difficulty(draft: Draft) -> int:
    """The difficulty of a task, 1 to 5.

    A point for each call, half a point for each distinct tool, one for each row whose number has to
    be looked up, two for each decision that depends on what is found and one for a refusal. Up to 5
    points is level 1, up to 9 level 2, up to 14 level 3, up to 20 level 4, beyond that level 5.
    """
    points = (
        len(draft.calls)
        + 0.5 * len(draft.tools)
        + draft.hidden
        + 2.0 * draft.branches
        + (1.0 if draft.refused else 0.0)
    )
    return 1 + sum(points > limit for limit in _LIMITS)
