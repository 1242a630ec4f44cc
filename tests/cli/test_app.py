"""The command line as a whole: spelling, help, versions, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import awm as package
from awm.cli import env
from awm.errors import InfrastructureError
from tests.cli.running import environment


@pytest.mark.parametrize("command", ["check_all", "check-all"])
@pytest.mark.parametrize("option", ["--allowed_scenarios", "--allowed-scenarios"])
def test_commands_and_options_are_spelt_with_either_dash(awm, notes, command, option):
    outcome = awm("env", command, "--input", notes, option, "nowhere")
    assert outcome.code == 2
    assert "world 'nowhere': it is not among the 1 worlds" in outcome.err


@pytest.mark.parametrize("option", ["--log_level", "--log-level"])
def test_options_of_the_whole_are_spelt_with_either_dash_too(awm, option):
    assert awm(option, "error", "version").code == 0


def test_help_shows_the_published_spelling(awm):
    text = awm("env", "start", "--help").out
    for option in ("--envs_load_path", "--db_path", "--db_schema_path", "--sample_path", "--port"):
        assert option in text
    assert "--temp_server_path" not in text


def test_help_lists_what_there_is(awm):
    outcome = awm("--help")
    assert outcome.code == 0
    for noun in ("env", "worlds", "demo", "version"):
        assert f"\n  {noun} " in outcome.out


def test_without_a_command_there_is_help(awm):
    assert awm().out == awm("--help").out


def test_help_imports_nothing_heavy():
    probe = (
        "import sys\nfrom awm.cli.app import run\nrun(['--help'])\n"
        "heavy = {'fastapi', 'sqlalchemy', 'mcp', 'starlette', 'uvicorn', 'pydantic'}\n"
        "print('imported:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, env=environment(), check=True
    )
    assert done.stdout.splitlines()[-1] == "imported: []"


def test_output_that_finds_no_room_is_an_error_in_words():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "awm", "worlds", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "error: the output has no room: No space left on device.\n"


def test_the_version_is_the_packages(awm):
    assert awm("--version").out == f"awm {package.__version__}\n"
    assert json.loads(awm("version", "--json").out)["awm"] == package.__version__
    assert awm("version").out.startswith(f"awm {package.__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["env", "start"],
        ["env", "start", "--scenario", "x", "--port", "70000"],
        ["env", "check_all"],
        ["worlds", "show"],
        ["worlds", "show", "a", "b", "c"],
        ["worlds", "list", "--nope"],
        ["--log_level", "loud", "worlds", "list"],
        ["demo", "--instances", "0"],
        ["worlds", "list", "/nowhere/at/all"],
    ],
)
def test_a_request_that_makes_no_sense_exits_with_2_and_says_why(awm, arguments):
    outcome = awm(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err


def test_a_bad_setting_exits_with_2_and_names_the_variable(awm, monkeypatch):
    monkeypatch.setenv("AWM_CALL_SECONDS", "soon")
    outcome = awm("worlds", "list")
    assert outcome.code == 2
    assert outcome.err.startswith("error: AWM_CALL_SECONDS is 'soon'")


def test_a_fault_of_the_machinery_exits_with_3(awm, monkeypatch):
    def fail(*_, **__):
        raise InfrastructureError("the disk is gone.", "Buy another.")

    monkeypatch.setattr("awm.cli.listing.list_worlds", fail)
    outcome = awm("worlds", "list")
    assert outcome.code == 3
    assert outcome.err == "error: the disk is gone.\nBuy another.\n"


def test_ctrl_c_exits_with_130_and_no_traceback(awm, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("awm.cli.listing.list_worlds", interrupt)
    outcome = awm("worlds", "list")
    assert outcome.code == 130
    assert "Traceback" not in outcome.err


def test_a_reader_that_has_gone_is_no_error_to_tell():
    script = f"{sys.executable} -m awm worlds list --json | head -1"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


def test_every_command_says_what_it_does():
    assert all(command.callback.__doc__ for command in env.app.registered_commands)
