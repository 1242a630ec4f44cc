"""What an agent acts through."""

import difflib
from collections.abc import Sequence
from typing import Final, Protocol

from awm.errors import AwmError
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["CallRefusedError", "Toolbox", "no_such_tool"]

_MOST_LIKE: Final = 5
_LONGEST_NAME: Final = 100
"""To compare two names takes the product of their lengths."""


class CallRefusedError(AwmError):
    """A call cannot be carried out as it was made, and the message tells its agent why.

    That is a misstep like a call that cannot be read, whichever way agents call tools.
    """


class Toolbox(Protocol):
    """Some tools, and somebody who carries out calls of them."""

    async def list(self) -> tuple[ToolSpec, ...]:
        """The tools, the same ones each time."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Carry out a call of a tool that is listed.

        Whatever the tool makes of it comes back as a result.

        Raises:
            CallRefusedError: It is no call of any tool, whatever the state of things.
            InfrastructureError: Nobody can carry it out.
        """
        ...


def no_such_tool(name: str, tools: Sequence[str], prefix: str = "") -> str:
    """What an agent is told that calls a tool which is not there: the names most like it.

    Several, however unlike: a model that is told one name calls it, whatever it does.

    Args:
        name: What it called.
        tools: The names of those that are there.
        prefix: What their names have before them where the agent sees them.
    """
    name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    like = difflib.get_close_matches(name.removeprefix(prefix), tools, _MOST_LIKE, cutoff=0)
    names = ", ".join(f"{prefix}{each}" for each in like)
    return f"there is no tool {name!r}. There are, among others: {names}"
