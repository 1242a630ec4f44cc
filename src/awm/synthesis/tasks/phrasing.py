"""Filling in phrases so that they read well whatever is filled in.

A short object may stand between a verb and what belongs to it ("take the saw back"); a long one
comes after the particle ("take back the saw that Maria Chen borrowed on 2 March").
"""

import re
from collections.abc import Mapping
from typing import Final

from awm.synthesis.tasks.words import tidy

__all__ = ["PLACE", "awkward", "filled"]

PLACE: Final = re.compile(r"\{(\w+)\}")
"""A part of a phrase that is filled in."""

_PARTICLE: Final = re.compile(
    r"^(\w+) (\{(\w+)\}) (away|aside|back|down|in|off|on|out|over|up)"
    r"(?=$|[,;:]| (?:again|against|and|as|because|by|from|with)\b)"
)
_TO_SOMEBODY: Final = re.compile(r"^(check|give|hand|pass|send|write) (\{(\w+)\}) (\w+)(?= to\b)")
_SPLIT: Final = re.compile(r"^\w+ \{(\w+)\} (.+)$")
_SHORT: Final = 4
_MUCH: Final = 8
_LITTLE: Final = 5


def filled(phrase: str, said: Mapping[str, str]) -> str:
    """A phrase with what is said in its places, a particle before a long object.

    Args:
        phrase: Such as `take {tool} back`.
        said: The words for each place.
    """
    for form in (_PARTICLE, _TO_SOMEBODY):
        match = form.match(phrase)
        if match and _length(said[match[3]]) > _SHORT:
            phrase = f"{match[1]} {match[4]} {match[2]}{phrase[match.end() :]}"
            break
    return tidy(PLACE.sub(lambda place: said[place[1]], phrase))


def awkward(phrase: str, said: Mapping[str, str]) -> bool:
    """Whether a long object keeps a verb from the few words that belong to it."""
    match = _SPLIT.match(phrase)
    if match is None or _length(said[match[1]]) <= _MUCH or _PARTICLE.match(phrase):
        return False
    return _length(PLACE.sub(lambda place: said[place[1]], match[2])) < _LITTLE


def _length(text: str) -> int:
    return text.count(" ") + 1
