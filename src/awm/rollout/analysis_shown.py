"""What an agent had been shown before it acted, and whether a value was among it.

Of tools count what they say of themselves, their examples, defaults and choices. The numbers that
a listing counts them by are no values, nor are the bounds of an argument: nearly every small number
is among those, so nobody could be seen to make one up.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from awm.agents.meta import ARGUMENTS
from awm.trajectory import TOOL_PREFIX, Trajectory

__all__ = ["Shown"]

_LISTING: Final = re.compile(r"\d+ tools:\n")
_COUNTED: Final = re.compile(rf"^\d+(?: tools:$|\. (?={TOOL_PREFIX}))", re.MULTILINE)
_ARGUMENTS: Final = re.compile(rf"^{ARGUMENTS}(\{{.*\}})$", re.MULTILINE)
"""Of what `awm.agents.meta.listing` writes."""
_TELLING: Final = frozenset({"const", "default", "description", "enum", "example", "examples"})
"""What in a schema, or around it, tells of values that are meant."""


class Shown:
    """What an agent had been shown before a turn.

    Args:
        run: Its task and what its earlier calls answered.
        told: What it was told beside its task: text, or JSON of tools.
    """

    def __init__(self, run: Trajectory, told: str) -> None:
        results = ((turn, one.text) for turn, said in enumerate(run.turns) for one in said.results)
        shown = ((-1, run.task), (-1, _of_tools(told)), *results)
        texts = ((turn, _of_listing(text)) for turn, text in shown)
        self._texts = [(turn, text, text.lower()) for turn, text in texts]

    def has(self, value: str, turn: int) -> bool:
        """Whether a value had been shown before a turn, as a word of its own."""
        # Neither the end of a longer number nor the digits behind its point.
        whole = re.compile(rf"(?<!\w)(?<!\d\.){re.escape(value)}(?!\w)(?!\.\d)", re.IGNORECASE)
        lower = value.lower()
        return any(
            shown < turn
            # Most texts do not hold it at all, which is found out far faster so; beyond ASCII a
            # letter may have several lower ones.
            and (lower in lowered or not (value.isascii() and text.isascii()))
            and whole.search(text)
            for shown, text, lowered in self._texts
        )


def _of_listing(text: str) -> str:
    """A result, without what a listing of tools has beside values."""
    if not _LISTING.match(text):
        return text
    return _ARGUMENTS.sub(lambda found: _of_tools(found[1]), _COUNTED.sub("", text))


def _of_tools(text: str) -> str:
    """What JSON of tools, or of a schema, shows of values; any other text as it is."""
    try:
        tools = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return "\n".join(_values(tools)) if isinstance(tools, list | dict) else text


def _values(tools: Any) -> Iterator[str]:
    waiting: list[tuple[Any, bool]] = [(tools, False)]
    while waiting:
        value, telling = waiting.pop()
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key == "properties" and isinstance(inner, Mapping) and not telling:
                    waiting += ((each, False) for each in inner.values())  # whatever their names
                else:
                    waiting.append((inner, telling or key in _TELLING))
        elif isinstance(value, list):
            waiting += ((each, telling) for each in value)
        elif telling:
            yield str(value)
