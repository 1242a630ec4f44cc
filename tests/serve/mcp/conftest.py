"""A gateway to two worlds, for the tests that need just that."""

from collections.abc import AsyncIterator

import pytest

from awm.serve.lodging import Lodging
from awm.serve.mcp.application import Application, application
from tests.serve.mcp.gateway import Client, Served, client_of, lodging_of, notebook, serving


@pytest.fixture(scope="session")
async def lodging(runtime, pool) -> Lodging:
    return lodging_of(runtime, pool, notebook(), notebook("Other Book"))


@pytest.fixture
async def app(lodging) -> AsyncIterator[Application]:
    made = application(lodging)
    yield made
    for session in made.sessions:
        await made.sessions.end(session.key)


@pytest.fixture
async def client(app) -> AsyncIterator[Client]:
    """A client in a session of its own."""
    async with client_of(app) as made:
        await made.begin()
        yield made


@pytest.fixture
async def served(lodging) -> AsyncIterator[Served]:
    async with serving(lodging) as running:
        yield running
