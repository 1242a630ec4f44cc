"""Files appear together, and only once all of them are written."""

import errno
from pathlib import Path

import pytest

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.worlds.place import draft_of, put_in_place


def test_a_new_folder_appears_in_one_step(tmp_path):
    folder = tmp_path / "set"
    with draft_of(folder, overwrite=False) as draft:
        (draft / "gen_tasks.jsonl").touch()
        assert not folder.exists()
        put_in_place(draft, folder, [])
    assert [path.name for path in folder.iterdir()] == ["gen_tasks.jsonl"]
    assert list(tmp_path.iterdir()) == [folder]


def test_the_draft_of_a_folder_that_is_there_lies_inside_it(tmp_path):
    with draft_of(tmp_path, overwrite=False) as draft:
        assert draft.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("old", ["gen_envs.jsonl", "databases/zoo.db"])
def test_a_folder_that_is_in_use_is_refused_before_anything_is_done(tmp_path, old):
    (tmp_path / old).parent.mkdir(exist_ok=True)
    (tmp_path / old).touch()
    with pytest.raises(UsageError, match=r"already holds .*--overwrite"):
        draft_of(tmp_path, overwrite=False).__enter__()
    with draft_of(tmp_path, overwrite=True):
        pass


def test_replacing_removes_what_no_longer_belongs(tmp_path):
    for name in ("gen_envs.jsonl", "gen_spec.jsonl", "databases/zoo.db", "databases/shop.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("old")
    with draft_of(tmp_path, overwrite=True) as draft:
        (draft / "gen_envs.jsonl").write_text("new")
        put_in_place(draft, tmp_path, ["zoo"])
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"gen_envs.jsonl", "databases/shop.db"}
    assert (tmp_path / "gen_envs.jsonl").read_text() == "new"


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorldFileError, match=r"cannot be written.*Nothing was kept"):
        draft_of(tmp_path / "file" / "set", overwrite=False).__enter__()

    def write(draft: Path) -> None:
        (draft / "gen_envs.jsonl").touch()
        (draft / "none" / "x").touch()

    with (
        pytest.raises(WorldFileError, match="No such file"),
        draft_of(tmp_path / "set", overwrite=False) as draft,
    ):
        write(draft)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_is_full_is_no_fault_of_the_caller(tmp_path, number):
    def fill(kept):
        with draft_of(tmp_path / "set", overwrite=False, **kept):
            raise OSError(number, "Full", "some/file")

    with pytest.raises(InfrastructureError) as caught:
        fill({})
    assert caught.value.message == f"{tmp_path / 'set'} cannot be written: Full."
    assert caught.value.hint == "Make room. Nothing was kept."
    with pytest.raises(InfrastructureError) as caught:
        fill({"kept": "It is all there."})
    assert caught.value.hint == "It is all there."


def test_what_a_run_that_was_killed_left_in_a_draft_of_ours_is_no_part_of_the_next(tmp_path):
    place = tmp_path / ".draft"
    (place / "databases").mkdir(parents=True)
    (place / "databases" / "old.db").touch()
    with draft_of(tmp_path, overwrite=False, draft=place) as draft:
        assert draft == place
        (draft / "gen_tasks.jsonl").touch()
        put_in_place(draft, tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["gen_tasks.jsonl"]


def test_what_tells_of_the_worlds_comes_after_them(tmp_path, monkeypatch):
    """Whoever reads it may rely on what it says."""
    order, replace, unlink = [], Path.replace, Path.unlink

    def replaced(path, target):
        order.append(path.name)
        return replace(path, target)

    def removed(path, **given):
        order.append(f"no {path.name}")
        unlink(path, **given)

    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(Path, "unlink", removed)
    with draft_of(tmp_path, overwrite=True) as draft:
        for name in ("a.json", "gen_tasks.jsonl", "databases/zoo.db", "zoo.txt"):
            (draft / name).parent.mkdir(exist_ok=True)
            (draft / name).touch()
        put_in_place(draft, tmp_path, ["zoo"])
    assert order[:2] == ["zoo.db", "gen_tasks.jsonl"]
    assert order[-2:] == ["a.json", "zoo.txt"]
    assert set(order[2:-2]) >= {"no gen_spec.jsonl", "no gen_envs.jsonl"}
