"""OpenEnv comes without its web page, and only to those who ask for it."""

import subprocess
import sys

import pytest

from awm.errors import UsageError
from awm.serve.openenv.importing import light_openenv

LIGHT = """
import sys
from awm.serve.openenv.importing import light_openenv
with light_openenv():
    import awm.serve.openenv.application
assert not {"gradio", "pandas"} & sys.modules.keys(), "it came with its page"
"""
FREE = """
import sys
import awm.serve.openenv.visit
assert not [name for name in sys.modules if name.partition(".")[0] == "openenv"], "OpenEnv came"
"""


@pytest.mark.parametrize("program", [LIGHT, FREE])
def test_in_a_process_of_its_own(program):
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_where_it_is_not_installed_that_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "openenv", None)
    with pytest.raises(UsageError, match=r"pip install 'awm\[openenv\]'"), light_openenv():
        import openenv  # noqa: F401, PLC0415


def test_what_else_is_missing_is_not_taken_for_it():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), light_openenv():
        import no_such_module  # noqa: F401, PLC0415
