"""docs/evaluation.md keeps its word: what it shows runs, and the options it names are there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from awm.cli.app import app
from tests.cli.playing import serving
from tests.llm.chat_server import Answer, completion

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "HOME": "/"}


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_commands_it_shows_run(tmp_path):
    (block,) = re.findall(r"^```bash\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    ran = run(tmp_path, "bash", "-euc", block)
    assert ran.returncode == 0, ran.stderr
    assert "complete: " in ran.stdout
    assert "B - A over 4 tasks: +" in ran.stdout
    assert (tmp_path / "compare.html").is_file()
    assert (tmp_path / "random.html").is_file()
    assert (tmp_path / "sft.jsonl").is_file()


SERVED = re.findall(r"^    (awm eval .*--api_url .*)$", DOCUMENT, re.MULTILINE)


def gives_up(request):
    """A server of every model, which says that it cannot."""
    if request.method == "GET":
        return Answer({"error": {"message": "no list"}}, status=404)
    return completion("I cannot do that.")


@pytest.mark.parametrize("line", SERVED)
def test_models_are_asked_as_it_shows(tmp_path, line):
    with serving(gives_up) as server:
        command = shlex.split(line.replace("http://localhost:8000/v1", server.url))
        command[command.index("outputs")] = "bundled"
        ran = run(tmp_path, *command, "--limit", "1", "--no_html", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["stops"] == {"answered": 4}


def test_it_shows_how_models_are_asked():
    assert len(SERVED) == 2


def test_the_options_it_names_are_there():
    from typer.main import get_command  # noqa: PLC0415

    def options(command):
        yield from (name for each in command.params for name in (*each.opts, *each.secondary_opts))
        for inner in getattr(command, "commands", {}).values():
            yield from options(inner)

    # Options of other programs stand in lines that begin with their name.
    own = re.sub(r"^    vllm .*$", "", DOCUMENT, flags=re.MULTILINE)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z_]*", own))
    known = {name.replace("-", "_").replace("__", "--", 1) for name in options(get_command(app))}
    assert len(named) > 25
    assert named <= known
