"""The lines in which fields and steps are asked for: as patterns for a server, and as readers.

A line is shorter than an object, and a pattern holds it as tightly as a schema does.
"""

import re
from typing import Final

from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Kind, Step

__all__ = ["FIELD", "NAME", "STEP", "WORDS", "read_field_line", "read_step_line"]

_WORD: Final = "[a-z]{2,14}"
_NAME: Final = f"{_WORD}(_{_WORD}){{0,2}}"

NAME: Final = f"^{_NAME}$"
"""A name in snake case."""

WORDS: Final = f"^{_WORD}( {_WORD}){{1,5}}$"
"""A few words."""

FIELD: Final = (
    f"^{_NAME}: (money [0-9]{{1,4}}\\.\\.[0-9]{{1,6}}|number [0-9]{{1,4}}\\.\\.[0-9]{{1,5}}"
    f"|one of {_NAME}(, {_NAME}){{1,4}}|date|yes or no)$"
)
"""A field: `hourly_price: money 5..40`."""

STEP: Final = f"^{_NAME}: {_NAME} -> {_NAME}$"
"""A step: `return: open -> returned`."""

_KINDS: Final[dict[str, Kind]] = {"money": "money", "number": "number"}
_ENDINGS: Final = {
    "money": re.compile(r"_(?:cents|dollars|usd|eur|in_cents)$"),
    "date": re.compile(r"_(?:date|on|day)$"),
}
_RANGE: Final = re.compile(r"(money|number) (\d+)\.\.(\d+)")


def read_field_line(line: str) -> FieldLine | None:
    """A field; None where a line is none."""
    if re.fullmatch(FIELD[1:-1], line) is None:
        return None
    name, _, said = line.partition(": ")
    if ranged := _RANGE.fullmatch(said):
        low, high = sorted((int(ranged[2]), int(ranged[3])))
        kind = _KINDS[ranged[1]]
        return FieldLine(_bare(name, kind), kind, low, max(high, low + 1))
    if said == "date":
        return FieldLine(_bare(name, "date"), "date")
    if said == "yes or no":
        return FieldLine(name, "flag")
    words = tuple(dict.fromkeys(said.removeprefix("one of ").split(", ")))
    return FieldLine(name, "choice", words=words) if len(words) > 1 else None


def _bare(name: str, kind: Kind) -> str:
    return _ENDINGS[kind].sub("", name) if kind in _ENDINGS else name


def read_step_line(line: str) -> Step | None:
    """A step; None where a line is none, or leads nowhere."""
    if re.fullmatch(STEP[1:-1], line) is None:
        return None
    verb, _, states = line.partition(": ")
    source, _, target = states.partition(" -> ")
    return None if source == target else Step(verb, (source,), target)
