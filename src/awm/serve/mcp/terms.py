"""What a session is agreed to be about: a world, perhaps a task of it, and a seed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.errors import UsageError
from awm.serve.mcp.house import House
from awm.types import SEEDS

__all__ = ["Terms", "agree", "number_in"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session is about, for as long as it lasts.

    Attributes:
        world: The world's normalised name.
        task_idx: The number of the task to be done in it; None for no particular one.
        seed: What the randomness of its calls is derived from.
        owner: Whose it is, see `awm.serve.gate.owner_of`.
    """

    world: str
    task_idx: int | None = None
    seed: int = 0
    owner: str = ""


async def agree(
    house: House, world: str, *, task_idx: int | None = None, seed: int = 0, owner: str = ""
) -> Terms:
    """The terms of a session.

    Args:
        house: Where the worlds are.
        world: The world's name, in any spelling.
        task_idx: See `Terms`.
        seed: See `Terms`.
        owner: See `Terms`.

    Raises:
        UnknownWorldError: It is not offered.
        WorldFileError: It cannot be read.
        UsageError: It has no such task, or the seed has more than 64 bits.
    """
    known = await house.world(world)
    if task_idx is not None and (task_idx < 0 or not known.sentence(task_idx)):
        count = len(known.tasks)
        raise UsageError(
            f"{known.name} has no task {task_idx}.",
            f"Its tasks have the numbers 0 to {count - 1}." if count else "It has no tasks.",
        )
    if seed not in SEEDS:
        raise UsageError(f"the seed {seed} has more than 64 bits.")
    return Terms(known.name, task_idx, seed, owner)


def number_in(name: str, values: Sequence[str]) -> int | None:
    """The integer that a query gives to a name; None where it does not mention it.

    Args:
        name: What it is for, for messages.
        values: All values that the query gives to the name.

    Raises:
        UsageError: It is no integer, or there are several.
    """
    if not values:
        return None
    if len(values) > 1 or not _INTEGER.fullmatch(values[0]):
        shown = "&".join(f"{name}={value[:40]}" for value in values[:2])
        raise UsageError(f"{shown} is not one integer.", f"Write {name}=3, once.")
    return int(values[0])
