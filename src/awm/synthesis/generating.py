"""Carrying out an order: plan, have the worlds made side by side, publish all of them at once."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from awm.errors import UsageError
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner, WorldPlan
from awm.synthesis.publishing import MANIFEST, check_folder, publishing
from awm.synthesis.shelf import Shelf
from awm.synthesis.sites import ONE, Site, workshops
from awm.synthesis.workshop import Made
from awm.worlds import WorldFile
from awm.worlds.holding import held

__all__ = ["Generated", "generate", "unfinished"]


@dataclass(frozen=True)
class Generated:
    """What came of an order.

    Attributes:
        worlds: How many worlds there are.
        tasks: How many tasks, all of them proven.
        dropped: How many drafts of tasks could not be proven and were left out.
        made: How many worlds were made now, and not found as they were left.
        seconds: How long it took.
        short: Worlds that have fewer tasks than were ordered.
    """

    worlds: int
    tasks: int
    dropped: int
    made: int
    seconds: float
    short: tuple[str, ...] = ()


async def generate(
    order: Order,
    folder: Path,
    *,
    site: Site = ONE,
    overwrite: bool = False,
    kept: Callable[[str], None] = lambda _title: None,
    done: Callable[[Made], None] = lambda _made: None,
) -> Generated:
    """Make worlds and write them to a folder.

    Args:
        order: What is wanted.
        folder: Where to.
        site: Where worlds are made, and how many at a time.
        overwrite: Whether worlds that are there already, or the rest of another order, may go.
        kept: Told the name of each world that is there from an earlier run.
        done: Told of each world that was made.

    Raises:
        UsageError: The order cannot be met, the folder holds something else, or another run is
            writing to it.
        WorldFileError: The folder cannot be written to.
        InfrastructureError: A world could not be made, or there is no room; what was finished is
            kept.
    """
    started = perf_counter()
    with held(folder):
        shelf = Shelf(folder, order)
        shelf.sweep()
        if not overwrite:
            shelf.check()
            check_folder(folder, order, shelf)
        planner = Planner(order.seed, selection=order.selection)
        stream = planner.plans(order.count)
        # The first plan tells whether the order can be met: one that cannot leaves nothing behind.
        plans = [next(stream)]
        made: list[Made] = []

        def note(world: Made) -> None:
            made.append(world)
            done(world)

        def as_planned() -> Iterator[WorldPlan]:
            """Plans while the first worlds are being made: planning takes its time too."""
            yield plans[0]
            for plan in stream:
                plans.append(plan)
                yield plan

        left = map(scenario_row, unfinished(as_planned(), shelf, kept))
        async with workshops(site, order, folder, most=order.count) as opened:
            shelf.open(overwrite=overwrite)  # not before it is known that there are any
            await opened.make_all(left, note)
        return _publish(plans, order, shelf, len(made), started, overwrite=overwrite)


def unfinished(
    plans: Iterable[WorldPlan],
    shelf: Shelf,
    kept: Callable[[str], None] = lambda _title: None,
) -> Iterator[WorldPlan]:
    """The plans whose worlds are not on the shelf yet; `kept` is told of the others."""
    there = shelf.done()
    for plan in plans:
        if plan.index in there and _is_of(plan, shelf):
            kept(plan.title)
        else:
            yield plan


def _is_of(plan: WorldPlan, shelf: Shelf) -> bool:
    """Whether the world that has the number of a plan was made from it, not from another's."""
    try:
        (row,) = shelf.lines(plan.index)[0][WorldFile.SCENARIO]
        return WorldPlan.from_row(json.loads(row)) == plan
    except (OSError, ValueError, KeyError, AttributeError, UsageError):
        return False  # it is nothing that we would have put there


def _publish(
    plans: Sequence[WorldPlan],
    order: Order,
    shelf: Shelf,
    made: int,
    started: float,
    *,
    overwrite: bool,
) -> Generated:
    with publishing(shelf, len(plans), overwrite=overwrite) as publisher:
        reports = [publisher.add(plan.index, plan.title) for plan in plans]
        short = (
            plan.title
            for plan, report in zip(plans, reports, strict=True)
            if report["tasks"] < order.tasks
        )
        found = Generated(
            worlds=len(plans),
            tasks=sum(report["tasks"] for report in reports),
            dropped=sum(len(report["dropped"]) for report in reports),
            made=made,
            seconds=perf_counter() - started,
            short=tuple(short),
        )
        publisher.add_file(MANIFEST, _manifest(order, found))
    return found


def _manifest(order: Order, found: Generated) -> bytes:
    content = {
        "order": order.as_json(),
        "worlds": found.worlds,
        "tasks": found.tasks,
        "dropped": found.dropped,
    }
    return (json.dumps(content, indent=2) + "\n").encode()
