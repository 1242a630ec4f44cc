"""A policy that says what was written for it: for tests, reference solutions and recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from awm.agents.assignment import Assignment
from awm.agents.meta import are_meta_tools
from awm.agents.policy import Actor, Heard, Said
from awm.errors import UsageError
from awm.trajectory import CALL_TOOL, LIST_TOOLS, WrittenCall
from awm.types import ToolCall, ToolSpec

__all__ = ["Script", "ScriptedPolicy"]

Script: TypeAlias = Sequence[ToolCall | str | Said]
"""What is said turn by turn: a call of one of the world's tools, the text of an answer, or a reply
as it stands."""


@dataclass(frozen=True, slots=True)
class ScriptedPolicy:
    """Follows a script for each task (see `Policy`).

    Where agents act through `list_tools` and `call_tool`, its calls go that way, and the tools are
    listed first. A script that ends without an answer is answered with the empty text.

    Attributes:
        scripts: By the name of the world and the number of the task.
        name: What to call it in reports.
    """

    scripts: Mapping[tuple[str, int], Script] = field(hash=False)
    name: str = "scripted"

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:  # noqa: ARG002
        """An actor that follows the task's script, whatever the seed.

        Raises:
            UsageError: There is no script for it.
        """
        script = self.scripts.get((assignment.world, assignment.task_idx))
        if script is None:
            raise UsageError(
                f"there is no script for {assignment.world} task {assignment.task_idx}.",
                "Write one, or select the tasks that have one.",
            )
        return _ScriptedActor(script, meta=are_meta_tools(tool.name for tool in tools))


class _ScriptedActor:
    def __init__(self, script: Script, *, meta: bool) -> None:
        opening = (Said("", (WrittenCall(LIST_TOOLS, {}),)),) if meta else ()
        self._left = iter((*opening, *script))
        self._meta = meta

    async def speak(self, heard: Heard) -> Said:  # noqa: ARG002 - nothing changes its mind
        """The next step of the script."""
        step = next(self._left, "")
        if isinstance(step, Said):
            return step
        if isinstance(step, str):
            return Said(step, answer=step)
        return Said("", (_written(step, meta=self._meta),))


def _written(call: ToolCall, *, meta: bool) -> WrittenCall:
    arguments = dict(call.arguments)
    if not meta:
        return WrittenCall(call.name, arguments)
    return WrittenCall(CALL_TOOL, {"tool_name": call.name, "arguments": arguments})
