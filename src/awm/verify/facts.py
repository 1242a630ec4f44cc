"""The facts of an answer: what has to be in it, in whichever words."""

from dataclasses import dataclass

__all__ = ["Fact"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a final answer has to contain.

    Attributes:
        wordings: Texts of which one is enough. Each is matched by what it is: a number by value
            (`$1,234.50` is `1234.5`), a date or a time in any usual notation, other text by its
            words, whatever their case.
    """

    wordings: tuple[str, ...]
