"""An environment that does as a sound one does; others break a rule each."""

__all__ = ["Broken"]


class Broken:
    """Does as a sound environment does; whoever extends it breaks one rule."""

    def __init__(self, env):
        self.env = env

    async def reset(self, *, seed=None, options=None):
        return await self.env.reset(seed=seed, options=options)

    async def step(self, action):
        return await self.env.step(action)

    async def checkpoint(self):
        return await self.env.checkpoint()

    async def restore(self, checkpoint):
        return await self.env.restore(checkpoint)

    async def fork(self):
        return type(self)(await self.env.fork())

    async def close(self):
        await self.env.close()

    @property
    def trajectory(self):
        return self.env.trajectory

    @property
    def episode(self):
        return self.env.episode
