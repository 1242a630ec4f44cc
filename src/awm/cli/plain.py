"""What `--json` prints of the things that several commands print."""

from typing import Any

from awm.errors import Problem
from awm.types import ToolSpec

__all__ = ["plain_problem", "plain_tool"]


def plain_problem(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "world": problem.world,
        "where": problem.where,
        "what": problem.what,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def plain_tool(tool: ToolSpec) -> dict[str, Any]:
    """A tool as JSON."""
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.input_schema),
    }
