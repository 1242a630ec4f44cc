"""A process that makes worlds: plans come in, finished worlds go to the shelf.

One process for each core, each with a jailed runtime of its own. They speak JSON lines over their
standard streams, so that whoever gives the orders loses nothing if one of them dies.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from awm.errors import AwmError, BlueprintError, InfrastructureError, Problem, WorldError
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.drafts import drafted_tasks
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.synthesis.planning import WorldPlan
from awm.synthesis.proof import prove
from awm.synthesis.shelf import Ordered, Shelf
from awm.types import JsonObject
from awm.worlds import WorldFile

__all__ = ["Made", "Place", "Signed", "Workshop", "main", "make_world"]

_LONGEST_LINE: Final = 1 << 20
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); from awm.synthesis.workshop import main; main()"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a world stands on the shelf.

    Attributes:
        number: Its number there.
        row: Its scenario's row, which may say more than its plan.
    """

    number: int
    row: JsonObject


@dataclass(frozen=True, slots=True)
class Made:
    """A world that was finished.

    Attributes:
        index: Its number.
        title: Its name.
        tasks: How many tasks were proven.
        dropped: Why tasks were left out.
        seconds: How long it took.
    """

    index: int
    title: str
    tasks: int
    dropped: tuple[str, ...]
    seconds: float


async def make_world(
    plan: WorldPlan,
    order: Order,
    shelf: Shelf,
    catalogue: Catalogue,
    runtime: Runtime,
    pool: VerifierPool,
    place: Place | None = None,
) -> Made:
    """Write a world, prove it, and put it on the shelf.

    Args:
        plan: What was decided about it.
        order: Of what it is a part.
        shelf: Where it goes.
        catalogue: What the author knows.
        runtime: Where its code runs.
        pool: Where its verifiers run.
        place: Where it stands on the shelf, and as what; as its plan says if there is none.

    Raises:
        AwmError: It does not come to life, or the machinery failed.
    """
    started = perf_counter()
    manuscript = Manuscript(plan, catalogue, order.state)
    tasks = drafted_tasks(plan, manuscript.surface, manuscript.books, order.levels, order.state)
    proven = await prove(manuscript, tasks, order, runtime, pool)
    made = Made(
        plan.index,
        plan.title,
        proven.tasks,
        tuple(f"{each.why}: {each.task}" for each in proven.dropped),
        perf_counter() - started,
    )
    report = {"tasks": made.tasks, "dropped": list(made.dropped), "seconds": made.seconds}
    number, records = plan.index, proven.records
    if place is not None:
        number, records = place.number, {**records, WorldFile.SCENARIO: [place.row]}
    await asyncio.to_thread(shelf.put, number, records, proven.database, report)
    return made


class Workshop:
    """A process that makes worlds; see `open`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(
        cls,
        order: Order,
        folder: Path,
        *,
        signed: Ordered | None = None,
        allow_weak: bool = False,
        core: int | None = None,
    ) -> "Workshop":
        """Start the process.

        Args:
            order: What is to be made.
            folder: Where to.
            signed: What the shelf there was opened for, where that says more than the order.
            allow_weak: Whether to run where code cannot be jailed.
            core: The one that it and its workers keep to; None for all.
        """
        process = await asyncio.create_subprocess_exec(
            # -P: what lies in the folder where somebody works is not imported into this process.
            *(sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[2])),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is for whoever gives the orders
        )
        workshop = cls(process)
        await workshop._send(
            {
                "order": order.as_json(),
                "count": order.count,
                "folder": str(folder),
                "signed": (signed or order).as_json(),
                "weak": allow_weak,
                "core": core,
            }
        )
        return workshop

    async def make(self, row: Mapping[str, Any], place: int | None = None) -> Made:
        """Have a world made from the row of its scenario.

        Args:
            row: The row.
            place: The world's number on the shelf; the plan's own if there is none.

        Raises:
            WorldError: What is to be made does not come to life.
            InfrastructureError: The process died, or says what else went wrong.
        """
        await self._send({"row": row, "place": place})
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            code = await self._process.wait()
            raise InfrastructureError(
                f"The process that was making {row['name']!r} ended with {code}.",
                "Run the same command again: what was finished is kept.",
            )
        answer = json.loads(line)
        if "error" in answer:
            if answer["stillborn"]:
                raise WorldError(row["name"], answer["error"], answer["hint"])
            raise InfrastructureError(
                f"{row['name']!r} could not be made: {answer['error']}", answer["hint"]
            )
        return Made(**{**answer, "dropped": tuple(answer["dropped"])})

    async def close(self) -> None:
        """End the process; it puts its runtime away."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # whoever reads the answer is told


_PATIENCE: Final = 10.0
_COLLECTED: Final = 8
"""After how many worlds what they left behind is collected; a few MB each."""
_ROOM: Final = "Make room and run the same command again: what was finished is kept."


def main() -> None:
    """Make the worlds whose plans come in over standard input."""
    # Whoever started this process decides when it ends, and closes its standard input then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve())


async def _serve() -> None:
    lines = await _standard_input()
    first = json.loads(await lines.readline())
    if first["core"] is not None:
        os.sched_setaffinity(0, {first["core"]})
    order = Order.from_json(first["order"], first["count"])
    shelf = Shelf(Path(first["folder"]), Signed(first["signed"]))
    catalogue = Catalogue()
    # To look for garbage all the time takes a tenth of it; what is here already is none.
    gc.freeze()
    gc.disable()
    async with AsyncExitStack() as stack:
        # One world at a time: what has served the last one goes when the next one comes.
        weak = first["weak"]
        try:
            runtime = await stack.enter_async_context(Runtime(idle_workers=1, allow_weak=weak))
            pool = await stack.enter_async_context(
                VerifierPool(processes=1, idle_workers=1, allow_weak=weak)
            )
        except AwmError as error:
            if await lines.readline():
                _answer(_fault(_told(error), error.hint))
            return
        for number in count(1):
            line = await lines.readline()
            if not line:
                return
            if number % _COLLECTED == 0:
                gc.collect()
            answer: dict[str, Any]
            try:
                told = json.loads(line)
                plan = WorldPlan.from_row(told["row"])
                made = await make_world(plan, order, shelf, catalogue, runtime, pool, _place(told))
                answer = {name: getattr(made, name) for name in Made.__slots__}
            except AwmError as error:
                stillborn = isinstance(error, (WorldError, BlueprintError))
                answer = _fault(_told(error), error.hint, stillborn=stillborn)
            except OSError as error:
                where = f": {error.filename}" if error.filename else ""
                answer = _fault(f"{error.strerror}{where}.", _ROOM)
            _answer(answer)


def _answer(answer: Mapping[str, Any]) -> None:
    # If whoever gave the orders is gone: the world is on the shelf, and no further line comes.
    with suppress(BrokenPipeError):
        os.write(1, json.dumps(answer).encode() + b"\n")


def _place(told: Mapping[str, Any]) -> Place | None:
    number = told["place"]
    return None if number is None else Place(number, told["row"])


def _told(error: AwmError) -> str:
    """What went wrong, with the first of the problems behind it: that is what is to be mended."""
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    return " ".join([error.message, *(problem.what for problem in problems[:1])])


def _fault(what: str, hint: str, *, stillborn: bool = False) -> dict[str, Any]:
    return {"error": what, "hint": hint, "stillborn": stillborn}


@dataclass(frozen=True, slots=True)
class Signed:
    """What a shelf was opened for, as it came in."""

    content: JsonObject

    def as_json(self) -> dict[str, Any]:
        """The same."""
        return dict(self.content)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader
