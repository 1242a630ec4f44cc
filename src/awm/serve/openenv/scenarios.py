"""The worlds that are offered and their tasks, as a whole and by split."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from awm.errors import UsageError
from awm.rollout.splits import Split, Splits
from awm.serve.task_rows import ListedTask, ListedWorld, offered_in, read_worlds, rows_by_split
from awm.types import JsonObject
from awm.worlds import World

__all__ = ["Scenarios"]


@dataclass(frozen=True, slots=True)
class _Offer:
    worlds: list[JsonObject]
    tasks: Mapping[Split, list[ListedTask]]


class Scenarios:
    """Lists the worlds of a folder. They are read once, when somebody first asks.

    Args:
        worlds: The folder.
        splits: Which world is on which side.

    Attributes:
        offered: The names of the splits that there are.
    """

    def __init__(self, worlds: Mapping[str, World], splits: Splits) -> None:
        self.offered = offered_in(splits)
        self._worlds = worlds
        self._splits = splits
        self._turn = asyncio.Lock()
        self._offer: _Offer | None = None

    async def listing(self) -> list[JsonObject]:
        """Each world with `name`, `description`, `num_tasks` and `tasks`, if it can be read."""
        return (await self._read()).worlds

    async def tasks(self, split: str) -> list[ListedTask]:
        """The tasks of a split, each with `scenario`, `task_idx` and `task`, in the worlds' order.

        Raises:
            UsageError: There is no such split.
        """
        if split not in self.offered:
            raise UsageError("there is no such split.", f"There are: {', '.join(self.offered)}.")
        return (await self._read()).tasks[split]

    async def _read(self) -> _Offer:
        async with self._turn:
            if self._offer is None:
                read = await read_worlds(self._worlds, self._splits)
                listing = [_told(world) for world in read]
                self._offer = _Offer(listing, rows_by_split(read, self.offered))
            return self._offer


def _told(world: ListedWorld) -> JsonObject:
    return {
        "name": world.name,
        "description": world.description,
        "num_tasks": len(world.tasks),
        "tasks": list(world.tasks),
    }
