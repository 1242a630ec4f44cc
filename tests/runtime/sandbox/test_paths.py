import os
import sysconfig
import zoneinfo
from pathlib import Path

import pytest

import awm
from awm.runtime.sandbox import paths, python_paths


def within(place, folders):
    return any(Path(place).resolve().is_relative_to(folder) for folder in folders)


def test_what_imports_need_is_listed():
    found = python_paths()
    assert within(os.__file__, found)
    assert within(sysconfig.get_path("purelib"), found)
    assert within(sysconfig.get_path("platlib"), found)
    assert all(within(place, found) for place in zoneinfo.TZPATH if Path(place).exists())


def test_the_libraries_in_use_can_be_read():
    for name in ("json", "sqlalchemy", "pydantic_core", "pytest"):
        assert within(__import__(name).__file__, python_paths())


def test_paths_are_absolute_there_and_free_of_links():
    for place in python_paths():
        assert Path(place).exists()
        assert str(Path(place).resolve()) == place


def test_no_path_lies_in_another():
    found = python_paths()
    assert not any(within(one, [other]) for one in found for other in found if one != other)


def test_the_home_folder_and_the_machines_secrets_are_not_listed():
    for place in (Path.home(), "/", "/etc", "/proc", "/sys", "/dev", "/tmp", "/home", "/var"):
        assert not within(place, python_paths())


def test_a_project_installed_in_editable_mode_is_not_listed():
    if "site-packages" in awm.__file__:
        pytest.skip("awm is not installed in editable mode")
    assert not within(awm.__file__, python_paths())


@pytest.fixture
def invented(monkeypatch, tmp_path):
    """Lets the interpreter name a folder of our own as its site-packages."""

    def name(folder):
        get = sysconfig.get_path
        monkeypatch.setattr(
            paths.sysconfig, "get_path", lambda n: str(folder) if n == "purelib" else get(n)
        )

    return name


def test_links_are_resolved(invented, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    invented(tmp_path / "link")
    assert str((tmp_path / "real").resolve()) in python_paths()
    assert str(tmp_path / "link") not in python_paths()


def test_a_folder_that_is_not_there_is_left_out(invented, tmp_path):
    invented(tmp_path / "missing")
    assert str(tmp_path / "missing") not in python_paths()


@pytest.mark.parametrize("above", [0, 1])
def test_a_folder_that_holds_the_home_folder_is_left_out(invented, monkeypatch, tmp_path, above):
    home = tmp_path / "home" / "me"
    home.mkdir(parents=True)
    monkeypatch.setattr(paths, "_home", lambda: home)
    folder = [home, home.parent][above]
    invented(folder)
    assert str(folder) not in python_paths()
    (home / "packages").mkdir()
    invented(home / "packages")
    assert str(home / "packages") in python_paths()


def test_a_user_without_an_entry_has_no_home(monkeypatch):
    monkeypatch.setattr(paths.os, "getuid", lambda: 4_000_000)
    assert paths._home() == Path("/")
    assert python_paths()
