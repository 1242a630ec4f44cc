"""A policy that takes its time, and how long it alone would take for many episodes."""

import asyncio
import heapq
import random
from collections.abc import Sequence

from awm.agents import Actor, Assignment, Heard, Policy, Said
from awm.types import ToolSpec

__all__ = ["Pondering"]


class Pondering:
    """Another policy, whose every reply takes a random time, as a model's does.

    Args:
        policy: Decides what is said.
        seconds: The shortest and the longest time of a reply.

    Attributes:
        name: That of the other policy.
    """

    def __init__(self, policy: Policy, seconds: tuple[float, float]) -> None:
        self.name = policy.name
        self._policy = policy
        self._seconds = seconds
        self._spent: list[float] = []

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """The other policy's actor, slowed down."""
        inner = self._policy.actor(assignment, tools, seed)
        self._spent.append(0.0)
        return _PonderingActor(inner, self._seconds, seed, self._spent)

    def alone(self, lanes: int) -> float:
        """How long all episodes so far would have taken in so many lanes if only replies did."""
        free = [0.0] * lanes
        for spent in self._spent:
            heapq.heapreplace(free, free[0] + spent)
        return max(free)


class _PonderingActor:
    """An actor that adds what it takes to the last of some sums."""

    def __init__(
        self, inner: Actor, seconds: tuple[float, float], seed: int, spent: list[float]
    ) -> None:
        self._inner = inner
        self._seconds = seconds
        self._dice = random.Random(seed)
        self._spent = spent
        self._place = len(spent) - 1

    async def speak(self, heard: Heard) -> Said:
        seconds = self._dice.uniform(*self._seconds)
        self._spent[self._place] += seconds
        await asyncio.sleep(seconds)
        return await self._inner.speak(heard)
