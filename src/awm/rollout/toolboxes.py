"""The tools of an instance, as agents are given them."""

from collections.abc import Sequence
from typing import TypeAlias

from awm.agents import CallRefusedError
from awm.errors import UsageError
from awm.runtime import Instance
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["InstanceToolbox", "MadeCall"]

MadeCall: TypeAlias = tuple[ToolCall, ToolResult]
"""A call that was carried out, and what it answered."""


class InstanceToolbox:
    """The tools of an instance (see `awm.agents.Toolbox`), with a record of their use.

    Args:
        instance: Nobody else may use it.
        known: Calls that were carried out before, with what they answered. They are made again in
            the same order, and come to the same without a call: the instance is in the state that
            they left.

    Attributes:
        made: The calls that were carried out, in order, each with its result.
    """

    def __init__(self, instance: Instance, known: Sequence[MadeCall] = ()) -> None:
        self._instance = instance
        self._known = known
        self.made: list[MadeCall] = []

    async def list(self) -> tuple[ToolSpec, ...]:
        """The world's tools, in its order."""
        return self._instance.world.tools

    async def call(self, call: ToolCall) -> ToolResult:
        """Call one of them.

        Raises:
            CallRefusedError: Its arguments cannot be said in JSON.
            InfrastructureError: No worker can carry it out.
            WorldError: The world is damaged.
        """
        result = self._known_result(call)
        if result is None:
            try:
                result = await self._instance.call_tool(call.name, call.arguments)
            except UsageError as error:  # what was asked for cannot be said in JSON
                raise CallRefusedError(error.message) from None
        self.made.append((call, result))
        return result

    def _known_result(self, call: ToolCall) -> ToolResult | None:
        """What the call answered before; None where it was not made before."""
        if len(self.made) >= len(self._known):
            return None
        made, result = self._known[len(self.made)]
        return result if made == call else None  # it differs where this one cannot be made at all
