"""Where worlds are made: in processes on this machine, or on the nodes of a Ray cluster."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from awm.synthesis.order import Order
from awm.synthesis.shelf import Ordered
from awm.synthesis.workshop import Workshop
from awm.synthesis.workshops import Workshops

__all__ = ["ONE", "Site", "workshops"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where worlds are made.

    Attributes:
        jobs: How many at a time; None for one on each core that there is.
        allow_weak: Whether also where code cannot be jailed.
        ray: The address of the Ray cluster whose nodes make them; None for this machine.
    """

    jobs: int | None = None
    allow_weak: bool = False
    ray: str | None = None


ONE: Final = Site(jobs=1)
"""One at a time, on this machine."""


@asynccontextmanager
async def workshops(
    site: Site,
    order: Order,
    folder: Path,
    *,
    signed: Ordered | None = None,
    most: int | None = None,
) -> AsyncIterator[Workshops]:
    """The workshops for an order. None is started before a world is to be made.

    Args:
        site: Where they are.
        order: What is to be made.
        folder: Whose shelf the worlds go to.
        signed: What the shelf there was opened for, where that says more than the order.
        most: How many can be of use.

    Raises:
        UsageError: The Ray cluster cannot be reached, or Ray is not installed.
    """
    if site.ray is None:
        jobs = _at_most(most, site.jobs or os.cpu_count() or 1)
        allow_weak = site.allow_weak
        here = partial(Workshop.open, order, folder, signed=signed, allow_weak=allow_weak)
        async with Workshops(partial(here, core=core) for core in _cores_for(jobs)) as opened:
            yield opened
        return
    from awm.ray import require_ray  # noqa: PLC0415 - an extra, which takes a second to import

    require_ray()
    from awm.synthesis.far_workshop import FarOrder, FarWorkshop, cluster, watched  # noqa: PLC0415

    async with cluster(site.ray) as processors:
        jobs = _at_most(most, site.jobs or processors)
        ordered = FarOrder.of(order, signed or order, allow_weak=site.allow_weak)
        there = partial(FarWorkshop.open, ordered, folder, signed or order)
        async with Workshops([there] * jobs) as opened, watched(opened):
            yield opened


def _at_most(most: int | None, jobs: int) -> int:
    return jobs if most is None else min(most, jobs)


def _cores_for(jobs: int) -> Sequence[int | None]:
    """A core for each job, where each can have one to itself and all are taken.

    A workshop and its workers take turns, so what one leaves in a core's cache serves the next.
    """
    try:
        cores = sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        cores = []
    return cores if len(cores) == jobs > 1 else [None] * jobs
