"""From a draft that went through all stages to a world on the shelf, in either form."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awm.errors import Problem, WorldBuildError
from awm.runtime.examiner import Examiner
from awm.synthesis.llm_author.engine import Finished
from awm.synthesis.llm_author.stage import Draft
from awm.synthesis.order import Order
from awm.synthesis.shelf import Ordered, Shelf
from awm.synthesis.workshop import Workshop
from awm.types import JsonObject
from awm.worlds import World, WorldFile

__all__ = ["BlueprintFinisher", "CodeFinisher", "proven_in"]

_PROVEN: Final = "proven"


@dataclass(frozen=True, slots=True)
class CodeFinisher:
    """Finishes drafts whose every part the model wrote.

    Attributes:
        shelf: Where the worlds go.
        examiner: Builds their databases, out of harm's way.
    """

    shelf: Shelf
    examiner: Examiner

    async def __call__(self, number: int, draft: Draft) -> Finished:
        """See `Finisher`."""
        world = World.from_records(draft.records)
        built = await self.examiner.build(world.recipe())
        proven = proven_in(draft.row(WorldFile.TASKS))
        finished = Finished(number, draft.title, len(draft.tasks), len(proven))
        report = {"tasks": finished.tasks, "proven": finished.proven, "dropped": []}
        await asyncio.to_thread(self.shelf.put, number, draft.records, built.image, report)
        return finished


def proven_in(row: JsonObject) -> Sequence[int]:
    """The numbers of the tasks that a row of `gen_tasks.jsonl` says are proven."""
    details = row.get("details", ())
    return [idx for idx, each in enumerate(details) if each.get("proof") == _PROVEN]


class BlueprintFinisher:
    """Finishes drafts whose blueprint the model wrote: the builtin author makes the rest.

    Use it as an asynchronous context manager; it keeps the processes that make worlds.

    Args:
        order: How many tasks each has, and of what.
        folder: Whose shelf the worlds go to.
        signed: What that shelf was opened for.
        jobs: How many are made at a time.
        allow_weak: Whether to run where code cannot be jailed.
    """

    def __init__(
        self, order: Order, folder: Path, signed: Ordered, *, jobs: int, allow_weak: bool = False
    ) -> None:
        self._order = order
        self._folder = folder
        self._signed = signed
        self._allow_weak = allow_weak
        self._free: asyncio.Queue[Workshop | None] = asyncio.Queue()
        self._jobs = jobs
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "BlueprintFinisher":
        for _ in range(self._jobs):
            self._free.put_nowait(None)  # started when it is first needed
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    async def __call__(self, number: int, draft: Draft) -> Finished:
        """See `Finisher`."""
        workshop = await self._free.get()
        try:
            if workshop is None:
                workshop = await Workshop.open(
                    self._order, self._folder, signed=self._signed, allow_weak=self._allow_weak
                )
                self._stack.push_async_callback(workshop.close)
            made = await workshop.make(draft.row(WorldFile.SCENARIO), number)
        finally:
            self._free.put_nowait(workshop)
        if made.tasks == 0:
            raise WorldBuildError(
                draft.title,
                "none of its tasks could be proven.",
                problems=[Problem(draft.name, "", why) for why in made.dropped],
            )
        return Finished(number, draft.title, made.tasks, made.tasks)
