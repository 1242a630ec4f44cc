"""A folder of worlds, and a lodging of it that all tests of this folder share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from awm.serve.kept_lodging import KeptLodging
from awm.serve.offer import Offer, open_offer
from tests.serve.ecosystems.diaries_on_disk import write_diaries


@pytest.fixture(scope="session")
def diaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_diaries(tmp_path_factory.mktemp("worlds") / "diaries")


@pytest.fixture(scope="session")
def offer(diaries: Path) -> Offer:
    return open_offer(str(diaries))


@pytest.fixture(scope="session")
async def lodging(offer: Offer) -> AsyncIterator[KeptLodging]:
    kept = KeptLodging(lambda: offer.lodging(4))
    yield kept
    await kept.close()
