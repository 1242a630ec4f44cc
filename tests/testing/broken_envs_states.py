"""Environments that break rules about the states of an episode."""

import asyncio
from dataclasses import replace

from tests.testing.broken_envs import Broken

__all__ = ["BREAKS"]


class Forgetful(Broken):
    async def restore(self, checkpoint):
        return await self.env.reset(seed=0)


class HoldingOn(Broken):
    async def restore(self, checkpoint):
        return self.env.observation


class ForgettingWhatWasPaid(Broken):
    """After a restore the last turn is paid for all, and the turns before as well."""

    restored = False

    async def restore(self, checkpoint):
        self.restored = True
        return await super().restore(checkpoint)

    async def step(self, action):
        step = await super().step(action)
        paid = self.episode.reward.total if self.restored and self.episode else step.reward
        return replace(step, reward=paid)


class KeepingNoRewards(Broken):
    async def restore(self, checkpoint):
        return await super().restore(replace(checkpoint, rewards=()))


class DrawingAnew(Broken):
    async def restore(self, checkpoint):
        return await super().restore(replace(checkpoint, seed=checkpoint.seed + 1))


class ShowingTheTaskAgain(Broken):
    async def restore(self, checkpoint):
        seen = await super().restore(checkpoint)
        return replace(seen, text=seen.instruction, results=())


class KeepingWhatCannotBePickled(Broken):
    async def checkpoint(self):
        return replace(await super().checkpoint(), made=(lambda: 0,))


class OfOneLife(Broken):
    async def fork(self):
        return self


class ForkingAtTheStart(Broken):
    async def fork(self):
        twin = await super().fork()
        await twin.reset(seed=0)
        return twin


class Bound(Broken):
    """Its twins end with it."""

    def __init__(self, env):
        super().__init__(env)
        self.twins = []

    async def fork(self):
        self.twins.append(await super().fork())
        return self.twins[-1]

    async def close(self):
        for twin in self.twins:
            await twin.close()
        await super().close()


class Colliding(Broken):
    busy = False

    async def step(self, action):
        if self.busy:
            raise RuntimeError("two at once")
        self.busy = True
        try:
            return await super().step(action)
        finally:
            self.busy = False


class Unstoppable(Broken):
    """A step that is cancelled is made all the same."""

    async def step(self, action):
        step = asyncio.ensure_future(super().step(action))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            await step
            raise


BREAKS = (
    (Forgetful, "restoring goes back"),
    (HoldingOn, "restoring goes back"),
    (ForgettingWhatWasPaid, "restoring goes back"),
    (KeepingNoRewards, "restoring goes back"),
    (DrawingAnew, "restoring goes back"),
    (ShowingTheTaskAgain, "restoring goes back"),
    (KeepingWhatCannotBePickled, "restoring goes back"),
    (OfOneLife, "forks are independent"),
    (ForkingAtTheStart, "forks are independent"),
    (Bound, "forks are independent"),
    (Colliding, "one call at a time"),
    (Unstoppable, "cancelled steps were not made"),
)
"""Each with the rule that it breaks."""
