"""Published worlds are fetched through the hub's own client, whole or not at all."""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.worlds import World, WorldFile, open_worlds, pull_worlds, write_worlds

pytest.importorskip("huggingface_hub", reason="the hub extra is not installed")

REPO = "zoo/worlds"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """As much of the hub as downloading a dataset asks for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.files = files
        self.asked: list[str] = []
        self.refuses_files = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(path)
        api, resolve = f"/api/datasets/{REPO}", f"/datasets/{REPO}/resolve/{COMMIT}/"
        if path in {f"{api}/revision/main", f"{api}/revision/{COMMIT}"}:
            siblings = [{"rfilename": name} for name in self.server.files]
            self._json({"id": REPO, "sha": COMMIT, "siblings": siblings})
        elif path == f"{api}/tree/{COMMIT}":
            self._json([_entry(name, body) for name, body in self.server.files.items()])
        elif path.startswith(resolve) and path.removeprefix(resolve) in self.server.files:
            self._file(self.server.files[path.removeprefix(resolve)])
        elif path.startswith(f"{api}/revision/"):
            self._refuse("RevisionNotFound")
        else:
            self._refuse("RepoNotFound")

    def _json(self, answer: object) -> None:
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _file(self, body: bytes) -> None:
        if self.server.refuses_files:
            self._refuse("", 403)  # a 5xx would be asked for again and again, with pauses
            return
        headers = {"ETag": f'"{_oid(body)}"', "X-Repo-Commit": COMMIT}
        self._send(200, body, headers)

    def _refuse(self, code: str, status: int = 404) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


def _oid(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def _entry(name: str, body: bytes) -> dict[str, object]:
    return {"type": "file", "path": name, "size": len(body), "oid": _oid(body)}


@pytest.fixture
def hub(make_rows, tmp_path_factory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("published") / "set"
    worlds = [World.from_records(make_rows(name)) for name in ("City Zoo", "Corner Shop")]
    write_worlds(worlds, folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files |= {"README.md": b"about", "databases/city_zoo.db": b"rows", "big/extra.bin": b"no"}
    with Hub(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_home(monkeypatch, tmp_path_factory):
    """Keep the client away from the cache and the credentials of whoever runs the tests."""
    from huggingface_hub import constants  # noqa: PLC0415

    home = tmp_path_factory.mktemp("home")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield
    assert list(home.iterdir()) == []


def test_a_set_of_worlds_arrives_whole(hub, tmp_path):
    target = pull_worlds(REPO, tmp_path / "set", endpoint=hub.url)
    assert target == tmp_path / "set"
    worlds = open_worlds(target)
    assert list(worlds) == ["city_zoo", "corner_shop"]
    assert worlds["city_zoo"].tasks == ("Feed the fox.", "Name the owl.")
    assert worlds["city_zoo"].database_file == target / "databases" / "city_zoo.db"
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_only_what_worlds_consist_of_is_fetched(hub, tmp_path):
    pull_worlds(REPO, tmp_path / "set", endpoint=hub.url)
    names = {str(path.relative_to(tmp_path / "set")) for path in (tmp_path / "set").rglob("*.*")}
    assert names == {name for name in hub.files if name.startswith(("gen_", "databases/"))}
    assert not any(path.endswith(("README.md", "extra.bin")) for path in hub.asked)


def test_a_revision_can_be_asked_for(hub, tmp_path):
    pull_worlds(REPO, tmp_path / "set", revision=COMMIT, endpoint=hub.url)
    assert len(open_worlds(tmp_path / "set")) == 2
    with pytest.raises(UsageError, match="has no revision 'v9'"):
        pull_worlds(REPO, tmp_path / "other", revision="v9", endpoint=hub.url)


def test_worlds_that_are_there_are_not_overwritten_by_accident(hub, tmp_path):
    target = tmp_path / "set"
    target.mkdir()
    (target / WorldFile.SPEC).write_text("old")
    (target / WorldFile.ORACLE).write_text("old")
    with pytest.raises(UsageError, match="--overwrite"):
        pull_worlds(REPO, target, endpoint=hub.url)
    assert hub.asked == []
    pull_worlds(REPO, target, endpoint=hub.url, overwrite=True)
    assert len(open_worlds(target)) == 2
    assert not (target / WorldFile.ORACLE).exists()


@pytest.mark.parametrize(
    ("repo", "message"),
    [
        ("zoo/none", r"no dataset zoo/none.*log in"),
        ("not a/valid/name", r"is no name of a dataset.*owner/name"),
    ],
)
def test_a_dataset_that_is_not_there_is_told(hub, tmp_path, repo, message):
    with pytest.raises(UsageError, match=message):
        pull_worlds(repo, tmp_path / "set", endpoint=hub.url)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(hub, tmp_path):
    hub.refuses_files = True
    with pytest.raises(InfrastructureError, match=r"could not be downloaded.*nothing was kept"):
        pull_worlds(REPO, tmp_path / "set", endpoint=hub.url)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_cannot_be_reached_is_told(tmp_path):
    # Port 9 is `discard`; nothing listens there, and a refused connection answers at once.
    with pytest.raises(InfrastructureError, match="Check the connection"):
        pull_worlds(REPO, tmp_path / "set", endpoint="http://127.0.0.1:9")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.md": b"about"}, "holds no worlds"),
        ({"gen_tasks.jsonl": b"{broken\n"}, r"no world that can be read(.|\n)*line 1"),
    ],
)
def test_what_is_no_set_of_worlds_is_not_kept(hub, tmp_path, files, message):
    hub.files = files
    with pytest.raises(WorldFileError, match=message):
        pull_worlds(REPO, tmp_path / "set", endpoint=hub.url)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match=r"pip install 'awm\[hub\]'"):
        pull_worlds(REPO, Path(tmp_path / "set"))
    assert list(tmp_path.iterdir()) == []
