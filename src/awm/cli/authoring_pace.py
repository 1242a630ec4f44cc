"""How long a model will still take, told from how long its stages took so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from awm.synthesis.llm_author.events import (
    Event,
    StageDone,
    StageStarted,
    WorldDone,
    WorldFailed,
)

__all__ = ["FINISHING", "Pace"]

FINISHING: Final = "world"
"""What comes after the last stage: a draft is made into a world."""

_USUAL: Final[Mapping[str, float]] = {
    "task": 1.0,
    "db": 1.5,
    "sample": 2.0,
    "spec": 1.5,
    "env": 6.0,
    "verifier": 6.0,
    "proof": 22.0,
    "blueprint": 8.0,
    FINISHING: 0.5,
}
"""How long steps take beside each other; stands in for those that no world has behind it yet."""


@dataclass(frozen=True, slots=True)
class _Lasted:
    times: int = 0
    seconds: float = 0.0

    @property
    def mean(self) -> float:
        return self.seconds / self.times


class Pace:
    """Measures steps as they end; a listener.

    Args:
        total: How many scenarios there are to be.
        steps: What each goes through, in order; `FINISHING` is the last where worlds are made.
        clock: Tells seconds.
    """

    def __init__(
        self, total: int, steps: tuple[str, ...], clock: Callable[[], float] = perf_counter
    ) -> None:
        self._total = total
        self._steps = steps
        self._clock = clock
        self._since: dict[str, tuple[str, float]] = {}
        self._lasted: dict[str, _Lasted] = {}
        self._over = 0
        self._widest = 1

    def __call__(self, event: Event) -> None:
        """Note an event."""
        match event:
            case StageStarted():
                self._begin(event.world, event.stage)
            case StageDone():
                self._end(event.world, event.stage, measured=not event.kept)
                self._begin_next(event.world, event.stage)
            case WorldDone():
                self._end(event.world, FINISHING, measured=not event.kept)
                self._over += 1
            case WorldFailed():
                self._since.pop(event.world, None)
                self._over += 1
            case _:
                pass

    def left(self) -> float | None:
        """How many seconds it will take from now on; None as long as nobody can tell."""
        if not self._lasted:
            return None
        # A copy: whoever draws does so on a thread of its own, and events come meanwhile.
        now, usual, since = self._clock(), self._seconds(), dict(self._since)
        under_way = [
            _rest(usual[step], now - begun) + sum(self._after(step, usual))
            for step, begun in since.values()
        ]
        whole = sum(usual.values())
        waiting = max(self._total - self._over - len(since), 0)
        longest = max(under_way, default=0.0) or (whole if waiting else 0.0)
        return max(longest, (sum(under_way) + waiting * whole) / self._widest)

    def _begin(self, world: str, step: str) -> None:
        if step not in self._steps:
            return
        self._since[world] = step, self._clock()
        self._widest = max(self._widest, len(self._since))

    def _begin_next(self, world: str, step: str) -> None:
        later = self._steps[self._steps.index(step) + 1 :] if step in self._steps else ()
        if later:
            self._begin(world, later[0])
        else:
            self._over += 1

    def _end(self, world: str, step: str, *, measured: bool) -> None:
        begun, since = self._since.pop(world, ("", 0.0))
        if measured and begun == step:
            before = self._lasted.get(step, _Lasted())
            seconds = before.seconds + self._clock() - since
            self._lasted[step] = _Lasted(before.times + 1, seconds)

    def _seconds(self) -> dict[str, float]:
        """How long each step takes, as far as that is known."""
        lasted = {step: each.mean for step, each in dict(self._lasted).items()}
        scale = sum(lasted.values()) / sum(_USUAL[step] for step in lasted)
        return {step: lasted.get(step, _USUAL[step] * scale) for step in self._steps}

    def _after(self, step: str, usual: Mapping[str, float]) -> list[float]:
        return [usual[later] for later in self._steps[self._steps.index(step) + 1 :]]


def _rest(usual: float, elapsed: float) -> float:
    """What is left of a step; one that takes longer than usual will take longer still."""
    return max(usual - elapsed, elapsed / 4)
