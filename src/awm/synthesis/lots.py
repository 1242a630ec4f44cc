"""Chance that depends on names alone: the same on every machine, on every day."""

import hashlib
import random

__all__ = ["lot_for"]


def lot_for(*key: object) -> random.Random:
    """A source of chance that is the same whenever the same things are named.

    Args:
        key: Numbers and texts, such as a seed, a world's number and a purpose.
    """
    text = "\x1f".join(str(part) for part in key)
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")
    return random.Random(seed)  # noqa: S311 - reproducible on purpose
