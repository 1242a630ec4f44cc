"""The README keeps its word: what it shows runs, and its figures are those that were measured."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "HOME": "/"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def run(*command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_it_stays_short():
    assert len(README.splitlines()) <= 160


def test_the_python_it_shows_runs(tmp_path: Path):
    instance, environment = blocks("python")
    ran = run(sys.executable, "-c", instance, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "buprofen" in ran.stdout
    assert "complete 1.0" in ran.stdout
    ran = run(sys.executable, "-c", environment, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("True 0.0 agent_error\n")


def test_the_commands_it_shows_run(tmp_path: Path):
    ran = run("bash", "-euc", blocks("bash")[0], folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "outputs/gen_envs.jsonl").is_file()
    assert "14 proven" in ran.stdout
    assert (tmp_path / "audit.html").is_file()


def test_the_server_it_shows_answers_the_check_it_shows(tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shown = [
        line.partition("#")[0].replace("8001", port) for line in blocks("bash")[1].splitlines()
    ]
    start, check = (line.split() for line in shown)
    server = subprocess.Popen(
        start,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        ran = run(*check, folder=tmp_path)
        while ran.returncode != 0 and time.monotonic() < deadline:
            ran = run(*check, folder=tmp_path)
        assert ran.returncode == 0, ran.stderr
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
    assert list(tmp_path.glob("outputs/servers/*/final.db"))


def test_its_figures_are_the_measured_ones():
    measured = (ROOT / "docs/figures.md").read_text(encoding="utf-8")
    rows = [line for line in README.splitlines() if line.startswith("| ")]
    assert len(rows) >= 8
    assert all(row in measured for row in rows)


def test_what_it_links_to_is_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
