"""One scenario through its stages; it knows of no other.

What a stage wrote is kept before the next one begins. A scenario ends as a world, or as a failure
that says at which stage and why; a fault of the machinery or of the settings is raised, because it
would be every other scenario's too.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.errors import (
    BlueprintError,
    LLMAnswerError,
    LLMRefusedError,
    LLMTooLongError,
    LLMUnavailableError,
    WorldError,
)
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.events import Listener, StageDone, StageStarted, Waiting
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, Stage, StageName
from awm.types import JsonObject
from awm.worlds import WorldFile

__all__ = ["OWN", "Failure", "Line"]

OWN: Final = (LLMAnswerError, LLMRefusedError, LLMTooLongError, WorldError, BlueprintError)
"""What ends one scenario and no other."""

_PATIENCE: Final = 3
"""How often a stage is begun that cannot reach its model, which has been asked many times then."""
_PAUSE: Final = 5.0
"""Seconds before it is begun again; twice as long the next time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no world.

    Attributes:
        stage: Where it ended.
        why: What happened.
    """

    stage: StageName
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """The stages that scenarios go through, and what these need.

    Attributes:
        stages: In order.
        bench: What they may use.
        checkpoints: Where what they wrote is kept.
        tell: Told of what happens.
        pause: Seconds before a stage that could not reach its model is begun again.
    """

    stages: Sequence[Stage]
    bench: Bench
    checkpoints: Checkpoints
    tell: Listener
    pause: float = _PAUSE

    async def carry(self, number: int, scenario: JsonObject) -> Draft | Failure:
        """Take a scenario through all stages.

        Args:
            number: Of the scenario; what is kept goes by it.
            scenario: Its row of `gen_scenario.jsonl`.

        Raises:
            LLMError: The model cannot be reached, the budget is spent, or a setting is wrong.
            InfrastructureError: The machinery failed.
        """
        return await self.carry_on(number, Draft({WorldFile.SCENARIO: (scenario,)}))

    async def carry_on(self, number: int, draft: Draft) -> Draft | Failure:
        """Take a draft through all stages; see `carry`."""
        for stage in self.stages:
            try:
                written = await self._pass(number, stage, draft)
            except OWN as error:
                return Failure(stage.name, str(error))
            draft = draft.with_records(written.value)
        return draft

    def tell_again(self, number: int, title: str) -> None:
        """Tell of the stages of a world that an earlier run has finished."""
        for stage in self.stages:
            written = self.checkpoints.kept(number, stage.name, title)
            if written is not None:
                self.tell(_done(title, stage.name, written, kept=True))

    async def _pass(self, number: int, stage: Stage, draft: Draft) -> Written[Records]:
        title = draft.title
        written = self.checkpoints.kept(number, stage.name, title)
        kept = written is not None
        if written is None:
            self.tell(StageStarted(title, stage.name))
            written = await self._patiently(stage, draft)
            self.checkpoints.keep(number, stage.name, title, written)
        self.tell(_done(title, stage.name, written, kept=kept))
        return written

    async def _patiently(self, stage: Stage, draft: Draft) -> Written[Records]:
        for attempt in range(1, _PATIENCE):
            try:
                return await stage(self.bench, draft)
            except LLMUnavailableError as error:
                # What was answered is in the journal: the stage comes back to where it was.
                self.tell(Waiting(draft.title, stage.name, error.message))
                await asyncio.sleep(self.pause * 2 ** (attempt - 1))
        return await stage(self.bench, draft)


def _done(title: str, stage: StageName, written: Written[Records], *, kept: bool) -> StageDone:
    return StageDone(
        title,
        stage,
        attempts=written.attempts,
        mended=written.mended,
        left=tuple(map(str, written.problems)),
        broken=not written.is_sound,
        kept=kept,
    )
