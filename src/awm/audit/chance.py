"""Does a world answer the same calls the same way twice?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from awm.errors import Problem, SnapshotError
from awm.runtime import Instance, Runtime, Snapshot
from awm.types import ToolCall, ToolResult
from awm.worlds import World
from awm.worlds.excerpts import excerpt

__all__ = ["check_chance"]

_CALLS: Final = 40


@dataclass(frozen=True, slots=True)
class _Step:
    """What one call came to in one of the two instances."""

    result: ToolResult
    after: Snapshot


async def check_chance(
    runtime: Runtime, world: World, calls: Sequence[ToolCall], *, seed: int
) -> list[Problem]:
    """Make the same calls in two instances of the same seed and compare answers and states.

    Args:
        runtime: Where they are launched.
        world: The world.
        calls: What to call, one after the other.
        seed: The seed of both.

    Returns:
        An error that names the first tool that was not the same twice, if there is one.
    """
    async with (
        await runtime.launch(world, seed=seed) as one,
        await runtime.launch(world, seed=seed) as other,
    ):
        first = await _played(one, calls[:_CALLS])
        second = await _played(other, calls[:_CALLS])
        for call, here, there in zip(calls, first, second, strict=False):
            what = await _difference(one, other, here, there)
            if what:
                return [_problem(world, call, what)]
    return []


async def _played(instance: Instance, calls: Sequence[ToolCall]) -> list[_Step]:
    steps = []
    for call in calls:
        result = await instance.call_tool(call.name, call.arguments)
        steps.append(_Step(result, await instance.snapshot()))
    return steps


async def _difference(one: Instance, other: Instance, here: _Step, there: _Step) -> str:
    if (here.result.status, here.result.text) != (there.result.status, there.result.text):
        if "timeout" in (here.result.fault, there.result.fault):
            return ""  # that depends on how busy the machine is
        return (
            f"the same call answered {excerpt(here.result.text, 100)!r} and then"
            f" {excerpt(there.result.text, 100)!r}"
        )
    if here.after.delta == there.after.delta:
        return ""
    try:
        await one.restore(here.after)
        await other.restore(there.after)
        alike = await one.state_hash() == await other.state_hash()
    except SnapshotError:
        return "the same call left a database that cannot be read"
    return "" if alike else "the same call left different rows"


def _problem(world: World, call: ToolCall, what: str) -> Problem:
    return Problem(
        world.name,
        f"tool {excerpt(call.name, 80)}",
        f"is not deterministic: in two instances of the same seed {what}",
        "keep no state in attributes and closures of functions: instances share them",
    )
