"""Which worlds there are: the plan of world 0, 1, 2, ... of a seed.

A plan says everything about a world that is decided by lot before its rows and tasks. World i
depends on the seed, on i and on the options alone: plans are made in order, each so that it differs
enough from those before it, so ten are the first ten of a thousand.
"""

import datetime as dt
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from awm.errors import BlueprintError, UsageError
from awm.synthesis.blueprints import DomainForm
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.describing import described, titled
from awm.synthesis.lots import lot_for
from awm.synthesis.plan import WorldPlan
from awm.synthesis.similarity import SIMILAR, Crowd, Embedder, StaticEmbedder
from awm.synthesis.surface import Style, Surface
from awm.worlds.names import normalise

__all__ = ["PUBLISHED_CAP", "Planner", "Selection", "WorldPlan", "WorldSize", "style_by"]

WorldSize: TypeAlias = Literal["small", "large"]
"""Small worlds are a domain's core, with 7 to 11 tables and some 30 tools as published ones have;
large ones have 13 tables and 55 tools or so."""

PUBLISHED_CAP: Final = 80
"""How many worlds of one category the published pipeline keeps at most."""

_SAME_TOOLS: Final = 0.6
_SAME_STRUCTURE: Final = 0.5
_ATTEMPTS: Final = 24
_TABLES: Final = (13, 18)
_CAPABILITIES: Final[Mapping[WorldSize, tuple[int, ...]]] = {"small": (0, 1), "large": (1, 2, 2, 3)}
_FIRST_DAY: Final = dt.date(2025, 9, 1)
_DAYS: Final = 640

_LISTS: Final = ("search", "list", "find", "browse", "query", "lookup")
_GETS: Final = ("get", "view", "show", "fetch", "open", "read")
_EDITS: Final = ("update", "edit", "change", "amend", "revise", "modify")
_POLICIES: Final = (
    "house_rules",
    "business_rules",
    "get_house_rules",
    "get_business_rules",
    "show_house_rules",
    "get_limits",
)
_PREFIXES: Final = ("", "", "/api", "/api/v1", "/v2", "/office")
_ROWS: Final = ("items", "results", "records", "rows", "entries")
_TOTALS: Final = ("total", "count", "total_count", "matches")


@dataclass(frozen=True)
class Selection:
    """From what worlds are chosen.

    Attributes:
        domains: Only these; all if empty.
        categories: Only these; all if empty.
        per_category: How many worlds of one category there are at most.
        folder: Of further domains, each a YAML file; None if there are none.
        size: How much there is in each world.
    """

    domains: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    per_category: int = PUBLISHED_CAP
    folder: Path | None = None
    size: WorldSize = "large"

    def digest(self) -> str:
        """What is in the folder: the same for the same files only; empty if there is none."""
        if self.folder is None:
            return ""
        files = sorted(self.folder.glob("*.yaml"))
        told = b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)
        return hashlib.blake2b(told, digest_size=16).hexdigest()


@dataclass
class _Taken:
    """What is there already."""

    names: set[str] = field(default_factory=set)
    categories: Counter[str] = field(default_factory=Counter)
    flavours: Counter[tuple[str, int]] = field(default_factory=Counter)
    crowd: Crowd = field(default_factory=Crowd)
    tools: list[frozenset[str]] = field(default_factory=list)
    structures: dict[str, list[frozenset[str]]] = field(default_factory=dict)


class Planner:
    """Makes plans.

    Args:
        seed: Of the whole set.
        catalogue: What the author knows.
        selection: From what is chosen.
        embedder: Tells which descriptions are alike.

    Raises:
        UsageError: A domain or category is not known.
    """

    def __init__(
        self,
        seed: int,
        catalogue: Catalogue | None = None,
        selection: Selection | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self._seed = seed
        self._selection = selection or Selection()
        self._catalogue = catalogue or Catalogue()
        if self._selection.folder is not None:
            self._catalogue = self._catalogue.with_domains(self._selection.folder)
        self._embedder = embedder or StaticEmbedder()
        self._domains = self._chosen()

    def plans(self, count: int) -> Iterator[WorldPlan]:
        """The plans of the first so many worlds, the same ones whenever they are asked for.

        Raises:
            UsageError: There cannot be so many under the caps.
        """
        room = self._selection.per_category * len({each.category for each in self._domains})
        if count > room:
            raise UsageError(
                f"{count} worlds are more than the {room} that fit: {self._selection.per_category}"
                " of each category.",
                "Ask for fewer, raise --max_per_category, or allow more categories.",
            )
        taken = _Taken()
        for index in range(count):
            yield self._plan(index, taken)

    def _chosen(self) -> tuple[DomainForm, ...]:
        catalogue, selection = self._catalogue, self._selection
        forms = [
            catalogue.domain(name) for name in dict.fromkeys(selection.domains) or catalogue.domains
        ]
        if not selection.categories:
            return tuple(forms)
        known = {catalogue.domain(name).category for name in catalogue.domains}
        for category in selection.categories:
            if category not in known:
                there = ", ".join(sorted(known))
                raise UsageError(f"There is no category {category!r}.", f"There is {there}.")
        chosen = tuple(form for form in forms if form.category in selection.categories)
        if not chosen:
            raise UsageError(
                "No domain is of a category that was asked for.",
                "Name other domains, or other categories.",
            )
        return chosen

    def _plan(self, index: int, taken: _Taken) -> WorldPlan:
        for number, domain in enumerate(self._order(index)):
            if taken.categories[domain.category] >= self._selection.per_category:
                continue
            for attempt in range(_ATTEMPTS):
                found = self._candidate(index, domain, attempt, number, taken)
                if found is not None:
                    return found
        raise UsageError(
            f"No world {index} was found that differs enough from the {index} before it.",
            "Ask for fewer, or allow more domains and categories.",
        )

    def _order(self, index: int) -> list[DomainForm]:
        """The domains in the order in which they are tried: in turn, each turn in another order."""
        turn, place = divmod(index, len(self._domains))
        order = list(self._domains)
        lot_for(self._seed, "turn", turn).shuffle(order)
        return order[place:] + order[:place]

    def _candidate(
        self, index: int, domain: DomainForm, attempt: int, detour: int, taken: _Taken
    ) -> WorldPlan | None:
        """A plan, if it differs enough from all that are there."""
        lot = lot_for(self._seed, index, domain.domain, attempt, detour, "plan")
        recipe = self._recipe(domain, lot, taken)
        structure = _structure(recipe)
        structures = taken.structures.setdefault(domain.domain, [])
        if any(_overlap(structure, other) > _SAME_STRUCTURE for other in structures):
            return None
        title, description = self._words(domain, recipe, lot, taken)
        vector = self._embedder.embed(description)
        if not title or taken.crowd.nearest(vector) > SIMILAR:
            return None
        style = style_by(lot)
        try:
            tools = self._tools(recipe, style)
        except BlueprintError:
            return None  # a capability and a module want the same name: they do not go together
        if any(_overlap(tools, other) > _SAME_TOOLS for other in taken.tools):
            return None
        structures.append(structure)
        taken.tools.append(tools)
        taken.crowd.add(vector)
        taken.categories[domain.category] += 1
        taken.flavours[domain.domain, recipe.flavour] += 1
        taken.names.add(normalise(title))
        today = _FIRST_DAY + dt.timedelta(days=lot.randrange(_DAYS))
        return WorldPlan(
            self._seed, index, title, description, domain.category, recipe, style, today
        )

    def _recipe(self, domain: DomainForm, lot: random.Random, taken: _Taken) -> Recipe:
        capabilities = self._capabilities(domain, lot)
        tables = len(domain.entities) + sum(
            len(self._catalogue.capability(name, domain).entities) for name in capabilities
        )
        wanted = lot.randint(*_TABLES) if self._selection.size == "large" else 0
        modules: list[str] = []
        for name in lot.sample(list(domain.modules), len(domain.modules)):
            if tables >= wanted:
                break
            modules.append(name)
            tables += len(set(domain.modules[name].entities) - set(domain.entities))
        options = [
            *domain.options.items(),
            *(each for name in modules for each in domain.modules[name].options.items()),
            *(
                each
                for name in capabilities
                for each in self._catalogue.capability(name, domain).options.items()
            ),
        ]
        synonyms = [None, *range(len(domain.synonyms))]
        return Recipe(
            domain.domain,
            tuple(sorted(modules)),
            tuple(sorted(capabilities)),
            tuple((name, lot.choice(values)) for name, values in options),
            _flavour(domain, lot, taken),
            lot.choice(synonyms),
            None if self._catalogue.is_ours(domain.domain) else domain,
        )

    def _capabilities(self, domain: DomainForm, lot: random.Random) -> list[str]:
        fitting = [
            name
            for name in self._catalogue.capabilities
            if self._catalogue.needs(name) <= set(domain.roles)
        ]
        return lot.sample(
            fitting, min(lot.choice(_CAPABILITIES[self._selection.size]), len(fitting))
        )

    def _tools(self, recipe: Recipe, style: Style) -> frozenset[str]:
        surface = Surface(self._catalogue.outline(recipe), style)
        return frozenset(tool.name for tool in surface.tools)

    def _words(
        self, domain: DomainForm, recipe: Recipe, lot: random.Random, taken: _Taken
    ) -> tuple[str, str]:
        """A name that is free, and a description; empty if no name was found."""
        flavour = domain.flavours[recipe.flavour]
        city = lot.choice(self._catalogue.common["city"])
        surnames = self._catalogue.common["last_name"]
        for attempt in range(_ATTEMPTS):
            title = titled(flavour, domain.is_, city, surnames, lot, invented=attempt > 1)
            if normalise(title) not in taken.names:
                break
        else:
            return "", ""
        blurbs = self._catalogue.blurbs(recipe)
        told = lot.sample(blurbs, min(len(blurbs), lot.choice((2, 3, 3, 4))))
        return title, described(title, domain.is_, flavour, city, told, lot)


def style_by(lot: random.Random) -> Style:
    """How the tools of a world are called, by lot."""
    pick: Callable[[Sequence[str]], str] = lot.choice
    return Style(
        list_verb=pick(_LISTS),
        get_verb=pick(_GETS),
        edit_verb=pick(_EDITS),
        policies=pick(_POLICIES),
        prefix=pick(_PREFIXES),
        rows_key=pick(_ROWS),
        total_key=pick(_TOTALS),
        sorts=lot.random() < 0.6,
        singles=lot.random() < 0.3,
        ranges=lot.random() < 0.6,
    )


def _flavour(domain: DomainForm, lot: random.Random, taken: _Taken) -> int:
    """One of the flavours that were taken least often."""
    times = [taken.flavours[domain.domain, number] for number in range(len(domain.flavours))]
    return lot.choice([number for number, each in enumerate(times) if each == min(times)])


def _structure(recipe: Recipe) -> frozenset[str]:
    """What a world is made of, whatever it is called."""
    return frozenset((*recipe.modules, *recipe.capabilities))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The Jaccard index of two sets: what they share of what they have."""
    return len(one & other) / max(1, len(one | other))
