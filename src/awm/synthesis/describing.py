"""The name and the description of a world: one line that says what it is about."""

import random
from collections.abc import Sequence
from typing import Final

from awm.synthesis.blueprints import Flavour
from awm.synthesis.tasks.words import joined, sentence

__all__ = ["described", "titled"]

_FORMS: Final = (
    "{flavour}, run from {city}. {name} {does}.",
    "{name} in {city}: {flavour}. It {does}.",
    "{name} is a {kind}. What it is about: {flavour}. It {does}.",
    "The back office of {name}, {flavour}. The team {does}.",
    "{flavour}. {name} {does}, and keeps all of it on record in {city}.",
    "{name} ({city}) {does}. Its trade: {flavour}.",
    "Everything that {name} keeps track of: {flavour}. It {does}.",
    "{flavour}: the records of {name}, a {kind} near {city} that {does}.",
)
_HOUSES: Final = (
    "{last} & {other}",
    "{last} {other} Group",
    "{city} {kind}",
    "{last}'s of {city}",
    "The {last} House",
    "{last} Brothers",
    "{city} Union",
    "{last} and Daughters",
)


def titled(
    flavour: Flavour,
    kind: str,
    city: str,
    surnames: Sequence[str],
    lot: random.Random,
    *,
    invented: bool,
) -> str:
    """A name for a business.

    Args:
        flavour: What it is about; has names of its own.
        kind: What such a business is.
        city: Where it is.
        surnames: Of people who could have founded it.
        lot: Chooses.
        invented: Whether to make up a name, as the flavour's are taken.
    """
    if not invented and flavour.names:
        return lot.choice(flavour.names)
    last, other = lot.sample(list(surnames), 2)
    return lot.choice(_HOUSES).format(last=last, other=other, city=city, kind=kind.title())


def described(
    name: str,
    kind: str,
    flavour: Flavour,
    city: str,
    blurbs: Sequence[str],
    lot: random.Random,
) -> str:
    """What a business does, in a sentence or two.

    Args:
        name: Its name.
        kind: What such a business is: `tool lending library`.
        flavour: What this one is about.
        city: Where it is.
        blurbs: Clauses that tell what it does: `runs evening workshops`.
        lot: Chooses the form.
    """
    clauses = [blurb.replace("_", " ").rstrip(".") for blurb in blurbs]
    lot.shuffle(clauses)
    text = lot.choice(_FORMS).format(
        flavour=flavour.is_,
        city=city,
        name=name,
        kind=kind,
        does=joined(clauses) if clauses else "keeps its records in order",
    )
    parts = [sentence(part) for part in text.split(". ")]
    return " ".join(parts)
