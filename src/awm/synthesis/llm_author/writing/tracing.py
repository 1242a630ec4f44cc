"""Finds the line of a world's code at which a call fails.

A call's result names the exception and not the place. So the failing calls are made again in a copy
of the world whose application answers a failure with the line at which it came about.
"""

import re
from collections.abc import Sequence
from typing import Final

from awm.audit.faults import ToolFault
from awm.errors import WorldError
from awm.runtime import Instance, Runtime
from awm.types import ToolResult
from awm.worlds import World, WorldFile

__all__ = ["Traced", "trace"]

_TELLTALE: Final = """


def _tell_lines(application):
    from traceback import extract_tb

    from starlette.responses import JSONResponse

    @application.exception_handler(Exception)
    async def tell(request, error):
        here = tell.__code__.co_filename
        lines = [step.lineno for step in extract_tb(error.__traceback__) if step.filename == here]
        return JSONResponse({"failed_at_line": lines[-1] if lines else None}, status_code=500)


_tell_lines(app)
"""
_LINE: Final = re.compile(r'"failed_at_line":\s*(\d+)')

Traced = tuple[str, int | None]
"""An exception in its own words, and the line at which it was raised; None outside the code."""


async def trace(runtime: Runtime, world: World, faults: Sequence[ToolFault]) -> list[Traced | None]:
    """Make the calls of faults again and say for each what is raised where.

    Args:
        runtime: Where.
        world: The world that has them.
        faults: What failed.

    Returns:
        One for each fault, in order; None where nothing is raised this time.

    Raises:
        InfrastructureError: No worker can be kept alive.
    """
    if not faults:
        return []
    try:
        instance = await runtime.launch(_telling(world), seed=faults[0].seed)
    except WorldError:  # it does something unusual with `app`; it is told without lines then
        return [None] * len(faults)
    async with instance:
        return [await _traced(instance, fault) for fault in faults]


async def _traced(instance: Instance, fault: ToolFault) -> Traced | None:
    await instance.reset(fault.seed)
    result: ToolResult | None = None
    for call in fault.calls:
        result = await instance.call_tool(call.name, call.arguments)
    if result is None or not result.exception:
        return None
    line = _LINE.search(result.text)
    return result.exception, int(line[1]) if line else None


def _telling(world: World) -> World:
    row = {**world.records[WorldFile.ENVIRONMENT][-1], "full_code": world.code + _TELLTALE}
    records = {**world.records, WorldFile.ENVIRONMENT: (row,)}
    return World.from_records(records, database_file=world.database_file)
