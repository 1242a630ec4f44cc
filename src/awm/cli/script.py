"""What to play in a world for people to watch: a task's reference solution, or made up calls."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from awm.runtime import Instance, Runtime
from awm.types import ToolCall, ToolSpec
from awm.worlds import World, WorldFile

__all__ = ["Script", "changing_scripts", "find_reading_call", "scripts_of"]

_LONGEST: Final = 8
"""Calls; a longer script is not read."""


@dataclass(frozen=True, slots=True)
class Script:
    """Calls to be played one after the other.

    Attributes:
        title: What they are for.
        calls: In order.
    """

    title: str
    calls: tuple[ToolCall, ...]


def scripts_of(world: World) -> list[Script]:
    """The reference solutions that came with a world, those that are good to watch first."""
    scripts = [
        Script(world.tasks[index], _calls(row))
        for row in world.records.get(WorldFile.ORACLE, ())
        if isinstance(index := row.get("task_idx"), int) and 0 <= index < len(world.tasks)
    ]
    playable = [script for script in scripts if script.calls]
    return sorted(playable, key=lambda one: (len(one.calls) > _LONGEST, -len(one.calls)))


async def changing_scripts(runtime: Runtime, world: World) -> AsyncGenerator[Script]:
    """Scripts that leave the world changed, found by playing them in instances of their own."""
    tools = (await runtime.prepare(world)).tools
    made_up = [Script(f"Try {tool.name}.", (_made_up_call(tool),)) for tool in tools]
    for script in [*scripts_of(world), *made_up]:
        async with await runtime.launch(world) as instance:
            if await play(instance, script) and await instance.diff():
                yield script


async def play(instance: Instance, script: Script) -> bool:
    """Play a script; tell whether every call went well."""
    for call in script.calls:
        if (await instance.call_tool(call.name, call.arguments)).is_error:
            return False
    return True


async def find_reading_call(runtime: Runtime, world: World) -> ToolCall | None:
    """A call that answers and changes nothing, found by trying; None if there is none."""
    tools = (await runtime.prepare(world)).tools
    async with await runtime.launch(world) as instance:
        for tool in sorted(tools, key=lambda tool: len(tool.input_schema.get("required", ()))):
            call = _made_up_call(tool)
            result = await instance.call_tool(call.name, call.arguments)
            if not result.is_error and not await instance.diff():
                return call
            await instance.reset()
    return None


def _calls(row: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    calls = row.get("calls")
    return tuple(
        ToolCall(call["tool"], call.get("arguments") or {})
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, Mapping) and isinstance(call.get("tool"), str)
    )


def _made_up_call(tool: ToolSpec) -> ToolCall:
    properties = tool.input_schema.get("properties") or {}
    required = tool.input_schema.get("required") or ()
    return ToolCall(tool.name, {name: _made_up(properties.get(name) or {}) for name in required})


def _made_up(schema: Mapping[str, Any]) -> Any:
    """A value that a schema allows, as far as a glance can tell."""
    for key in ("default", "const"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _made_up(schema[key][0])
    least = schema.get("minimum", 1)
    plain: dict[Any, Any] = {
        "integer": least,
        "number": least,
        "boolean": True,
        "array": [],
        "object": {},
    }
    return plain.get(schema.get("type"), "example")
