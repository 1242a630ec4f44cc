"""The two tools that AWM agents know: `list_tools`, and `call_tool` for every tool of a world."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from awm.agents.toolbox import CallRefusedError, Toolbox, no_such_tool
from awm.trajectory import CALL_TOOL, LIST_TOOLS, TOOL_PREFIX, WrittenCall, meta_target
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["ARGUMENTS", "META_TOOLS", "MetaToolbox", "are_meta_tools", "is_listing", "listing"]

ARGUMENTS: Final = "Arguments: "
"""What begins the line of a tool's schema in a listing."""

META_TOOLS: Final = (
    ToolSpec(
        LIST_TOOLS,
        "List the tools of the application with their arguments. Call it first, and once.",
        {"type": "object", "properties": {}},
    ),
    ToolSpec(
        CALL_TOOL,
        "Call a tool of the application.",
        {
            "type": "object",
            "properties": {
                "tool_name": {"type": "string", "description": "Its name, from the list."},
                "arguments": {
                    "anyOf": [{"type": "object"}, {"type": "string"}],
                    "description": "Its arguments: an object, or JSON text of one.",
                },
            },
            "required": ["tool_name", "arguments"],
        },
    ),
)
"""What an agent is told of the two."""
_META_NAMES: Final = frozenset(tool.name for tool in META_TOOLS)


def are_meta_tools(names: Iterable[str]) -> bool:
    """Whether tools of these names are the two, behind which a world's own are."""
    return set(names) == _META_NAMES


def is_listing(call: ToolCall) -> bool:
    """Whether a call of one of the two asks for the list, and so reaches no world."""
    meant = meta_target(WrittenCall(call.name, call.arguments))
    name = call.name if meant is None else meant.name.removeprefix(TOOL_PREFIX)
    return name == LIST_TOOLS


def listing(tools: Sequence[ToolSpec]) -> str:
    """What `list_tools` answers: each tool with its prefixed name, its purpose and its schema."""
    parts = (
        f"{number}. {TOOL_PREFIX}{tool.name}\n{tool.description.strip()}\n"
        f"{ARGUMENTS}{json.dumps(tool.input_schema, ensure_ascii=False)}"
        for number, tool in enumerate(tools, 1)
    )
    return "\n\n".join([f"{len(tools)} tools:", *parts])


class MetaToolbox:
    """A toolbox behind the two tools; see `Toolbox`.

    Args:
        inner: Has the tools themselves.
        listed: Makes what `list_tools` answers; from the tools unless told. To make it takes
            longer than to call most tools, and whoever has many episodes with the same tools knows.
    """

    def __init__(self, inner: Toolbox, listed: Callable[[], str] | None = None) -> None:
        self._inner = inner
        self._listed = listed

    async def list(self) -> tuple[ToolSpec, ...]:
        """The two tools."""
        return META_TOOLS

    async def call(self, call: ToolCall) -> ToolResult:
        """List the tools, or call one of them.

        Raises:
            CallRefusedError: A call of `call_tool` names no tool that is there, or has arguments
                that are no object.
            InfrastructureError: Nobody can carry it out.
        """
        tools = await self._inner.list()
        if call.name == LIST_TOOLS:
            return self._listing(tools)
        meant = meta_target(WrittenCall(call.name, call.arguments))
        if meant is None or not meant.name:
            raise CallRefusedError("`tool_name` has to name a tool of the list.")
        name = meant.name.removeprefix(TOOL_PREFIX)
        arguments = meant.parsed()
        if arguments is None:
            raise CallRefusedError("`arguments` has to be an object, or JSON text of one.")
        names = [tool.name for tool in tools]
        if name in names:
            return await self._inner.call(ToolCall(name, arguments))
        if name == LIST_TOOLS:
            return self._listing(tools)
        nearest = no_such_tool(meant.name, names, TOOL_PREFIX)
        raise CallRefusedError(f"{nearest}. {LIST_TOOLS} tells of all.")

    def _listing(self, tools: Sequence[ToolSpec]) -> ToolResult:
        return ToolResult(listing(tools) if self._listed is None else self._listed())
