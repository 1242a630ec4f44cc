"""All scenarios at once: each flows through its stages on its own; worlds are published together.

There is no barrier: a scenario that was just thought of may be at its first stage while another is
being proven. How many are under way is bounded, and how many questions are asked at a time is the
model's own matter (`awm.llm`).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from awm.synthesis.llm_author.events import Listener, WorldDone, WorldFailed
from awm.synthesis.llm_author.pipeline import OWN, Failure, Line
from awm.synthesis.llm_author.stage import Draft, StageName
from awm.synthesis.llm_author.together import together
from awm.synthesis.shelf import Shelf
from awm.types import JsonObject
from awm.worlds import WorldFile

__all__ = ["Finished", "Finisher", "Lost", "Made", "carry_all"]

_UNDER_WAY: Final = 16
_AHEAD: Final = 16
"""How many scenarios wait at most for somebody to take them up."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A world that is on the shelf.

    Attributes:
        number: Of its scenario.
        title: Its name.
        tasks: How many tasks it has.
        proven: How many of them are proven.
    """

    number: int
    title: str
    tasks: int
    proven: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A scenario of which there is no world.

    Attributes:
        number: Of the scenario.
        title: Its name.
        stage: Where it ended.
        why: What happened.
    """

    number: int
    title: str
    stage: StageName
    why: str


@dataclass(slots=True)
class Made:
    """What came of the scenarios, in their order.

    Attributes:
        worlds: Those that became worlds.
        lost: Those that did not.
    """

    worlds: list[Finished] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)


class Finisher(Protocol):
    """Makes a draft that went through all stages into a world on the shelf."""

    async def __call__(self, number: int, draft: Draft) -> Finished:
        """Finish a world.

        Raises:
            WorldError: It does not come to life.
            InfrastructureError: The machinery failed.
        """
        ...


async def carry_all(
    scenarios: AsyncIterator[JsonObject],
    line: Line,
    shelf: Shelf,
    finish: Finisher,
    *,
    tell: Listener,
    under_way: int = _UNDER_WAY,
) -> Made:
    """Take all scenarios through their stages.

    Args:
        scenarios: Their rows, as they are thought of.
        line: The stages.
        shelf: Where worlds wait, also those of an earlier run.
        finish: Puts a world there.
        tell: Told of each world.
        under_way: How many scenarios are carried at a time.

    Returns:
        What came of them. Where the budget ends the run, this is not reached.

    Raises:
        BudgetError: The budget is spent. What was being asked then was let finish.
        LLMError: The model cannot be reached, or a setting is wrong.
        InfrastructureError: The machinery failed.
    """
    made = Made()
    source = _Source(scenarios)
    there = shelf.done()

    async def lane() -> None:
        while given := await source.next():
            number, scenario = given
            kept = _kept(shelf, number, scenario) if number in there else None
            if kept is not None:
                line.tell_again(number, kept.title)
            outcome = kept or await _made(number, scenario, line, finish)
            _note(outcome, made, tell, kept=kept is not None)

    try:
        await together(lane() for _ in range(under_way))
    finally:
        await source.aclose()
    made.worlds.sort(key=lambda each: each.number)
    made.lost.sort(key=lambda each: each.number)
    return made


class _Source:
    """Scenarios with their numbers, thought of ahead of whoever comes for the next one."""

    def __init__(self, scenarios: AsyncIterator[JsonObject]) -> None:
        self._scenarios = scenarios
        self._waiting: asyncio.Queue[tuple[int, JsonObject] | None] = asyncio.Queue(_AHEAD)
        self._failure: Exception | None = None
        self._thinking = asyncio.create_task(self._think())

    async def next(self) -> tuple[int, JsonObject] | None:
        """The next one and its number, from 0; None if there is none.

        Raises:
            AwmError: No more can be thought of.
        """
        found = await self._waiting.get()
        if found is None:
            self._waiting.put_nowait(None)  # the others come for it too
            if self._failure is not None:
                raise self._failure
        return found

    async def aclose(self) -> None:
        """Think of no more."""
        self._thinking.cancel()
        await asyncio.wait({self._thinking})

    async def _think(self) -> None:
        number = 0
        try:
            async for scenario in self._scenarios:
                await self._waiting.put((number, scenario))
                number += 1
        except Exception as error:  # noqa: BLE001 - raised for whoever comes for the next one
            self._failure = error
        await self._waiting.put(None)


async def _made(number: int, scenario: JsonObject, line: Line, finish: Finisher) -> Finished | Lost:
    title = str(scenario["name"])
    found = await line.carry(number, scenario)
    if isinstance(found, Failure):
        return Lost(number, title, found.stage, found.why)
    try:
        return await finish(number, found)
    except OWN as error:
        return Lost(number, title, line.stages[-1].name, str(error))


def _kept(shelf: Shelf, number: int, scenario: JsonObject) -> Finished | None:
    """The world that an earlier run put on the shelf, if it is of this scenario."""
    try:
        lines, report = shelf.lines(number)
        (row,) = lines[WorldFile.SCENARIO]
        title = json.loads(row)["name"]
        if title != scenario["name"]:
            return None
        tasks = int(report["tasks"])
        return Finished(number, title, tasks, int(report.get("proven", tasks)))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is nothing that we would have put there


def _note(outcome: Finished | Lost, made: Made, tell: Listener, *, kept: bool) -> None:
    if isinstance(outcome, Lost):
        made.lost.append(outcome)
        tell(WorldFailed(outcome.title, outcome.stage, outcome.why))
    else:
        made.worlds.append(outcome)
        tell(WorldDone(outcome.title, outcome.tasks, outcome.proven, kept))
