"""Worlds on two sides of a border between splits that are nearly the same.

Who trains on one of them has seen the other, and what an evaluation of it shows is memory. Three
things tell: both come from one domain, their tools have mostly the same names, or their
descriptions mostly the same words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal, TypeAlias

from awm.rollout.splits import Split, Splits, group_of
from awm.worlds import World, WorldFile

__all__ = ["Crossing", "Likeness", "Portrait", "Thresholds", "crossings", "portrait_of"]

Likeness: TypeAlias = Literal["domain", "tools", "description"]

_OPERATION: Final = re.compile(r"""\boperation_id\s*=\s*["'](\w+)["']""")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_COMMON: Final = frozenset(
    _WORD.findall(
        """about after all also and any are been before but can does each every for from had has
        have here into its may more most must not off one only other our out over own same some such
        than that the their them then there these they this those through under until upon use used
        user users using was were what when where which while who will with within you your"""
    )
)
"""Words that say nothing about what a world is about."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on worlds count as near duplicates, each from 0 to 1.

    Attributes:
        tools: Jaccard's index of the names of their tools: what both have, as a share of what
            either has.
        description: The same of the words of their descriptions.
        fewest: Of how many names or words it has to be; of fewer, chance makes any two alike.
    """

    tools: float = 0.7
    description: float = 0.6
    fewest: int = 5


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is compared of a world, so that no two worlds have to be in memory at once.

    Attributes:
        name: Its name.
        split: On which side it stands.
        group: Its domain, if it has one.
        tools: The names of its tools.
        words: The words of its description, in lower case.
    """

    name: str
    split: Split
    group: str | None
    tools: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two worlds of different splits that are nearly the same.

    Attributes:
        first, second: Their names.
        splits: On which side each stands.
        likeness: What they have in common.
        value: How much of it, from 0 to 1.
        what: The domain; empty for the others.
    """

    first: str
    second: str
    splits: tuple[Split, Split]
    likeness: Likeness
    value: float
    what: str = ""

    def __str__(self) -> str:
        sides = f"{self.first} ({self.splits[0]}) and {self.second} ({self.splits[1]})"
        if self.likeness == "domain":
            return f"{sides} are of the domain {self.what}"
        of = "tools" if self.likeness == "tools" else "words of their descriptions"
        return f"{sides} share {self.value:.0%} of the {of}"


_THRESHOLDS: Final = Thresholds()


def portrait_of(world: World, splits: Splits) -> Portrait:
    """What is compared of a world."""
    return Portrait(
        name=world.name,
        split=splits.of(world),
        group=group_of(world),
        tools=frozenset(_tools_of(world)),
        words=frozenset(_WORD.findall(world.description.lower())) - _COMMON,
    )


def crossings(
    portraits: Iterable[Portrait], thresholds: Thresholds = _THRESHOLDS
) -> tuple[Crossing, ...]:
    """The near duplicates across splits, by name; a pair comes once for each likeness.

    Within a split worlds may be as alike as they please.

    Args:
        portraits: Of all worlds of a set.
        thresholds: What counts as nearly the same.
    """
    named = sorted(portraits, key=lambda portrait: portrait.name)
    pairs = ((one, other) for one, other in combinations(named, 2) if one.split != other.split)
    return tuple(found for one, other in pairs for found in _compared(one, other, thresholds))


def _compared(one: Portrait, other: Portrait, thresholds: Thresholds) -> Iterator[Crossing]:
    sides = (one.name, other.name, (one.split, other.split))
    if one.group is not None and one.group == other.group:
        yield Crossing(*sides, "domain", 1.0, one.group)
    tools = _jaccard(one.tools, other.tools, thresholds.fewest)
    if tools >= thresholds.tools:
        yield Crossing(*sides, "tools", tools)
    words = _jaccard(one.words, other.words, thresholds.fewest)
    if words >= thresholds.description:
        yield Crossing(*sides, "description", words)


def _jaccard(one: AbstractSet[str], other: AbstractSet[str], fewest: int) -> float:
    if min(len(one), len(other)) < fewest:
        return 0.0
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _tools_of(world: World) -> Iterator[str]:
    """The names of a world's tools as its files tell them: it is not brought to life for this."""
    groups: Any = (world.spec or {}).get("api_groups")
    for group in groups if isinstance(groups, list) else ():
        endpoints = group.get("endpoints") if isinstance(group, Mapping) else None
        for endpoint in endpoints if isinstance(endpoints, list) else ():
            name = endpoint.get("operation_id") if isinstance(endpoint, Mapping) else None
            if isinstance(name, str):
                yield name
    for row in world.records.get(WorldFile.ENVIRONMENT, ()):
        code = row.get("full_code")
        yield from _OPERATION.findall(code if isinstance(code, str) else "")
