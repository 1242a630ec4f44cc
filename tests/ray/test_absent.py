"""Where Ray is not installed."""

import subprocess
import sys

ABSENT = """
import sys
sys.modules["ray"] = None
import awm
awm.Runtime()
try:
    awm.RayRuntime("auto")
except awm.errors.UsageError as error:
    print(error)
"""


def said(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout


def test_what_is_missing_is_said_with_how_to_install_it() -> None:
    words = said(ABSENT)
    assert "need the ray package" in words
    assert "pip install 'awm[ray]'" in words


def test_awm_is_there_without_ray_being_imported() -> None:
    assert said("import awm, sys; print('ray' in sys.modules)") == "False\n"
