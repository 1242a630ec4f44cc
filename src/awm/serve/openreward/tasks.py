"""Which tasks there are: by split and number, or by their world."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from awm.errors import UnknownWorldError, UsageError
from awm.rollout.env_terms import task_of
from awm.rollout.splits import Split
from awm.serve.lodging import Lodging
from awm.serve.openreward.refusals import NotThereError
from awm.serve.openreward.terms import OpenRewardTerms
from awm.serve.openreward.wire import TaskSpec
from awm.serve.task_rows import ListedTask, read_worlds, rows_by_split
from awm.worlds import World, WorldFolder

__all__ = ["Errand", "TaskLists", "errand_of"]


@dataclass(frozen=True, slots=True)
class Errand:
    """What a session is for.

    Attributes:
        world: The world of the task.
        spec: The task. Its world is named as worlds are named here, and nothing is left out.
    """

    world: World
    spec: TaskSpec

    @property
    def sentence(self) -> str:
        """What the agent is told to do."""
        return self.spec.task or ""


async def errand_of(lodging: Lodging, spec: TaskSpec) -> Errand:
    """Find what a task spec means.

    Raises:
        NotThereError: There is no such world or task.
        WorldFileError: The world cannot be read.
    """
    try:
        world = await lodging.world(spec.scenario)
    except UnknownWorldError as error:
        # Said anew: the error names the server's folder.
        raise NotThereError(f"there is no world {spec.scenario!r}.", error.hint) from error
    try:
        task_of(world, spec.task_idx)
    except UsageError as error:
        raise NotThereError(error.message, error.hint) from error
    sentence = spec.task or world.sentence(spec.task_idx)
    return Errand(world, spec.model_copy(update={"scenario": world.name, "task": sentence}))


class TaskLists:
    """The tasks of each split, in the order of the worlds. Worlds are read once, when first asked.

    Args:
        worlds: What is offered.
        terms: Which splits there are.
    """

    def __init__(self, worlds: WorldFolder, terms: OpenRewardTerms) -> None:
        self._worlds = worlds
        self._terms = terms
        self._reading: asyncio.Task[Mapping[Split, list[ListedTask]]] | None = None

    def begin(self) -> None:
        """Begin to read the worlds, so that nobody has to wait for it later."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def of(self, split: str) -> list[ListedTask]:
        """The tasks of a split.

        Raises:
            UsageError: There is no such split.
        """
        if split not in self._terms.offered:
            raise UsageError("Invalid split.", f"There are: {', '.join(self._terms.offered)}.")
        self.begin()
        assert self._reading is not None
        # Shielded: others wait for it too.
        return (await asyncio.shield(self._reading))[split]

    async def at(self, split: str, index: int) -> ListedTask:
        """A task by its place; places below 0 count from the end.

        Raises:
            UsageError: There is no such split, or no such place in it.
        """
        tasks = await self.of(split)
        if not -len(tasks) <= index < len(tasks):
            raise UsageError("Invalid index.", f"{split} has {len(tasks)} tasks.")
        return tasks[index]

    async def close(self) -> None:
        """Read no further."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> Mapping[Split, list[ListedTask]]:
        read = await read_worlds(self._worlds, self._terms.splits)
        return rows_by_split(read, self._terms.offered)
