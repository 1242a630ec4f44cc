import sys

import pytest

from awm.runtime.inside.imports import import_everything_named

from .forked import in_child


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A folder of modules that nobody has imported."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "zoo"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("fox", "owl", "elk"):
        (package / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (tmp_path / "fails.py").write_text("raise RuntimeError('at import')\n")
    return tmp_path


def imported_by(code):
    def act():
        before = set(sys.modules)
        import_everything_named(code)
        return sorted(name for name in set(sys.modules) - before if name.startswith("zoo"))

    return in_child(act)


ALL = ["zoo", "zoo.elk", "zoo.fox", "zoo.owl"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import zoo", ["zoo"]),
        ("import zoo.fox", ["zoo", "zoo.fox"]),
        ("import zoo.fox as f, zoo.owl  # both", ["zoo", "zoo.fox", "zoo.owl"]),
        ("from zoo import fox, owl as o, elk", ALL),
        ("from zoo import (\n    fox,\n    owl as o,\n    elk,\n)", ALL),
        ("from zoo.fox import NAME", ["zoo", "zoo.fox"]),
        ("from zoo import *", ["zoo"]),
        ("import os; import zoo.fox", ["zoo", "zoo.fox"]),
        ("def handler():\n    from zoo import fox\n    return fox", ["zoo", "zoo.fox"]),
        ("if False:\n\timport zoo.owl", ["zoo", "zoo.owl"]),
        ("try:\n    import zoo.fox\nexcept ImportError:\n    pass", ["zoo", "zoo.fox"]),
        ("from zoo import (  # all\n    fox,  # red\n    owl,\n)", ["zoo", "zoo.fox", "zoo.owl"]),
        ("try: import zoo.elk\nexcept ImportError: pass", ["zoo", "zoo.elk"]),
        ("from zoo import fox, \\\n    owl", ["zoo", "zoo.fox", "zoo.owl"]),
        ("from . import fox", []),
        ("x = 1", []),
    ],
)
def test_whatever_an_import_statement_names_is_imported(library, code, names):
    assert imported_by(code) == names


@pytest.mark.parametrize(
    "code",
    ["import nowhere", "from nowhere import x", "import fails", "import zoo.nothing", "import 1x"],
)
def test_a_name_that_cannot_be_imported_is_left_to_the_code_itself(library, code):
    assert set(imported_by(f"{code}\nimport zoo.fox")) >= {"zoo.fox"}


def test_what_code_says_about_imports_is_not_executed(library):
    assert imported_by("text = 'from zoo import ' + str(1 // 0)") == []
