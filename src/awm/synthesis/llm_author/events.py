"""What happens while worlds are written, told to whoever watches: a bar, a log, a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from awm.synthesis.llm_author.stage import StageName
from awm.types import JsonObject

__all__ = [
    "Event",
    "Listener",
    "RunBegun",
    "RunEnded",
    "StageDone",
    "StageStarted",
    "Waiting",
    "WorldDone",
    "WorldFailed",
]


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run has begun, or an earlier one goes on.

    Attributes:
        version: Of this package.
        count: How many scenarios there are to be.
        order: What was ordered (see `Commission.as_json`); no addresses and no keys.
    """

    version: str
    count: int
    order: JsonObject


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over.

    Attributes:
        worlds: How many worlds there are.
        lost: Of how many scenarios there is none.
        seconds: How long it took now.
        usd: What all runs of it cost so far, in USD; None where that is not known.
        why: What ended it early; empty where it came to its end.
    """

    worlds: int
    lost: int
    seconds: float
    usd: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage of a world has begun.

    Attributes:
        world: The scenario's name.
        stage: Which stage.
    """

    world: str
    stage: StageName


@dataclass(frozen=True, slots=True)
class StageDone:
    """A stage of a world is over.

    Attributes:
        world: The scenario's name.
        stage: Which stage.
        attempts: How often the model had to be asked until it was right, or for good.
        mended: What was wrong on the way, one line for each attempt but the last.
        left: What is still wrong, in lines.
        broken: Whether any of that has to be mended.
        kept: Whether it was found as an earlier run had left it.
    """

    world: str
    stage: StageName
    attempts: int = 1
    mended: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    broken: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stage of a world is tried again because the model could not be reached.

    Attributes:
        world: The scenario's name.
        stage: Which stage.
        why: What happened.
    """

    world: str
    stage: StageName
    why: str


@dataclass(frozen=True, slots=True)
class WorldDone:
    """A world is written and on the shelf.

    Attributes:
        world: The scenario's name.
        tasks: How many tasks it has.
        proven: How many of them are proven.
        kept: Whether it was found as an earlier run had left it.
    """

    world: str
    tasks: int
    proven: int
    kept: bool = False


@dataclass(frozen=True, slots=True)
class WorldFailed:
    """There is no world of a scenario.

    Attributes:
        world: The scenario's name.
        stage: Where it ended.
        why: What happened.
    """

    world: str
    stage: StageName
    why: str


Event: TypeAlias = (
    RunBegun | StageStarted | StageDone | Waiting | WorldDone | WorldFailed | RunEnded
)

Listener: TypeAlias = Callable[[Event], None]
"""Told of each event, as it happens; it must not raise."""
