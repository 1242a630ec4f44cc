"""The tasks of a folder's worlds, as doors list them: which there are, on which side of a split."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from awm.errors import WorldError
from awm.rollout.splits import Split, Splits
from awm.worlds import World

__all__ = ["ListedTask", "ListedWorld", "offered_in", "read_worlds", "rows_by_split"]

_log: Final = logging.getLogger(__name__)

ListedTask: TypeAlias = dict[str, Any]
"""A task as it goes over the wire: `scenario`, `task_idx` and `task`."""


@dataclass(frozen=True, slots=True)
class ListedWorld:
    """What is told of a world without an instance of it.

    Attributes:
        name: Its normalised name.
        description: What it is.
        tasks: What there is to do, in the order of the tasks' numbers.
        split: On which side it is.
    """

    name: str
    description: str
    tasks: tuple[str, ...]
    split: Split


async def read_worlds(worlds: Mapping[str, World], splits: Splits) -> list[ListedWorld]:
    """Read all worlds of a folder, in its order. One that cannot be read is left out, and logged.

    Args:
        worlds: The folder.
        splits: Which world is on which side.
    """
    # In a thread, and one by one: each takes milliseconds, in which nobody would be answered.
    read = [await asyncio.to_thread(_listed, worlds, name, splits) for name in worlds]
    return [world for world in read if world is not None]


def offered_in(splits: Splits) -> tuple[Split, ...]:
    """Which sides clients are told of: validation only where there is a share for it."""
    return ("train", "validation", "test") if splits.validation else ("train", "test")


def rows_by_split(
    worlds: Iterable[ListedWorld], offered: Iterable[Split]
) -> dict[Split, list[ListedTask]]:
    """The tasks on each side, in the order of the worlds.

    Args:
        worlds: Each of them is on a side that is offered.
        offered: Which sides there are.
    """
    rows: dict[Split, list[ListedTask]] = {split: [] for split in offered}
    for world in worlds:
        rows[world.split] += [
            {"scenario": world.name, "task_idx": number, "task": sentence}
            for number, sentence in enumerate(world.tasks)
        ]
    return rows


def _listed(worlds: Mapping[str, World], name: str, splits: Splits) -> ListedWorld | None:
    try:
        world = worlds[name]
        told = ListedWorld(world.name, world.description, tuple(world.tasks), splits.of(world))
    except WorldError as error:
        _log.warning("The tasks of %s are not offered: %s", name, error)
        return None
    return told
