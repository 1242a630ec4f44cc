"""World names: one spelling that every file agrees on."""

import re

__all__ = ["database_name", "normalise"]

_OUTSIDE = re.compile(r"[^a-z0-9]+")


def normalise(name: str) -> str:
    """Return the spelling under which a world is looked up.

    Lower case; every character outside `[a-z0-9_]` becomes `_`; runs of `_`, written or made,
    collapse to one; trimmed of `_`. `Fortnite Item Shop` and `fortnite__item-shop` are one world.
    A name without a single Latin letter or digit normalises to the empty string.
    """
    return _OUTSIDE.sub("_", name.lower()).strip("_")


def database_name(name: str) -> str:
    """Return the file name of a world's prebuilt database, for any spelling of its name."""
    return f"{normalise(name)}.db"
