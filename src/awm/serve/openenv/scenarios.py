"""The worlds that are offered and their tasks, as a whole and by split."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from awm.errors import UsageError, WorldError
from awm.rollout.splits import Split, Splits
from awm.types import JsonObject
from awm.worlds import World

__all__ = ["OFFERED_SPLITS", "Scenarios"]

_log: Final = logging.getLogger(__name__)

OFFERED_SPLITS: Final[tuple[Split, ...]] = ("train", "test")
_SPLITS: Final = Splits(validation=0.0)


@dataclass(frozen=True, slots=True)
class _Offer:
    worlds: list[JsonObject]
    tasks: Mapping[str, list[JsonObject]]


class Scenarios:
    """Lists the worlds of a folder. They are read once, when somebody first asks.

    Args:
        worlds: The folder.
    """

    def __init__(self, worlds: Mapping[str, World]) -> None:
        self._worlds = worlds
        self._turn = asyncio.Lock()
        self._offer: _Offer | None = None

    async def listing(self) -> list[JsonObject]:
        """Each world with `name`, `description`, `num_tasks` and `tasks`, if it can be read."""
        return (await self._read()).worlds

    async def tasks(self, split: str) -> list[JsonObject]:
        """The tasks of a split, each with `scenario`, `task_idx` and `task`, in the worlds' order.

        Raises:
            UsageError: There is no such split.
        """
        if split not in OFFERED_SPLITS:
            raise UsageError("there is no such split.", f"There are: {', '.join(OFFERED_SPLITS)}.")
        return (await self._read()).tasks[split]

    async def _read(self) -> _Offer:
        async with self._turn:
            if self._offer is None:
                # In a thread, and world by world: a thousand take seconds to read.
                read = [await asyncio.to_thread(self._told, name) for name in self._worlds]
                self._offer = _offer_of([entry for entry in read if entry is not None])
            return self._offer

    def _told(self, name: str) -> tuple[Split, dict[str, Any]] | None:
        try:
            world = self._worlds[name]
            told = {
                "name": world.name,
                "description": world.description,
                "num_tasks": len(world.tasks),
                "tasks": list(world.tasks),
            }
        except WorldError as error:
            _log.warning("%s is not listed: %s", name, error)
            return None
        return _SPLITS.of(world), told


def _offer_of(read: Sequence[tuple[Split, JsonObject]]) -> _Offer:
    tasks: dict[str, list[JsonObject]] = {split: [] for split in OFFERED_SPLITS}
    for split, told in read:
        tasks[split] += [
            {"scenario": told["name"], "task_idx": number, "task": sentence}
            for number, sentence in enumerate(told["tasks"])
        ]
    return _Offer([told for _, told in read], tasks)
