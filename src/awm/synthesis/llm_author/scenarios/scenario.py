"""A scenario as the first stage has it: from a line of a file, or from a model, to a line again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from awm.types import JsonObject
from awm.worlds.names import normalise

__all__ = ["Level", "Scenario", "Suitability"]

Level: TypeAlias = Literal["high", "medium", "low"]
"""How well a scenario suits; those that suit little make no worlds."""

_EMBEDDED: Final = 400
"""How many characters say what a scenario is about. Long texts are alike by being long: whole
descriptions of 250 words and unlike applications have cosines of 0.55 under `StaticEmbedder`, their
beginnings 0.25; what an application is stands at the beginning."""


@dataclass(frozen=True, slots=True)
class Suitability:
    """How well agents can act in a scenario through calls alone.

    Attributes:
        level: In a word.
        score: From 1 to 10.
        reasoning: Why.
        simulatable: What of it a database and calls can stand for.
        non_simulatable: What they cannot.
    """

    level: Level
    score: int
    reasoning: str = ""
    simulatable: tuple[str, ...] = ()
    non_simulatable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of application that a world is to be made of.

    Attributes:
        name: As it was written.
        description: What it does; may be empty where somebody gave a name only.
        categories: Groups that it belongs to, the first most; none before it was classified.
        suitability: None before it was classified.
        more: What else stood in its row, which is kept.
    """

    name: str
    description: str = ""
    categories: tuple[str, ...] = ()
    suitability: Suitability | None = None
    more: JsonObject = field(default_factory=lambda: MappingProxyType({}))

    @property
    def key(self) -> str:
        """The normalised name, by which worlds are told apart."""
        return normalise(self.name)

    @property
    def text(self) -> str:
        """What is embedded: the name and the beginning of the description."""
        return f"{self.name}: {self.description}"[:_EMBEDDED]

    @property
    def is_unsuitable(self) -> bool:
        """Whether somebody found that it suits little."""
        return self.suitability is not None and self.suitability.level == "low"

    @property
    def row(self) -> JsonObject:
        """Its row of `gen_scenario.jsonl`."""
        row: dict[str, Any] = {"name": self.name, "description": self.description}
        if self.categories:
            row["categories"] = list(self.categories)
        if self.suitability is not None:
            row |= _suitability_row(self.suitability)
        return {**row, **{key: value for key, value in self.more.items() if key not in row}}

    def classified(self, categories: tuple[str, ...], suitability: Suitability) -> "Scenario":
        """The scenario with what was found out about it."""
        return replace(self, categories=categories, suitability=suitability)


def _suitability_row(suitability: Suitability) -> Mapping[str, Any]:
    return {
        "suitability_level": suitability.level,
        "suitability_score": suitability.score,
        "suitability_reasoning": suitability.reasoning,
        "simulatable_features": list(suitability.simulatable),
        "non_simulatable_features": list(suitability.non_simulatable),
    }
