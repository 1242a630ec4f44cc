"""The three tools through which agents act here, and what agents are told of them."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from awm.agents.briefs import moment_told
from awm.types import ToolSpec

__all__ = [
    "CALL",
    "LIST",
    "SUBMIT",
    "CallInput",
    "ListInput",
    "SubmitInput",
    "prompt",
    "tools_told",
]

LIST: Final = "list_scenario_tools"
CALL: Final = "call_scenario_tool"
SUBMIT: Final = "submit"

_TOOLS: Final = (
    ToolSpec(
        LIST,
        "List the tools of the application with their arguments. Call it first, and once.",
        {"type": "object", "properties": {}},
    ),
    ToolSpec(
        CALL,
        "Call a tool of the application.",
        {
            "type": "object",
            "properties": {
                "tool_name": {"type": "string", "description": "Its name, from the list."},
                "arguments": {
                    "anyOf": [
                        {"type": "object", "additionalProperties": True},
                        {"type": "string"},
                        {"type": "null"},
                    ],
                    "description": "Its arguments: an object, or JSON text of one.",
                },
            },
            "required": ["tool_name"],
        },
    ),
    ToolSpec(
        SUBMIT,
        "Say that the task is done, which ends the episode. Call it once, in the end.",
        {
            "type": "object",
            "properties": {
                "final_answer": {
                    "type": "string",
                    "description": "The answer, where the task asks for one.",
                },
            },
        },
    ),
)

_HOW: Final = (
    f"You act in an application. Call {LIST} first to see its tools, then {CALL} to use them, as"
    f" often as you need. When the task is done, or cannot be done, call {SUBMIT} with your final"
    " answer."
)

_BLOCKS: Final = ("text", "image", "reasoning", "tool_call", "tool_result")
"""What messages may be made of in this version of the protocol; ours have text only."""


class ListInput(BaseModel):
    """What `list_scenario_tools` takes: nothing that matters."""

    model_config = ConfigDict(extra="ignore")


class CallInput(BaseModel):
    """What `call_scenario_tool` takes.

    Attributes:
        tool_name: Which of the world's tools.
        arguments: An object, JSON text of one, or nothing.
    """

    model_config = ConfigDict(extra="forbid")

    tool_name: str = Field(max_length=256)
    arguments: dict[str, Any] | str | None = None


class SubmitInput(BaseModel):
    """What `submit` takes.

    Attributes:
        final_answer: What the agent says in the end.
    """

    model_config = ConfigDict(extra="forbid")

    final_answer: str | None = None


def tools_told() -> dict[str, Any]:
    """The tools, as they go over the wire."""
    return {
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            for tool in _TOOLS
        ],
        "terminal_tool": None,
        "supports_score_group": False,
        "message_block_types": list(_BLOCKS),
    }


def prompt(sentence: str, clock: datetime) -> str:
    """What an agent is told in the beginning.

    Args:
        sentence: What to do.
        clock: The moment at which its world stands.
    """
    return f"{sentence}\n\n{_HOW} {moment_told(clock)}"
