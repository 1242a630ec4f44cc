"""Work side by side that ends in order when the budget is spent."""

import asyncio
from collections.abc import Awaitable, Callable

from awm.errors import BudgetError

__all__ = ["side_by_side"]


async def side_by_side(lane: Callable[[], Awaitable[None]], count: int) -> None:
    """Do the same in so many lanes, each of which takes up what is left until nothing is.

    A lane that has no budget left does not break the others off: they come to their next question
    and end there too, and nothing that was asked already, and will be paid for, is lost.

    Raises:
        BudgetError: A lane had no budget left; all of them have ended.
        Exception: What else a lane raised first; the others were cancelled.
    """
    spent: list[BudgetError] = []

    async def ending() -> None:
        try:
            await lane()
        except BudgetError as error:
            spent.append(error)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(ending())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if spent:
        raise spent[0]
