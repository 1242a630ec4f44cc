"""The same work for many names, a few at a time."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable

__all__ = ["for_each"]


async def for_each(
    work: Callable[[str], Awaitable[None]], names: Iterable[str], jobs: int | None = None
) -> None:
    """Do the same work for each name, so many at a time.

    Raises:
        Exception: What the work raised first; the rest is cancelled.
    """
    remaining = iter(names)

    async def lane() -> None:
        for name in remaining:
            await work(name)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs or os.cpu_count() or 1):
                group.create_task(lane())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
