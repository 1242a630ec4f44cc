"""Worlds on two sides of a border between splits that are nearly the same.

Who trains on one of them has seen the other, and what an evaluation of it shows is memory. What
tells are domain, code, tables, tools, and the words of tasks and descriptions. Nothing is run for
this: a world's files are read as text. Its own name counts for nothing, so that a copy under
another name is known again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Any, Final, Literal, TypeAlias

from awm.rollout.splits import Split, Splits, group_of
from awm.worlds import World, WorldFile

__all__ = ["Common", "Crossing", "Likeness", "Portrait", "Thresholds", "crossings", "portrait_of"]

Likeness: TypeAlias = Literal["domain", "code", "tables", "tools", "tasks", "description"]

_OPERATION: Final = re.compile(r"""operation_id\s*=\s*["'](\w+)["']""")
_ROUTE: Final = re.compile(
    r"@\w+\.(?:api_route|delete|get|head|options|patch|post|put|trace)\b(.*?)\bdef\s+(\w+)",
    re.DOTALL,
)
"""A decorator that makes a tool, what it says, and the name of its function."""
_TABLE: Final = re.compile(r"""__tablename__\s*=\s*["'](\w+)["']""")
_COMMENT: Final = re.compile(r"\n\s*#.*")
_PART: Final = re.compile(r"[^\W_]+")
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

    Builtin worlds of two domains have under 0.3 of anything in common, of one domain under 0.7.

    Attributes:
        tables: Jaccard's index of the names of their tables: what both have, as a share of what
            either has.
        tools: The same of the names of their tools.
        tasks: The same of the words of their tasks.
        description: The same of the words of their descriptions.
        fewest: Of how many names or words it has to be; of fewer, chance makes any two alike, and
            only the very same ones count.
    """

    tables: float = 0.7
    tools: float = 0.7
    tasks: float = 0.6
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
        words: The words of its description, in lower case, without those of its name.
        tables: The names of its tables, in lower case.
        tasks: The words of its tasks, like those of its description.
        code: Digests of its code: as it is, and without its name.
    """

    name: str
    split: Split
    group: str | None
    tools: frozenset[str]
    words: frozenset[str]
    tables: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()
    code: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Common:
    """One thing that two worlds have in common.

    Attributes:
        likeness: What it is.
        value: How much of it, from 0 to 1.
        what: The domain; empty for the others.
    """

    likeness: Likeness
    value: float = 1.0
    what: str = ""

    def __str__(self) -> str:
        if self.likeness == "domain":
            return f"the same domain ({self.what})"
        of = {"tasks": "words in tasks", "description": "words in descriptions"}
        names = of.get(self.likeness, self.likeness)
        # Not rounded up: what is not all of it is not to read like that.
        return f"the same {names}" if self.value == 1 else f"{int(100 * self.value)}% of {names}"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two worlds of different splits that are nearly the same.

    Attributes:
        first, second: Their names.
        splits: On which side each stands.
        common: What they have in common.
    """

    first: str
    second: str
    splits: tuple[Split, Split]
    common: tuple[Common, ...]

    def __str__(self) -> str:
        sides = f"{self.first} ({self.splits[0]}) and {self.second} ({self.splits[1]})"
        return f"{sides}: {', '.join(map(str, self.common))}"


_THRESHOLDS: Final = Thresholds()


def portrait_of(world: World, splits: Splits) -> Portrait:
    """What is compared of a world."""
    code = _code_of(world)
    own = _COMMON | _words(world.scenario)
    return Portrait(
        name=world.name,
        split=splits.of(world),
        group=group_of(world),
        tools=frozenset((*_specified(world), *_routed(code))),
        words=_words(world.description) - own,
        tables=_tables_of(world, code),
        tasks=_words("\n".join(world.tasks)) - own,
        code=_digests(code, world.scenario),
    )


def crossings(
    portraits: Iterable[Portrait], thresholds: Thresholds = _THRESHOLDS
) -> tuple[Crossing, ...]:
    """The near duplicates across splits, by name; a pair comes once, with all it has in common.

    Within a split worlds may be as alike as they please.

    Args:
        portraits: Of all worlds of a set.
        thresholds: What counts as nearly the same.
    """
    named = sorted(portraits, key=lambda portrait: portrait.name)
    pairs = ((one, other) for one, other in combinations(named, 2) if one.split != other.split)
    compared = ((one, other, tuple(_compared(one, other, thresholds))) for one, other in pairs)
    return tuple(
        Crossing(one.name, other.name, (one.split, other.split), common)
        for one, other, common in compared
        if common
    )


def _compared(one: Portrait, other: Portrait, least: Thresholds) -> Iterator[Common]:
    if one.group is not None and one.group == other.group:
        yield Common("domain", what=one.group)
    if not one.code.isdisjoint(other.code):
        yield Common("code")
    if value := _alike(one.tables, other.tables, least.tables, least.fewest):
        yield Common("tables", value)
    if value := _alike(one.tools, other.tools, least.tools, least.fewest):
        yield Common("tools", value)
    if value := _alike(one.tasks, other.tasks, least.tasks, least.fewest):
        yield Common("tasks", value)
    if value := _alike(one.words, other.words, least.description, least.fewest):
        yield Common("description", value)


def _alike(one: AbstractSet[str], other: AbstractSet[str], least: float, fewest: int) -> float:
    """Jaccard's index of two sets where it is so much at least; 0 where it is less."""
    fewer, more = sorted((len(one), len(other)))
    if not fewer or fewer < least * more:
        return 0.0  # found out without comparing them, as for most pairs
    if fewer < fewest and one != other:
        return 0.0
    both = len(one & other)
    value = both / (fewer + more - both)
    return value if value >= least else 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _code_of(world: World) -> str:
    return world.code if world.has(WorldFile.ENVIRONMENT) else ""


def _specified(world: World) -> Iterator[str]:
    """The names of tools that a world's specification tells."""
    groups: Any = (world.spec or {}).get("api_groups")
    for group in groups if isinstance(groups, list) else ():
        endpoints = group.get("endpoints") if isinstance(group, Mapping) else None
        for endpoint in endpoints if isinstance(endpoints, list) else ():
            name = endpoint.get("operation_id") if isinstance(endpoint, Mapping) else None
            if isinstance(name, str):
                yield name


def _routed(code: str) -> Iterator[str]:
    """The names of tools that code tells; that of the function where none is written out.

    FastAPI makes the tool's name of the function's then.
    """
    yield from _OPERATION.findall(code)
    for said, function in _ROUTE.findall(code):
        if not _OPERATION.search(said):
            yield function


def _tables_of(world: World, code: str) -> frozenset[str]:
    """The names of a world's tables: as its schema has them, or else its code."""
    names = [table.name for table in world.tables] or _TABLE.findall(code)
    return frozenset(name.lower() for name in names)


def _digests(code: str, scenario: str) -> frozenset[bytes]:
    """Digests of code, comments and white space aside: as it is, and without the world's name.

    Both, as a name may be a word like others: `Notes` has a `list_notes`, and so has its copy.
    """
    plain = " ".join(_COMMENT.sub("", f"\n{code}").split())
    # In any spelling: `Acme Store`, `acme_store`, `AcmeStore`, but not within another word.
    name = r"[\W_]*".join(map(re.escape, _PART.findall(scenario)))
    nameless = re.sub(rf"(?i:{name})(?![a-z\d])", "", plain) if name else plain
    texts = {plain, nameless} - {""}
    return frozenset(sha256(text.encode(errors="replace")).digest() for text in texts)
