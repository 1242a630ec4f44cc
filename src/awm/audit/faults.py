"""What a world's tools did that no tool should do, and the calls that show it."""

import json
import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from awm.audit.arguments import EXTREMELY_ODD, Trial
from awm.errors import Problem
from awm.types import ToolCall, ToolResult
from awm.worlds.excerpts import excerpt

__all__ = ["FaultKind", "ToolFault", "fault_of", "problem_of", "signature", "words_of"]

FaultKind: TypeAlias = Literal[
    "server_error", "timeout", "crash", "memory", "too_large", "not_json"
]

_MOST_SHOWN: Final = 3
_LONGEST_READ: Final = 1_000_000
_VARIABLE: Final = re.compile(r"""(?<!\w)'[^']*(?:'|$)|"[^"]*(?:"|$)|[-+]?\d[\w.:+-]*""")
"""What differs from call to call in the words of one and the same exception."""

_WHAT: Final = {
    "server_error": "fails with status {status}",
    "timeout": "does not answer in time",
    "crash": "takes its process down or breaks off",
    "memory": "runs out of memory",
    "too_large": "answers with more than is allowed, or keeps too much",
    "not_json": "answers with text that is not JSON",
}
_HINTS: Final = {
    "server_error": "answer what cannot be done with a status of 400 to 499 and say why",
    "timeout": "bound what a single call may loop over",
    "crash": "leave the process alone and raise ordinary exceptions",
    "memory": "bound what a single call may read or build",
    "too_large": "bound the size of an answer, and keep state in the database",
    "not_json": "return what FastAPI can write as JSON",
}


@dataclass(frozen=True, slots=True)
class ToolFault:
    """A tool that failed in a way that is its world's fault.

    Attributes:
        tool: Its name.
        kind: How it failed.
        what: The exception's first line; empty where there was none.
        status: The HTTP status; None where no handler answered.
        label: What was special about the arguments, see `Trial`.
        oddity: How odd they were, see `Trial`.
        calls: Calls from the world's initial state of which the last one fails.
        reproduced: Whether they did so when tried again.
        seed: The instance's seed when they did.
        times: How often it was seen.
    """

    tool: str
    kind: FaultKind
    what: str
    status: int | None
    label: str
    oddity: int
    calls: tuple[ToolCall, ...]
    reproduced: bool
    seed: int = 0
    times: int = 1


def fault_of(trial: Trial, result: ToolResult) -> FaultKind | None:
    """How a result shows a fault of the world's; None where it shows none.

    A text with half a surrogate pair is JSON and no Unicode. FastAPI itself fails when it has to
    repeat one in an answer, whatever the world does, so that is nobody's fault here.
    """
    if result.fault is not None:
        return result.fault
    if result.status is not None and result.status >= 500:
        unspeakable = (result.exception or "").startswith("UnicodeEncodeError")
        return None if unspeakable and trial.kind == "lone surrogate" else "server_error"
    return None if result.is_error or _is_json(result.text) else "not_json"


def signature(kind: FaultKind, result: ToolResult) -> str:
    """Equal for results of the same cause: the exception without what differs between calls."""
    return f"{kind}: {result.status}: {_VARIABLE.sub('*', _first_line(result))}"


def _first_line(result: ToolResult) -> str:
    return (result.exception or "").strip().partition("\n")[0]


def words_of(result: ToolResult) -> str:
    """The first line of the exception, fit to be shown."""
    return excerpt(_first_line(result), 200)


def problem_of(world: str, fault: ToolFault) -> Problem:
    """The fault for the list of a world's problems.

    An error where an agent may run into it; a warning where it takes arguments that none sends by
    an honest mistake, and where an answer is merely unusual.
    """
    words = _WHAT[fault.kind].format(status=fault.status)
    cause = f" ({fault.what})" if fault.what else ""
    shown = " -> ".join(_shown(call) for call in fault.calls[-_MOST_SHOWN:])
    earlier = len(fault.calls) - _MOST_SHOWN
    before = f"after {earlier} more calls, " if earlier > 0 else ""
    unsure = "" if fault.reproduced else "; it did not happen again when this was repeated"
    extreme = " when its arguments are extreme" if fault.oddity >= EXTREMELY_ODD else ""
    mild = bool(extreme) or fault.kind == "not_json"
    return Problem(
        world=world,
        where=f"tool {excerpt(fault.tool, 80)}",
        what=f"{words}{cause}{extreme}: {before}{shown}{unsure}",
        hint=_HINTS[fault.kind],
        severity="warning" if mild else "error",
    )


def _shown(call: ToolCall) -> str:
    return excerpt(f"{call.name}({json.dumps(dict(call.arguments))})", 160)


def _is_json(text: str) -> bool:
    if not text or len(text) > _LONGEST_READ:
        return True  # such as the answer 204, which has none; and nobody reads that much twice
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
