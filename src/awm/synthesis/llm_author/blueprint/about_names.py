"""What single things are called."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from awm.errors import Problem
from awm.synthesis.llm_author.blueprint.asking import (
    Answer,
    Part,
    Taken,
    closed,
    inside,
    like,
    list_of,
    strings_in,
    warning,
)
from awm.synthesis.llm_author.blueprint.sketch import Record, Size, Sketch
from awm.synthesis.llm_author.blueprint.words import plural, spoken
from awm.types import JsonObject

__all__ = ["NAMES"]


def _names_schema(sketch: Sketch, size: Size) -> JsonObject:
    each = list_of(like(_TITLE), size.names, size.names + 2) if size.own else _by_initials()
    return closed({thing.name: each for thing in sketch.sorted("thing")}, "names")


def _by_initials() -> dict[str, Any]:
    """One name for each few letters: small models repeat themselves in lists."""
    return closed({letters: like(_beginning(letters)) for letters in _INITIALS})


_INITIALS: Final = ("A-B", "C-D", "E-G", "H-K", "L-N", "O-P", "Q-S", "T-W")


def _beginning(letters: str) -> str:
    return _TITLE.replace("[A-Z]", f"[{letters}]", 1)


_TITLE: Final = "^[A-Z][A-Za-z0-9]{1,14}( [A-Za-z0-9]{1,14}){0,3}$"
_LONGEST_TITLE: Final = 60
_FEWEST_NAMES: Final = 8


def _names_told(sketch: Sketch, size: Size) -> dict[str, str]:
    things = "\n".join(each.name for each in sketch.sorted("thing"))
    wanted = f"a list of {size.names} different names" if size.own else _WANTED
    return {"business": sketch.business, "things": things, "wanted": wanted}


_WANTED: Final = (
    'an object with eight names by their first letters, such as {"A-B": "Birch Room", ...}'
)


def _names_taken(sketch: Sketch, size: Size, answer: Answer) -> Taken:
    problems: list[Problem] = []
    changed: dict[str, Record] = {}
    for thing in sketch.sorted("thing"):
        written = inside(answer, thing.name) or {"": answer.get(thing.name)}
        listed = [text for each in written.values() for text in strings_in(each)]
        names = _different(filter(_is_title, listed))
        if len(names) < size.names:
            what = f"{len(names)} different names can be used, and {size.names} are needed."
            hint = f"Write names of single {spoken(plural(thing.name))}, all different."
            problems.append(warning(sketch, thing.name, what, hint))
        changed[thing.name] = replace(thing, names=_enough(thing, names))
    return sketch.changed(changed), problems


def _different(names: Iterable[str]) -> list[str]:
    """Names of which none is the plural of another, or the same in other letters."""
    return list({name.lower().rstrip("s"): name for name in reversed(list(names))}.values())[::-1]


def _is_title(text: str) -> bool:
    return 1 < len(text) <= _LONGEST_TITLE and text[0].isupper() and _SPECIAL.isdisjoint(text)


_SPECIAL: Final = frozenset('{}#"')
"""What means something in vocabulary, and the quotation mark."""


def _enough(thing: Record, names: Sequence[str]) -> tuple[str, ...]:
    """The names, topped up where they are too few."""
    said = spoken(thing.name).title()
    told_apart = (f"{each} {said}" for each in _QUALITIES)
    return tuple(dict.fromkeys((*names, *told_apart)))[: max(len(names), _FEWEST_NAMES)]


_QUALITIES: Final = ("North", "South", "Old", "New", "Blue", "Green", "Harbour", "Garden")
"""What tells things apart that have no names."""


NAMES: Final = Part("names", _names_schema, _names_told, _names_taken)
