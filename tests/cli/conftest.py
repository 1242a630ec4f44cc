"""A command line to call, and worlds to call it on."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from awm.cli.app import run
from awm.worlds import WorldFile, write_worlds
from tests.cli.running import Door, Server, start_door, start_server
from tests.conftest import make_world
from tests.synthesis.ordering import Command, made_below, whole_catalogue


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Commands set logging up; other tests are not to notice."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = []
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def awm(capsys, monkeypatch, tmp_path) -> Callable[..., Outcome]:
    """Runs a command line in this process, in an empty folder, as if piped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*arguments: object) -> Outcome:
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture(scope="session")
def notes(tmp_path_factory) -> Path:
    """A folder with one good world, called Notes."""
    folder = tmp_path_factory.mktemp("worlds") / "notes"
    write_worlds([make_world()], folder)
    return folder


@pytest.fixture(scope="session")
def mixed(tmp_path_factory) -> Path:
    """A folder of one good world, one whose code fails and one with a bad statement."""
    folder = tmp_path_factory.mktemp("worlds") / "mixed"
    bad_row = ("INSERT INTO notes (title) VALUES ('first');", "INSERT INTO nowhere VALUES (1);")
    write_worlds(
        [
            make_world(),
            make_world("raise ValueError('no')", name="Broken Code"),
            make_world(name="Bad Row", inserts=bad_row),
        ],
        folder,
    )
    return folder


@pytest.fixture
def read_once(monkeypatch) -> None:
    """What the author knows is read once for all tests: that takes longer than they do."""
    for module in ("planning", "sources", "staging"):
        monkeypatch.setattr(f"awm.synthesis.{module}.Catalogue", whole_catalogue)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Command:
    """The command that made the worlds which tests share."""
    return made_below(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def generated(made) -> Path:
    """Its folder; nobody writes to it."""
    return made.folder


@pytest.fixture
def scenarios(generated, tmp_path) -> Path:
    """The scenarios of the shared worlds, in a folder `staged` with nothing else."""
    (tmp_path / "staged").mkdir()
    shutil.copy(generated / WorldFile.SCENARIO, tmp_path / "staged")
    return tmp_path / "staged" / WorldFile.SCENARIO


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Server]]:
    """Starts servers, and kills those that a test leaves."""
    servers: list[Server] = []

    def begin(*arguments: object) -> Server:
        servers.append(start_server(tmp_path, *map(str, arguments)))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


@pytest.fixture
def door(tmp_path) -> Iterator[Callable[..., Door]]:
    """Opens doors, and kills the servers that a test leaves."""
    doors: list[Door] = []

    def begin(*arguments: object, **variables: str) -> Door:
        doors.append(start_door(tmp_path, *arguments, **variables))
        return doors[-1]

    yield begin
    for opened in doors:
        if opened.process.poll() is None:
            opened.process.kill()
        opened.process.communicate()
