"""What is new: scenarios are told apart by their names, by what they mean, and kept within groups.

Whether two scenarios mean the same is a cosine above a threshold, and a threshold belongs to its
embedder: 0.85 is the published one and belongs to `text-embedding-3-large`; `ALIKE` is that of the
embedder that comes with the package.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from awm.synthesis.llm_author.scenarios.groups import GROUPS, OTHER, group_of
from awm.synthesis.llm_author.scenarios.scenario import Scenario
from awm.synthesis.lots import lot_for
from awm.synthesis.similarity import StaticEmbedder

__all__ = [
    "ALIKE",
    "PUBLISHED_THRESHOLD",
    "DiversityCheck",
    "Drop",
    "Embedder",
    "OfflineEmbedder",
    "Pool",
    "Relaxation",
    "RemoteEmbedder",
    "VectorSource",
    "Vectors",
]

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings of length 1, shape (texts, dimensions)."""

ALIKE: Final = 0.6
"""Cosine above which two scenarios count as one, of `StaticEmbedder` and the text of a scenario.

Measured over the 4,950 pairs of our seeds and the 79,800 of 400 plans of the builtin author (all
different: 0.57 at most), and over 15 seeds told again by somebody else in other words, at other
lengths and under other names (0.61 at least). The tests of this module measure the seeds and the
retellings again."""

PUBLISHED_THRESHOLD: Final = 0.85
"""The same of `text-embedding-3-large`, as published."""

Drop: TypeAlias = Literal["known", "alike", "unclassified", "unsuitable", "full"]
"""Why a candidate was not taken: its name is known, it means the same as another, it was left out
when it was to be classified, it suits little, or its group is full."""

_LOOSER: Final = 1 / 3
"""How far a relaxation takes the threshold on the way to 1: from 0.85 to 0.90 as published, and as
far in proportion for other embedders."""
_MORE_ROOM: Final = 1.2
_COMPARED: Final = 1_000
_OVER: Final = 2.0
_UNDER: Final = 0.5
_FEW: Final = 3


class Embedder(Protocol):
    """Turns texts into vectors, and knows which cosine means that two say the same."""

    @property
    def threshold(self) -> float:
        """The cosine above which two texts count as the same."""
        ...

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, in their order.

        Raises:
            LLMError: They cannot be had.
        """
        ...


class VectorSource(Protocol):
    """Turns texts into vectors, and knows nothing else."""

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteEmbedder:
    """An embedding model behind an endpoint, with the threshold that belongs to it."""

    source: VectorSource
    threshold: float = PUBLISHED_THRESHOLD

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts (see `Embedder.embed_all`)."""
        return await self.source.embed_all(texts)


@dataclass(frozen=True, slots=True)
class OfflineEmbedder:
    """The embedding model that comes with its package: no network, no key, 0.05 ms for a text."""

    model: StaticEmbedder
    threshold: float = ALIKE

    async def embed_all(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts (see `Embedder.embed_all`)."""
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = [self.model.embed(text) for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class DiversityCheck:
    """How much the scenarios of a pool differ.

    Attributes:
        count: How many there were.
        mean_cosine: Over all pairs, or those of a sample of 1,000; 0 for less than two.
        max_cosine: Of the nearest two.
        nearest: Their names; empty for less than two.
        over: Groups that have more than twice the even share.
        under: Groups that have less than half of it, emptiest first.
    """

    count: int
    mean_cosine: float
    max_cosine: float
    nearest: tuple[str, ...]
    over: tuple[str, ...]
    under: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A pool began to take more.

    Attributes:
        count: How many it had by then.
        threshold: The cosine above which two count as one from then on.
        cap: How many it has of a group at most from then on.
    """

    count: int
    threshold: float
    cap: int


class Pool:
    """The scenarios that were taken, and what is too much like them.

    Args:
        embedder: Says what is alike.
        threshold: From which cosine; None for the embedder's own.
        cap: How many of a group are taken.
    """

    def __init__(self, embedder: Embedder, threshold: float | None, cap: int) -> None:
        self._embedder = embedder
        self._threshold = embedder.threshold if threshold is None else threshold
        self._cap = cap
        self._names: set[str] = set()
        self._groups: Counter[str] = Counter()
        self._vectors: list[NDArray[np.float32]] = []
        self._scenarios: list[Scenario] = []
        self.drops: Counter[Drop] = Counter()

    @property
    def scenarios(self) -> Sequence[Scenario]:
        """Those that were taken, in order."""
        return self._scenarios

    @property
    def full(self) -> frozenset[str]:
        """The groups of which no more are taken."""
        return frozenset(group for group, count in self._groups.items() if count >= self._cap)

    def knows(self, scenario: Scenario) -> bool:
        """Whether its name was met before, or is none."""
        return not scenario.key or scenario.key in self._names

    async def embed(self, scenarios: Sequence[Scenario]) -> Vectors:
        """The vectors of scenarios.

        Raises:
            LLMError: They cannot be had.
        """
        if not scenarios:
            return np.empty((0, 0), dtype=np.float32)
        return await self._embedder.embed_all([scenario.text for scenario in scenarios])

    async def novel(self, candidates: Sequence[Scenario]) -> list[tuple[Scenario, Vectors]]:
        """Those of new names that mean nothing that is there, nor one another, with their vectors.

        Of two candidates that are alike the first is kept.

        Raises:
            LLMError: Their vectors cannot be had.
        """
        named: dict[str, Scenario] = {}
        for each in candidates:
            if self.knows(each) or each.key in named:
                self.drops["known"] += 1
            else:
                named[each.key] = each
        if not named:
            return []
        fresh = list(named.values())
        vectors = await self.embed(fresh)
        near = self._nearest(vectors)
        among = vectors @ vectors.T
        kept: list[int] = []
        for place in range(len(fresh)):
            if max(near[place], among[place, kept].max(initial=-1.0)) > self._threshold:
                self.drops["alike"] += 1
            else:
                kept.append(place)
        return [(fresh[place], vectors[place]) for place in kept]

    def has_room(self, scenario: Scenario) -> bool:
        """Whether none of its groups is full."""
        return self.full.isdisjoint(_groups_of(scenario))

    def take(self, scenario: Scenario, vector: Vectors) -> None:
        """Take one."""
        self._names.add(scenario.key)
        self._groups.update(_groups_of(scenario))
        self._vectors.append(vector)
        self._scenarios.append(scenario)

    def turn_away(self, scenario: Scenario) -> None:
        """Do not take one, and do not look at its name again."""
        self._names.add(scenario.key)

    def _nearest(self, vectors: Vectors) -> NDArray[np.float32]:
        """Of each vector the largest cosine with any that was taken; -1 if there is none."""
        if not self._vectors:
            return np.full(len(vectors), -1.0, dtype=np.float32)
        nearest: NDArray[np.float32] = (np.stack(self._vectors) @ vectors.T).max(axis=0)
        return nearest

    def relax(self) -> Relaxation:
        """Take more from now on: what is a third of the way nearer, and a fifth more of a group."""
        self._threshold += (1 - self._threshold) * _LOOSER
        self._cap = max(self._cap + 1, int(self._cap * _MORE_ROOM))
        return Relaxation(len(self._scenarios), round(self._threshold, 4), self._cap)

    def check(self, seed: int) -> DiversityCheck:
        """How much those that were taken differ; of more than 1,000 a sample is compared."""
        count = len(self._scenarios)
        chosen = list(range(count))
        if count > _COMPARED:
            chosen = sorted(lot_for(seed, "diversity", count).sample(chosen, _COMPARED))
        mean, largest, pair = _cosines([self._vectors[number] for number in chosen])
        nearest = tuple(self._scenarios[chosen[place]].name for place in pair)
        even = sum(self._groups.values()) / (len(GROUPS) - 1)
        named = [group for group in GROUPS if group != OTHER]
        over = [each for each in named if self._groups[each] >= max(_FEW, _OVER * even)]
        under = [each for each in named if self._groups[each] <= _UNDER * even]
        under.sort(key=lambda group: self._groups[group])
        return DiversityCheck(
            count, round(mean, 4), round(largest, 4), nearest, tuple(over), tuple(under)
        )


def _groups_of(scenario: Scenario) -> frozenset[str]:
    return frozenset(group_of(category) or OTHER for category in scenario.categories)


def _cosines(vectors: Sequence[Vectors]) -> tuple[float, float, tuple[int, ...]]:
    """The mean and the largest cosine, and the places of the nearest two."""
    if len(vectors) < 2:
        return 0.0, 0.0, ()
    stacked = np.stack(vectors)
    one, other = np.triu_indices(len(stacked), 1)
    cosines = (stacked @ stacked.T)[one, other]
    place = int(cosines.argmax())
    return float(cosines.mean()), float(cosines[place]), (int(one[place]), int(other[place]))
