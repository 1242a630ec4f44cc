"""Chance that follows from names, so that whoever asks the same meets the same."""

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

__all__ = ["chance", "chosen", "ordered"]

_T = TypeVar("_T")

_BITS: Final = 53
"""What a float holds exactly."""


def chance(*key: object) -> float:
    """A number from 0 to 1, 1 excluded, evenly spread over keys.

    Args:
        key: Numbers and texts, such as a seed, a question's key and a purpose.
    """
    text = "\x1f".join(map(str, key))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - _BITS)) / (1 << _BITS)


def chosen(among: Sequence[_T], *key: object) -> _T:
    """One of some, of which there has to be one."""
    return among[int(chance(*key) * len(among))]


def ordered(among: Sequence[_T], *key: object) -> list[_T]:
    """All of them, in an order of that key."""
    lots = [(chance(*key, place), place) for place in range(len(among))]
    return [among[place] for _, place in sorted(lots)]
