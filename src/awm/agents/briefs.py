"""How agents are told what to do: a brief for each format; the texts stand in `prompts/`.

A file is `<format>.md`: a line `version: N`, what the system message says, a line `---`, and what
the user message says, with `$words` where values go. The number goes up with every change of what
it says, and of how results are told under it: agents under different briefs cannot be compared, and
evaluations remember theirs.

What is the same for all tasks of a world comes first and the task last, so that servers which keep
the beginnings of questions read the rules and the tools once. All agents are signed in already, as
the user with id 1: worlds begin there.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from string import Template
from typing import Final, TypeAlias

from awm.agents.assignment import Assignment
from awm.agents.telling import in_brief, tools_told
from awm.errors import UsageError
from awm.llm import Message
from awm.types import ToolSpec

__all__ = ["Brief", "DefaultBrief", "brief_for", "moment_told"]

Brief: TypeAlias = Callable[[Assignment, Sequence[ToolSpec]], tuple[Message, ...]]
"""Makes the messages with which an agent starts: the rules, the tools, the task."""

_FILE: Final = re.compile(r"version: (\d+)\n+(.*?)\n---\n+(.*)", re.DOTALL)
_THINK: Final = (
    "In every reply, think first, between <think> and </think>: what is known by now, what is "
    "missing, and which step comes next. What you say to the user stands behind that."
)


def moment_told(clock: datetime) -> str:
    """What an agent is told of the moment at which its world stands; it cannot know otherwise."""
    return f"In the application it is {clock:%A, %Y-%m-%d %H:%M} UTC."


def _functions(tools: Sequence[ToolSpec]) -> str:
    """Tools as Qwen's chat templates write them, a line each."""
    return "\n".join(json.dumps(_function(in_brief(tool)), ensure_ascii=False) for tool in tools)


def _function(tool: ToolSpec) -> Mapping[str, object]:
    told = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": told}


def _untold(tools: Sequence[ToolSpec]) -> str:
    """Nothing: the tools go to the server beside the messages."""
    del tools
    return ""


_TOLD: Final[Mapping[str, Callable[[Sequence[ToolSpec]], str]]] = {
    "awm": _functions,
    "native": _untold,
    "native-meta": _untold,
    "json": tools_told,
}


def brief_for(
    format_name: str,
    *,
    thinking: bool | None = None,
    setting: Callable[[Assignment], str] = lambda _: "",
) -> "DefaultBrief":
    """The default brief of a format.

    Args:
        format_name: The format.
        thinking: Whether agents are asked for their thoughts before everything they say.
        setting: A line on what an agent knows of the world at the start, such as the present
            moment, which it cannot know otherwise; empty for none.

    Raises:
        UsageError: There is no such format.
    """
    if format_name not in _TOLD:
        known = ", ".join(_TOLD)
        raise UsageError(f"there is no format {format_name!r} of calls.", f"There are {known}.")
    return DefaultBrief(format_name, thinking is True, setting)


@dataclass(frozen=True, slots=True)
class DefaultBrief:
    """What agents are told under one format (see `Brief`); `brief_for` makes it.

    Attributes:
        format_name: The format.
        thinking: Whether they are asked for their thoughts.
        setting: A line on the world of a task.
    """

    format_name: str
    thinking: bool
    setting: Callable[[Assignment], str]

    def __call__(self, assignment: Assignment, tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
        """The rules and the tools as the system's message, and the task as the user's."""
        _, system, user = _prompt(self.format_name)
        told = Template(system).substitute(tools=_TOLD[self.format_name](tools))
        parts = [told, _THINK if self.thinking else "", self.setting(assignment).strip()]
        return (
            Message("system", "\n\n".join(filter(None, parts))),
            Message("user", Template(user).substitute(task=assignment.task)),
        )

    @property
    def version(self) -> int:
        """The number of its text."""
        return _prompt(self.format_name)[0]


@cache
def _prompt(name: str) -> tuple[int, str, str]:
    """The version, the system message and the user message of a file; it has to be there."""
    file = resources.files(__package__ or "") / "prompts" / f"{name}.md"
    found = _FILE.fullmatch(file.read_text(encoding="utf-8").strip())
    if found is None:
        raise ValueError(f"prompts/{name}.md has not the form of a brief")
    return int(found[1]), found[2].strip(), found[3].strip()
