"""What is told of attempts and of what was mended over them."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from awm.agents import shortened
from awm.runtime import StateDiff
from awm.types import ToolCall
from awm.verify import diff_lines

__all__ = ["attempt_shown", "diff_shown", "first_lines"]

_CHARACTERS: Final = 3_000
_LINES: Final = 30


def attempt_shown(calls: Sequence[ToolCall], answer: str | None) -> str:
    """An attempt: its calls, one a line, and what was said in the end."""
    lines = [
        f"  {call.name}({json.dumps(dict(call.arguments), ensure_ascii=False)})" for call in calls
    ]
    said = "None" if answer is None else json.dumps(answer, ensure_ascii=False)
    made = shortened("\n".join(lines), _CHARACTERS) or "  (none)"
    return f"The calls:\n{made}\nThe final answer: {said}"


def diff_shown(diff: StateDiff) -> str:
    """What was changed in a database, a line for each row."""
    lines = [*diff_lines(diff)]
    more = ["..."] if len(lines) > _LINES else []
    return "\n".join([*lines[:_LINES], *more]) or "(not at all)"


def first_lines(texts: Iterable[str]) -> list[str]:
    """Of each text its first line: for reports, which have no room for the evidence."""
    return [text.partition("\n")[0].strip() for text in texts]
