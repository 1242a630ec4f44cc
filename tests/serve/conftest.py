"""A world being served, for the tests that need just that."""

from collections.abc import AsyncIterator

import pytest

from tests.serve.serving import Served, serving


@pytest.fixture
async def served(runtime, tmp_path) -> AsyncIterator[Served]:
    async with serving(runtime, tmp_path / "run") as running:
        yield running
