"""Several questions at once, with what comes of them in order."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from awm.errors import BudgetError

__all__ = ["together"]

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do several things at once.

    One that has no budget left does not break the others off: what they asked is paid for.

    Returns:
        What comes of them, in the order in which they were given, whichever was done first.

    Raises:
        BudgetError: One had no budget left; all of them have ended.
        Exception: What else the work raised first; the rest is cancelled.
    """
    done: dict[int, T] = {}
    spent: list[BudgetError] = []

    async def ending(place: int, each: Coroutine[Any, Any, T]) -> None:
        try:
            done[place] = await each
        except BudgetError as error:
            spent.append(error)

    try:
        async with asyncio.TaskGroup() as group:
            for place, each in enumerate(work):
                group.create_task(ending(place, each))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if spent:
        raise spent[0]
    return [done[place] for place in sorted(done)]
