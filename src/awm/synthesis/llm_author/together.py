"""Several things at once that ask a model, with what comes of them in order."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from awm.errors import LLMError

__all__ = ["together"]

T = TypeVar("T")


async def together(work: Iterable[Awaitable[T]]) -> list[T]:
    """Do several things at once.

    One that fails over its model, or has no budget left, does not break the others off: what they
    asked is paid for, and its answer is wanted. They go on until they are done, or fail too.

    Returns:
        What comes of them, in the order in which they were given, whichever was done first.

    Raises:
        LLMError: The first of them that failed so, in their order; all of them have ended.
        Exception: What else one raised first; the others were cancelled.
    """
    done: dict[int, T] = {}
    failed: dict[int, LLMError] = {}

    async def ending(place: int, each: Awaitable[T]) -> None:
        try:
            done[place] = await each
        except LLMError as error:
            failed[place] = error

    try:
        async with asyncio.TaskGroup() as group:
            for place, each in enumerate(work):
                group.create_task(ending(place, each))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if failed:
        raise failed[min(failed)]
    return [done[place] for place in sorted(done)]
