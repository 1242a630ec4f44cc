"""A run that is killed while files are put in place is finished by the same command."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from awm.errors import UsageError
from awm.synthesis.generating import MANIFEST, generate
from awm.synthesis.planning import WorldPlan
from awm.synthesis.workshops import Workshops
from awm.worlds import WorldFile
from tests.cli.running import PATIENCE, environment
from tests.synthesis.ordering import SHARED, files, shelve, whole_catalogue

KILLED = -9
LEFT = ".generating"


@pytest.fixture
def _read_once(monkeypatch):
    monkeypatch.setattr("awm.synthesis.planning.Catalogue", whole_catalogue)


@pytest.mark.parametrize("what", ["new", "replaced", "staged"])
def test_killed_at_any_step_the_same_command_finishes_it(generated, tmp_path, what):
    """Nothing is doubled, nothing is lost, and nothing is left beside it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.synthesis.killing", str(generated), str(tmp_path), what],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,  # it is killed dozens of times, and started as often
        check=False,
    )
    assert done.returncode == 0, done.stderr
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    assert {run["first"] for run in runs[:-1]} == {KILLED}
    assert runs[-1] == {"first": 0, "again": None, "odd": []}
    finished = [run for run in runs if run["again"] is not None]
    assert len(finished) >= (12 if what == "staged" else 35)
    assert all((run["again"], run["odd"]) == (0, []) for run in finished)
    for run in runs[len(finished) : -1]:  # all was in place: only what is hidden was left
        assert all(name.startswith(LEFT) for name in run["odd"])


def half_placed(folder, generated, count=2) -> None:
    """As a run leaves a folder that was killed after it had put the first file in place."""
    shelf = shelve(folder, replace(SHARED, count=count), generated, range(count))
    shelf.place({"worlds": count})
    shutil.copy(generated / WorldFile.SCENARIO, folder)


@pytest.mark.usefixtures("_read_once")
async def test_half_of_an_order_is_not_mixed_with_another(generated, tmp_path):
    half_placed(tmp_path, generated)
    before = files(tmp_path)
    with pytest.raises(UsageError, match="unfinished worlds of another order: seed 11, not 3"):
        await generate(replace(SHARED, seed=3), tmp_path)
    with pytest.raises(UsageError) as caught:
        await generate(replace(SHARED, count=1), tmp_path)
    assert caught.value.message == (
        f"{tmp_path} holds some files of 2 of these worlds: the run that put them there was"
        " stopped."
    )
    assert (
        caught.value.hint == "Give --target_count 2 to finish it, or --overwrite to replace them."
    )
    assert files(tmp_path) == before
    assert (await generate(SHARED, tmp_path)).made == 0
    assert files(tmp_path) == files(generated)


@pytest.mark.usefixtures("_read_once")
async def test_what_is_left_of_a_shelf_that_was_being_cleared_goes(generated, tmp_path):
    folder = tmp_path / "worlds"
    shutil.copytree(generated, folder)
    (folder / ".generating.old").mkdir()
    (folder / ".generating.old" / "000000.db").write_bytes(b"rows")
    with pytest.raises(UsageError, match="holds these worlds already"):
        await generate(SHARED, folder)
    assert files(folder) == files(generated)


@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"report": 1}', b'{"lines": {"x": []}}', b"\xff"]
)
async def test_a_world_that_cannot_be_read_from_the_shelf_is_made_anew(
    generated, tmp_path, monkeypatch, content
):
    shelf = shelve(tmp_path, SHARED, generated, [0, 1])
    (shelf.path / "000001.json").write_bytes(content)
    missing = []

    async def make_all(_self, rows, _done):
        missing.extend(WorldPlan.from_row(row).index for row in rows)
        shelve(tmp_path, SHARED, generated, missing)

    monkeypatch.setattr(Workshops, "make_all", make_all)
    await generate(SHARED, tmp_path)
    assert missing == [1]
    assert files(tmp_path) == files(generated)
    assert json.loads((tmp_path / MANIFEST).read_text())["worlds"] == 2
