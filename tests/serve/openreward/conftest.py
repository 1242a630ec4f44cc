"""A lodging that all tests of this door share: to open one takes a second."""

from collections.abc import AsyncIterator

import pytest

from awm.runtime import Limits, Runtime, VerifierLimits, VerifierPool
from awm.serve.lodging import Lodging
from tests.serve.openreward.doors import Door, opened
from tests.serve.openreward.worlds import folder


@pytest.fixture(scope="session")
async def lodging() -> AsyncIterator[Lodging]:
    limits = Limits(call_seconds=1.0, grace_seconds=0.5, load_seconds=5.0, response_mb=2)
    pool = VerifierPool(limits=VerifierLimits(seconds=1.0, grace_seconds=0.5), processes=1)
    async with Lodging(folder(), Runtime(limits=limits), pool) as running:
        yield running


@pytest.fixture
async def door(lodging) -> AsyncIterator[Door]:
    async with opened(lodging) as door:
        yield door
