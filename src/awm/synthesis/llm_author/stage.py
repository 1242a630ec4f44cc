"""What a stage is: it takes a draft of a world, has a part of it written, and hands on the more.

    scenario -> task -> db -> sample -> spec -> env -> verifier -> proof

Stages see a `Bench`, which is everything that they may use, and a `Draft`, which is what the stages
before them wrote. They do not know each other, nor how many worlds there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeAlias

from awm.llm import LLM
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.llm_author.repairing import Written
from awm.types import JsonObject
from awm.verify import VerifierMode
from awm.worlds import WorldFile
from awm.worlds.names import normalise

__all__ = ["STAGES", "Bench", "Choices", "Desk", "Draft", "Records", "Stage", "StageName"]

StageName: TypeAlias = Literal[
    "scenario", "task", "db", "sample", "spec", "env", "verifier", "proof", "blueprint"
]
"""What a model is asked for; each may have a model of its own."""

STAGES: Final[tuple[StageName, ...]] = ("task", "db", "sample", "spec", "env", "verifier", "proof")
"""The stages through which every world of the form `code` goes, in order."""

Records: TypeAlias = Mapping[WorldFile, tuple[JsonObject, ...]]
"""Rows of the files of one world."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose about how worlds are written.

    Attributes:
        tasks: How many each world has.
        modes: Which verifiers it has.
        attempts: How often a stage may ask until what is written is sound, from 1.
        tries: How often an agent may try a task, from 1.
        proof: Whether tasks have to be proven; if not, worlds are as the published tool leaves
            them.
        temperature: At which stages ask.
        max_tokens: How long an answer may be; None leaves it to the model's server.
        clock: The moment at which worlds stand.
        seed: Of everything that is drawn.
    """

    tasks: int = 10
    modes: tuple[VerifierMode, ...] = ("code", "sql")
    attempts: int = 4
    tries: int = 4
    proof: bool = True
    temperature: float = 0.7
    max_tokens: int | None = None
    clock: datetime = field(default=datetime(2026, 2, 2, 9, tzinfo=UTC))
    seed: int = 0


class Desk(Protocol):
    """Hands out the models that questions are put to."""

    def model(self, stage: StageName, world: str) -> LLM:
        """The model for a stage of a world; what it answers is remembered and paid for there."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a stage may use.

    Attributes:
        desk: Models.
        runtime: Where code of worlds runs.
        pool: Where verifiers run.
        choices: What somebody chose.
    """

    desk: Desk
    runtime: Runtime
    pool: VerifierPool
    choices: Choices


@dataclass(frozen=True, slots=True)
class Draft:
    """A world as far as it is written.

    Attributes:
        records: Its rows; that of `gen_scenario.jsonl` is there from the beginning.
    """

    records: Records

    @property
    def title(self) -> str:
        """The scenario's name as it was written."""
        return str(self.row(WorldFile.SCENARIO)["name"])

    @property
    def name(self) -> str:
        """The normalised name."""
        return normalise(self.title)

    @property
    def description(self) -> str:
        """What it is about; the name where nothing is said."""
        return str(self.row(WorldFile.SCENARIO).get("description") or self.title)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The sentences of its tasks; none before they are written."""
        rows = self.records.get(WorldFile.TASKS, ())
        return tuple(rows[-1]["tasks"]) if rows else ()

    def row(self, part: WorldFile) -> JsonObject:
        """The row of a file that has one row for each world.

        Raises:
            KeyError: It is not written yet.
        """
        return self.records[part][-1]

    def with_records(self, more: Mapping[WorldFile, Sequence[JsonObject]]) -> "Draft":
        """The draft with these files' rows, in place of those that it has."""
        return Draft({**self.records, **{part: tuple(rows) for part, rows in more.items()}})


class Stage(Protocol):
    """Writes a part of a world."""

    @property
    def name(self) -> StageName:
        """What it is called."""
        ...

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write it.

        Returns:
            The rows of the files that the stage writes, and what is still wrong with them.

        Raises:
            LLMAnswerError: The model wrote nothing that can be used.
            LLMError: It refuses, or cannot be reached.
            InfrastructureError: The machinery failed.
        """
        ...
