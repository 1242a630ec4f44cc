"""A named part of a reward, so that nobody has to guess what was added up."""

from dataclasses import dataclass

__all__ = ["Component"]


@dataclass(frozen=True, slots=True)
class Component:
    """One term of a sum.

    Attributes:
        name: What it is for, such as `complete` or `milestone: add_line`.
        value: How much.
        why: How it came about, in one sentence.
    """

    name: str
    value: float
    why: str = ""
