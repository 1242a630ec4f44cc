"""The documentation of the two ecosystems tells every argument that there is."""

import inspect
import re
from pathlib import Path

import pytest

from awm.serve.inspect_task import worlds
from awm.serve.verifiers_env import load_environment

DOCS = Path(__file__).parents[3] / "docs"


def told_in(name):
    """The arguments that the table of a document names, with what each is by default."""
    text = (DOCS / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \| .* \| (.*) \|$", text, re.MULTILINE)
    return {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}


@pytest.mark.parametrize(
    ("document", "made_by"), [("verifiers.md", load_environment), ("inspect.md", worlds)]
)
def test_every_argument_is_told_with_its_default(document, made_by):
    told, there = told_in(document), inspect.signature(made_by).parameters
    assert told.keys() == there.keys()
    for name, parameter in there.items():
        default = parameter.default
        if isinstance(default, str):
            assert told[name] == f"`{default}`"
        elif default not in (None, ()):
            assert told[name] == str(default).lower()
