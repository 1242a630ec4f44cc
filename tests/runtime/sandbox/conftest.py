import os
import shutil
import tempfile
from pathlib import Path

import pytest

from awm.runtime.sandbox import Isolation, Walls, probe, python_paths

from .jail import ORDINARY, Jail, mapped_already


@pytest.fixture(scope="session")
def isolation():
    return probe()


@pytest.fixture
def jail(isolation) -> Jail:
    """A full jail, entered as whoever runs the tests."""
    if isolation.level != "full":
        pytest.skip(f"needs a full jail: {isolation.describe()}")
    # Beyond what the tests before this one have imported into this process.
    memory = mapped_already() + (2 << 30)
    return Jail(Walls(memory, 64, python_paths(), isolation))


@pytest.fixture
def filtered(isolation) -> Isolation:
    """Some jail that filters system calls."""
    if not isolation.seccomp:
        pytest.skip(f"needs seccomp: {isolation.describe()}")
    return isolation


@pytest.fixture
def library():
    """A folder that everybody may read, with one file of text and one module."""
    folder = Path(tempfile.mkdtemp(prefix="jail-")).resolve()
    (folder / "text").write_text("allowed")
    (folder / "a_module_of_the_jail_tests.py").write_text("ANSWER = 42\n")
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["whoever runs the tests", "an ordinary user"])
def any_user(request, jail, library) -> Jail:
    """A full jail entered by root where possible, and by an ordinary user."""
    if request.param == "whoever runs the tests":
        return jail
    if os.getuid() != 0:
        pytest.skip("whoever runs the tests is an ordinary user already")
    # The interpreter may lie where only root can look, so this user gets another folder to read.
    return Jail(jail.walls, ORDINARY).but(readable=(str(library), "/usr/share/zoneinfo"))
