"""What later calls take from earlier answers, when the same calls are made again.

An oracle is written down with the values that it got: the identifier of the order that its first
call placed stands in its second one. At another time and with other dice the order has another
identifier, and an agent would name that. So would a replay: what an earlier answer said at the same
place is put where the old value stood.

Only values that can hardly be meant otherwise are carried over: texts of at least six characters
and whole numbers from 1,000. A number such as 3 may be anything.
"""

import json
from typing import Any, Final

from awm.types import ToolCall

__all__ = ["Carrying"]

_SHORTEST_TEXT: Final = 6
_LEAST_NUMBER: Final = 1_000
_DEEPEST: Final = 32


class Carrying:
    """Learns what is called otherwise this time, and says it in later calls."""

    def __init__(self) -> None:
        self._now: dict[str | int, str | int] = {}
        self._ambiguous: set[str | int] = set()

    def learn(self, before: str, now: str) -> None:
        """Compare what a call answered with what it answers now.

        Anything but JSON is passed over.
        """
        if before == now:
            return
        try:
            self._walk(json.loads(before), json.loads(now), 0)
        except (ValueError, RecursionError):
            return

    def call(self, call: ToolCall) -> ToolCall:
        """The call with the values of this time."""
        if not self._now:
            return call
        return ToolCall(call.name, {name: self._put(v, 0) for name, v in call.arguments.items()})

    def _walk(self, before: Any, now: Any, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(before, dict) and isinstance(now, dict):
            for key in before.keys() & now.keys():
                self._walk(before[key], now[key], depth + 1)
        elif isinstance(before, list) and isinstance(now, list):
            for one, other in zip(before, now, strict=False):
                self._walk(one, other, depth + 1)
        elif (
            _telling(before)
            and type(before) is type(now)
            and self._now.setdefault(before, now) != now
        ):
            self._ambiguous.add(before)

    def _put(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return value
        if isinstance(value, dict):
            return {key: self._put(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._put(inner, depth + 1) for inner in value]
        known = _telling(value) and value in self._now and value not in self._ambiguous
        return self._now[value] if known else value


def _telling(value: object) -> bool:
    if isinstance(value, str):
        return len(value) >= _SHORTEST_TEXT
    return type(value) is int and abs(value) >= _LEAST_NUMBER
