"""A server that many tests ask: it is never harmed by any of them."""

from collections.abc import AsyncIterator

import pytest

from tests.serve.openenv.doors import Door, Talk, lodging, opened


@pytest.fixture(scope="session")
async def door(runtime, pool) -> AsyncIterator[Door]:
    async with opened(lodging(runtime, pool)) as running:
        yield running


@pytest.fixture
async def talk(door) -> AsyncIterator[Talk]:
    async with door.talk() as talking:
        yield talking
