"""From a draft that went through all stages to a world on the shelf, in either form."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.errors import Problem, WorldBuildError
from awm.runtime.examiner import Examiner
from awm.synthesis.llm_author.engine import Finished
from awm.synthesis.llm_author.stage import Draft
from awm.synthesis.shelf import Shelf
from awm.synthesis.workshops import Workshops
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


@dataclass(frozen=True, slots=True)
class BlueprintFinisher:
    """Finishes drafts whose blueprint the model wrote: the builtin author makes the rest.

    Attributes:
        workshops: Where they are made, and put on the shelf.
    """

    workshops: Workshops

    async def __call__(self, number: int, draft: Draft) -> Finished:
        """See `Finisher`."""
        made = await self.workshops.make(draft.row(WorldFile.SCENARIO), number)
        if made.tasks == 0:
            raise WorldBuildError(
                draft.title,
                "none of its tasks could be proven.",
                problems=[Problem(draft.name, "", why) for why in made.dropped],
            )
        return Finished(number, draft.title, made.tasks, made.tasks)
