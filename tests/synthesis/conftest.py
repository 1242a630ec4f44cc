"""What the tests of the synthesis share: a small catalogue, a plan, and worlds that were made."""

from pathlib import Path

import pytest

from awm.synthesis.catalogue import Catalogue
from awm.synthesis.planning import WorldPlan
from awm.worlds import WorldFolder, open_worlds
from tests.synthesis.ordering import first_plan, made_below, small_catalogue


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory) -> Catalogue:
    """A catalogue that knows one domain, the tool library."""
    return small_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def plan(catalogue) -> WorldPlan:
    """A plan from the small catalogue."""
    return first_plan(catalogue)


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Path:
    """A folder of two worlds that the command made; nobody writes to it."""
    return made_below(tmp_path_factory.getbasetemp()).folder


@pytest.fixture(scope="session")
def worlds(generated) -> WorldFolder:
    """The worlds of that folder."""
    return open_worlds(generated)
