"""How often somebody may ask: a bucket for each, which fills as time goes by."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

__all__ = ["Rates"]

_REMEMBERED: Final = 10_000
_LOST: Final = 1e-6
"""What sums of times lose, so that whoever waited as long as told is not told to wait again."""


class Rates:
    """Buckets of permissions, one for each who asks (the token bucket algorithm).

    Args:
        per_second: How many are added each second; None where nobody is held back.
        burst: How many a full bucket has.
        clock: Tells the seconds.
    """

    def __init__(
        self,
        per_second: float | None = None,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Take a permission if there is one.

        Args:
            who: Whose bucket.

        Returns:
            0 where one was taken; otherwise after how many seconds there is one.
        """
        if self._per_second is None:
            return 0.0
        now = self._clock()
        left, since = self._buckets.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        granted = left >= 1 - _LOST
        self._buckets[who] = (left - 1 if granted else left, now)
        if len(self._buckets) > _REMEMBERED:
            # Whoever has not asked for the longest time has, most likely, a full bucket anyway.
            self._buckets.popitem(last=False)
        return 0.0 if granted else math.ceil((1 - left) / self._per_second * 1000) / 1000
