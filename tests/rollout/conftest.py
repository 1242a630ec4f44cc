"""Environments of a diary, in the runtime that all tests share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from awm.rollout.env import Env
from awm.rollout.env_making import make_env
from awm.worlds import World
from tests.rollout.diaries import diary


@pytest.fixture(scope="session")
def world() -> World:
    return diary()


@pytest.fixture
async def make(runtime, pool, world) -> AsyncIterator[Callable[..., Env]]:
    """Makes environments, and closes them in the end."""
    made: list[Env] = []

    def one(task: int = 0, **options: Any) -> Env:
        made.append(
            make_env(world, task, **{"tools": "direct", **options}, runtime=runtime, pool=pool)
        )
        return made[-1]

    yield one
    for env in made:
        await env.close()
