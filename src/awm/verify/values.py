"""When two values in two databases say the same.

Numbers are compared by value: `5` and `5.0` are equal, and so are two reals that differ by less
than one part in a thousand million, or by less than a thousand millionth: what should be zero is
`5.5e-17` after sums in another order. Money in REAL columns comes out a little different when it is
summed in another order, and a column's affinity decides whether SQLite stores `5` or `5.0`. Two
integers, two texts and two blobs are equal when they are the same.
"""

import math
from collections.abc import Iterable
from typing import Final, TypeAlias

from awm.verify.effects import Scalar

__all__ = ["TOLERANCE", "Numbers", "Token", "name_of", "same_value"]

TOLERANCE: Final = 1e-9
"""How far two reals may lie apart, relative to the larger one or altogether."""

Token: TypeAlias = tuple[str, int | str | bytes]
"""What stands for a value in a comparison: equal values have equal tokens."""


def same_value(one: Scalar, other: Scalar) -> bool:
    """Whether two values say the same."""
    if type(one) is type(other) and not isinstance(one, float):
        return one == other
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers and _near(one, other)  # type: ignore[arg-type]  # both are numbers then


def _near(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


class Numbers:
    """Gives values tokens, those that say the same the same.

    Rounding would tell apart two neighbours that lie on either side of a boundary. So all numbers
    that take part are known from the start, and neighbours form a class.

    Args:
        values: All values that will be asked for, of both sides of a comparison.
    """

    def __init__(self, values: Iterable[object]) -> None:
        numbers = [value for value in values if isinstance(value, int | float)]
        integers = {value for value in numbers if isinstance(value, int)}
        self._classes: dict[float, int] = {}
        last: float | None = None
        whole = False  # whether an integer is in the class: two of them never share one
        number = 0
        for value in sorted(set(numbers)):
            exact = value in integers
            if last is None or (exact and whole) or not _near(last, value):
                number += 1
                whole = False
            whole = whole or exact
            self._classes[value] = number
            last = value

    def token(self, value: Scalar) -> Token:
        """What stands for a value."""
        match value:
            case None:
                return ("null", 0)
            case int() | float():
                return ("number", self._classes[value])
            case str():
                return ("text", value)
            case bytes():
                return ("blob", value)


def name_of(value: Scalar) -> str | None:
    """What a value is when it names a row: `7`, `7.0` and `'7'` name the same one.

    Columns that refer to a row without saying so are often declared with another type than the
    key that they name. None where the value names nothing.
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | str):
        return str(value)
    return None
