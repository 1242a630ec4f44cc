"""A world as those see it who write and try its verifiers."""

from dataclasses import dataclass
from typing import Final

from awm.agents import tools_told
from awm.errors import LLMAnswerError, LLMRefusedError, LLMTooLongError, SnapshotError, WorldError
from awm.runtime import Schema
from awm.synthesis.llm_author.proving.dumping import rows_dumped
from awm.synthesis.llm_author.proving.mutants import Mutants, mutants_of
from awm.synthesis.llm_author.stage import Bench, Draft
from awm.synthesis.llm_author.writing.material import api_told, moment_told, rows_told
from awm.types import ToolSpec
from awm.worlds import World, WorldFile

__all__ = ["ONE_TASK_ONLY", "Setting", "setting_of"]

ONE_TASK_ONLY: Final = (LLMAnswerError, LLMRefusedError, LLMTooLongError)
"""What goes wrong with a model over one task, and leaves the others alone."""

_CHARACTERS: Final = 16_000
"""How much of a world's rows is told; all of it for a world of some two hundred."""


@dataclass(frozen=True)
class Setting:
    """A world and what stands in it at the start.

    Attributes:
        draft: As far as it is written.
        world: The same, as it is run.
        initial: Its database at the start.
        schema: Its tables.
        tools: Its tools; none where it does not come to life.
        rows: Its rows as text.
        mutants: What its rows might have become.
    """

    draft: Draft
    world: World
    initial: bytes
    schema: Schema
    tools: tuple[ToolSpec, ...]
    rows: str
    mutants: Mutants

    @property
    def moment(self) -> str:
        """The moment at which it stands, such as `Monday, 2026-02-02 09:00 UTC`."""
        return moment_told(self.world.clock)

    @property
    def api(self) -> str:
        """Its tools as text; what they were to be where it does not come to life."""
        if self.tools:
            return tools_told(self.tools)
        return api_told(self.draft) if WorldFile.SPEC in self.draft.records else ""


async def setting_of(bench: Bench, draft: Draft) -> Setting:
    """Look at a world that is written up to its code.

    Raises:
        WorldError: Its database cannot be built.
        SnapshotError: Its database cannot be read.
        InfrastructureError: The machinery failed.
    """
    world = World.from_records(draft.records)
    examiner = bench.runtime.examiner
    tools: tuple[ToolSpec, ...] = ()
    try:
        ready = await bench.runtime.prepare(world)
        initial, tools = ready.template, tuple(ready.tools)
    except WorldError:  # verifiers can be written all the same
        initial = (await examiner.build(world.recipe())).image
    schema = await examiner.describe(world.name, initial)
    try:
        state = await examiner.compare(world.name, b"", initial)
    except SnapshotError:  # there are more rows than can be told at once
        return Setting(draft, world, initial, schema, tools, rows_told(draft), Mutants())
    mutants = await mutants_of(bench.runtime, world, schema, state, bench.choices.seed)
    rows = rows_dumped(state, _CHARACTERS)
    return Setting(draft, world, initial, schema, tools, rows, mutants)
