"""The name under which `verifiers` finds us."""

import subprocess
import sys

import pytest

import awm_worlds


@pytest.mark.parametrize("name", awm_worlds.__all__)
def test_what_is_promised_is_there(name):
    assert getattr(awm_worlds, name).__name__ == name


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="'awm_worlds' has no attribute 'nothing'"):
        _ = awm_worlds.nothing


def test_it_brings_nothing_before_it_is_asked():
    code = "import sys, awm_worlds; print({'awm', 'verifiers', 'datasets'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
