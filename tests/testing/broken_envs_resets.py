"""Environments that break rules about where episodes begin."""

import itertools
from dataclasses import replace

from awm.errors import UsageError
from tests.testing.broken_envs import Broken

__all__ = ["BREAKS"]


class Eager(Broken):
    async def step(self, action):
        try:
            return await super().step(action)
        except UsageError:
            await self.reset()
            return await super().step(action)


class PayingTwice(Broken):
    last = None

    async def reset(self, **options):
        self.last = None
        return await super().reset(**options)

    async def step(self, action):
        if self.last is None or not self.last.is_last:
            self.last = await super().step(action)
        return self.last


class Unending(Broken):
    """It hands out what was kept before the end."""

    kept = None

    async def step(self, action):
        self.kept = await super().checkpoint()
        return await super().step(action)

    async def checkpoint(self):
        return self.kept if self.episode else await super().checkpoint()


class Whimsical(Broken):
    whims = itertools.count()

    async def step(self, action):
        step = await super().step(action)
        text = f"{step.observation.text} {next(self.whims)}"
        return replace(step, observation=replace(step.observation, text=text))


class Careless(Broken):
    async def reset(self, *, seed=None, options=None):
        return await super().reset(seed=seed)


class OfOneSeed(Broken):
    async def reset(self, *, seed=None, options=None):
        return await super().reset(seed=None if seed is None else 7, options=options)


class Repeating(Broken):
    async def reset(self, *, seed=None, options=None):
        return await super().reset(seed=seed or 0, options=options)


class Forgetting(Broken):
    """The next rollout is one of its own seed, whatever the last one was."""

    async def reset(self, *, seed=None, options=None):
        seen = await super().reset(seed=9 if seed is None else seed, options=options)
        return await super().reset(options=options) if seed is None else seen


class OfOneTask(Broken):
    async def reset(self, *, seed=None, options=None):
        await super().reset(seed=seed, options=options)
        kept = {key: value for key, value in (options or {}).items() if key != "task"}
        return await super().reset(seed=seed, options=kept)


class OfOneReward(Broken):
    async def reset(self, *, seed=None, options=None):
        await super().reset(seed=seed, options=options)
        kept = {key: value for key, value in (options or {}).items() if key == "task"}
        return await super().reset(seed=seed, options=kept)


class Clinging(Broken):
    """Options hold until there are others."""

    last = None

    async def reset(self, *, seed=None, options=None):
        self.last = options or self.last
        return await super().reset(seed=seed, options=self.last)


class Undead(Broken):
    async def close(self):
        """Stays open."""


BREAKS = (
    (Eager, "nothing before reset"),
    (PayingTwice, "nothing after the end"),
    (Unending, "nothing after the end"),
    (Whimsical, "equal seeds make equal episodes"),
    (OfOneSeed, "other seeds make other attempts"),
    (Repeating, "other seeds make other attempts"),
    (Forgetting, "other seeds make other attempts"),
    (Careless, "wrong options are refused"),
    (OfOneTask, "options hold for one episode"),
    (OfOneReward, "options hold for one episode"),
    (Clinging, "options hold for one episode"),
    (Undead, "closing is final"),
)
"""Each with the rule that it breaks."""
