"""Model servers that several tests ask: one that needs no worlds made, and one that makes them."""

import pytest

from awm.llm import OpenAICompatible, Patience
from awm.testing import ModelServer
from tests.testing.questions import MODEL

BRIEF = Patience(attempts=1, timeout_seconds=20.0, deadline_seconds=30.0)


@pytest.fixture(scope="session")
async def bundled():
    """A server that writes the package's own worlds."""
    async with ModelServer(worlds="bundled", known=12) as server:
        yield server


@pytest.fixture(scope="session")
async def llm(bundled):
    """A client of it, which asks once."""
    model = OpenAICompatible(bundled.url, None, MODEL, patience=BRIEF)
    yield model
    await model.aclose()


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Where the server below keeps its worlds."""
    return tmp_path_factory.mktemp("worlds")


@pytest.fixture(scope="session")
async def builtin(cache):
    """A server that has the builtin author make its worlds; one of them is there already."""
    async with ModelServer(known=4, tasks=2, prepared=1, cache=cache) as server:
        yield server
