"""Which worlds the model server knows, and where they come from.

A scenario is proposed from the builtin author's plans. What is written of it is taken from the
world of that plan, which is made and proven once, kept in a folder, and read back from there; or
from the worlds that come with the package, which need no making.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias

from awm.errors import AwmError
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner
from awm.synthesis.shelf import Shelf
from awm.synthesis.workshop import Workshop
from awm.synthesis.workshops import Workshops
from awm.testing.chance import chosen
from awm.testing.known import KnownWorld, Place, alike
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds import World, WorldFolder
from awm.worlds.bundled import bundled_worlds
from awm.worlds.names import normalise

__all__ = ["Library", "Plans", "Source", "WorldSource", "folder_for", "source_for"]

WorldSource: TypeAlias = Literal["builtin", "bundled"]
"""Where worlds come from: made by the builtin author, or those that come with the package."""

_PLANS: Final = "plans.jsonl"


class Source(Protocol):
    """Where worlds come from."""

    async def names(self) -> Sequence[str]:
        """The worlds, each by a name of its own."""
        ...

    async def at(self, place: int) -> World:
        """The world at a place among the names; made now if it was not made before.

        Raises:
            InfrastructureError: It cannot be made.
        """
        ...

    async def remembered(self) -> Sequence[int]:
        """The places of the worlds that are there without being made."""
        ...

    async def aclose(self) -> None:
        """End whatever makes worlds."""
        ...


@dataclass
class BundledSource:
    """The worlds that come with the package."""

    @cached_property
    def _folder(self) -> WorldFolder:
        return bundled_worlds()

    async def names(self) -> Sequence[str]:
        """Their names."""
        return [self._folder.title(name) for name in self._folder]

    async def at(self, place: int) -> World:
        """One of them, read from the package."""
        return self._folder[list(self._folder)[place]]

    async def remembered(self) -> Sequence[int]:
        """All of them."""
        return range(len(self._folder))

    async def aclose(self) -> None:
        """Do nothing: none was made."""


class BuiltinSource:
    """Worlds that the builtin author makes, in processes of their own; see `Workshop`.

    Args:
        plans: Of which worlds.
        order: What was ordered.
        folder: Where they are kept. Runs with the same order share them.
        jobs: How many are made at a time.
        allow_weak: Whether to make them where code cannot be jailed.
    """

    def __init__(
        self, plans: "Plans", order: Order, folder: Path, jobs: int, *, allow_weak: bool
    ) -> None:
        self._plans = plans
        self._shelf = Shelf(folder, order)
        opening = partial(Workshop.open, order, folder, allow_weak=allow_weak)
        self._workshops = Workshops([opening] * jobs)

    async def names(self) -> Sequence[str]:
        """The names of the plans."""
        return [row["name"] for row in await self._plans.rows()]

    async def at(self, place: int) -> World:
        """The world of a plan; made and proven if it is not on the shelf."""
        if place not in self._shelf.done():
            rows = await self._plans.rows()
            self._shelf.open()
            await self._workshops.make(rows[place])
        return await asyncio.to_thread(self._read, place)

    async def remembered(self) -> Sequence[int]:
        """Those on the shelf."""
        return sorted(self._shelf.done())

    async def aclose(self) -> None:
        """End the processes."""
        await self._workshops.close()

    def _read(self, place: int) -> World:
        lines, _ = self._shelf.lines(place)
        return World.from_records(
            {part: [json.loads(line) for line in rows] for part, rows in lines.items()}
        )


class Plans:
    """The builtin author's plans: what there is to propose.

    Planning takes seconds, so they are kept too.

    Args:
        order: How many, and of which seed.
        folder: Where they are kept.
    """

    def __init__(self, order: Order, folder: Path) -> None:
        self._order = order
        self._file = folder / _PLANS
        self._lock = asyncio.Lock()
        self._rows: Sequence[JsonObject] = ()

    async def rows(self) -> Sequence[JsonObject]:
        """They as rows of `gen_scenario.jsonl`."""
        async with self._lock:
            if not self._rows:
                self._rows = await asyncio.to_thread(self._read)
        return self._rows

    def _read(self) -> Sequence[JsonObject]:
        count = self._order.count
        if self._file.is_file():
            kept = [json.loads(line) for line in self._file.read_bytes().splitlines()]
            if len(kept) >= count:
                return kept[:count]
        plans = Planner(self._order.seed).plans(count)
        lines = [json.dumps(scenario_row(plan)) for plan in plans]
        write_whole(self._file, "".join(f"{line}\n" for line in lines).encode())
        return [json.loads(line) for line in lines]


def source_for(
    worlds: WorldSource, plans: Plans, order: Order, folder: Path, jobs: int, *, allow_weak: bool
) -> Source:
    """Where worlds of that kind come from."""
    if worlds == "bundled":
        return BundledSource()
    return BuiltinSource(plans, order, folder, jobs, allow_weak=allow_weak)


def folder_for(cache: Path, order: Order) -> Path:
    """The folder of an order in a cache, so that two orders share no worlds."""
    content = json.dumps(order.as_json(), sort_keys=True)
    return cache / hashlib.blake2b(content.encode(), digest_size=6).hexdigest()


class Library:
    """Worlds by the titles of scenarios, each read once.

    A title that is none of the worlds' own is served by one that its text decides on: the same for
    the same title, whenever it is asked for.

    Args:
        source: Where worlds come from.
        plans: What to propose besides.
    """

    def __init__(self, source: Source, plans: Plans) -> None:
        self._source = source
        self._plans = plans
        self._places: dict[str, int] = {}
        self._worlds: dict[int, asyncio.Task[KnownWorld]] = {}
        self._tasks: dict[str, list[Place]] = {}

    async def proposals(self) -> Sequence[JsonObject]:
        """Scenarios that may be proposed, as rows of `gen_scenario.jsonl`."""
        return await self._plans.rows()

    async def world(self, title: str) -> KnownWorld:
        """The world that a scenario of that title is served by.

        Raises:
            InfrastructureError: It cannot be made.
        """
        if not self._places:
            names = await self._source.names()
            self._places = {normalise(name): place for place, name in enumerate(names)}
        place = self._places.get(normalise(title))
        if place is None:
            place = chosen(list(self._places.values()), "title", normalise(title))
        return await self._known(place)

    async def holding(self, sentence: str) -> Sequence[Place]:
        """The tasks of that sentence: of worlds that were asked for, or else that are there."""
        found = self._tasks.get(alike(sentence))
        if found is None:
            # Another server may have been asked for the world: this one has taken its place.
            await self.prepare(await self._source.remembered())
            found = self._tasks.get(alike(sentence), [])
        return found

    async def prepare(self, places: Iterable[int]) -> None:
        """Have worlds ready.

        Raises:
            InfrastructureError: One cannot be made.
        """
        await asyncio.gather(*(self._known(place) for place in places))

    async def prepare_first(self, count: int) -> None:
        """Have the first so many worlds ready, or all if there are fewer.

        Raises:
            InfrastructureError: One cannot be made.
        """
        if count:
            await self.prepare(range(min(count, len(await self._source.names()))))

    async def aclose(self) -> None:
        """End whatever makes worlds."""
        for making in self._worlds.values():
            making.cancel()
        await asyncio.gather(*self._worlds.values(), return_exceptions=True)
        await self._source.aclose()

    async def _known(self, place: int) -> KnownWorld:
        if place not in self._worlds:
            self._worlds[place] = asyncio.create_task(self._read(place))
        reading = self._worlds[place]
        try:
            # Whoever stops waiting does not end the making of what others wait for.
            return await asyncio.shield(reading)
        except AwmError:
            self._worlds.pop(place, None)  # the next one who asks has it tried again
            raise

    async def _read(self, place: int) -> KnownWorld:
        world = await self._source.at(place)
        known = await asyncio.to_thread(KnownWorld.of, world)
        for number, sentence in enumerate(known.tasks):
            self._tasks.setdefault(alike(sentence), []).append((known, number))
        return known
