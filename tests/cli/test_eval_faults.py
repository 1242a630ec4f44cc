"""`awm eval` where it is killed, where the server dies, and where models write nonsense."""

import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from awm.rollout.store import EPISODES, ORDER, SUMMARY, read_evaluation
from awm.worlds import write_worlds
from tests.cli.playing import MODEL, in_awm, noted_world, serving, solving
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment
from tests.llm.chat_server import Answer, completion

WORDS = ("milk", "eggs", "tea")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Path:
    """Two worlds of three tasks each."""
    folder = tmp_path_factory.mktemp("worlds") / "noted"
    write_worlds([noted_world(), noted_world("More Notes", "# another one")], folder)
    return folder


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    for name in (
        "OPENAI_API_KEY", "OPENAI_BASE_URL", "AWM_SYN_OVERRIDE_MODEL", "AWM_SYN_LLM_PROVIDER",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def killed_once_it_has_written(order: list[str], folder: Path, size: int) -> bool:
    """Begin or go on, and kill the process when the episodes have so many bytes; False if it ends
    before that."""
    process = subprocess.Popen(order, env=environment(), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and size_of(folder / EPISODES) < size:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    if process.poll() is not None:
        return False
    below = descendants(process.pid)
    process.kill()
    process.wait(PATIENCE)
    assert all_gone(below)
    return True


def test_a_run_that_is_killed_at_any_moment_goes_on_to_the_same_files(awm, worlds, tmp_path):
    def order(folder: Path) -> list[str]:
        return [
            "eval", str(worlds), "--policy", "random", "--rollouts", "12", "--concurrency", "8",
            "--output_dir", str(folder), "--no_html",
        ]  # fmt: skip

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert awm(*order(whole)).code == 0
    size = size_of(whole / EPISODES)
    chance = random.Random(3)
    for at in sorted(chance.randrange(1, size // 2) for _ in range(2)):
        assert killed_once_it_has_written(command(*order(killed)), killed, at)
    assert 0 < size_of(killed / EPISODES) < size
    assert awm(*order(killed)).code == 0
    for name in (ORDER, EPISODES, SUMMARY):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert {path.name for path in killed.iterdir()} == {path.name for path in whole.iterdir()}


def test_a_server_that_dies_costs_what_is_left_and_another_one_plays_that(
    awm, worlds, tmp_path, monkeypatch
):
    """Each of the three episodes takes three questions, and the first server answers four."""
    monkeypatch.setenv("AWM_LLM_TIMEOUT_SECONDS", "0.5")
    sound, answered = solving(in_awm), []

    def dying(request):
        if request.method == "POST" and len(answered) == 4:
            return Answer(hangs_up=True)
        answered.extend([request] * (request.method == "POST"))
        return sound(request)

    def order(url: str) -> tuple[object, ...]:
        return (
            "eval", worlds, "--api_url", url, "--model", MODEL, "--output_dir", "run",
            "--scenario", "Notes", "--retries", 0, "--no_html", "--json",
        )  # fmt: skip

    with serving(dying) as server:
        first = awm(*order(server.url))
    told = json.loads(first.out)["whole"]
    assert told["complete"] + told["unscored"] == 3
    assert told["unscored"] >= 2
    assert first.code == (0 if told["complete"] else 1)
    assert "Server disconnected" in first.err
    assert "Traceback" not in first.err
    with serving(sound) as server:
        second = awm(*order(server.url))
        asked = [request for request in server.requests if request.method == "POST"]
    assert second.code == 0, second.err
    told = json.loads(second.out)["whole"]
    assert (told["complete"], told["unscored"]) == (3, 0)
    assert len(asked) == 3 * 3 - 4  # what was answered is not asked again


def test_where_nobody_ever_answers_nothing_is_scored_and_the_code_says_so(
    awm, worlds, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWM_LLM_TIMEOUT_SECONDS", "0.2")
    sound = solving(in_awm)

    def mute(request):
        return sound(request) if request.method == "GET" else Answer(stalls=True)

    with serving(mute) as server:
        outcome = awm(
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--output_dir", "run",
            "--retries", 0, "--no_html", "--limit", 2,
        )  # fmt: skip
    assert outcome.code == 1
    assert "did not answer in" in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    episodes = read_evaluation(tmp_path / "run").episodes
    assert [one.outcome for one in episodes] == ["infrastructure_error"] * 2


def calling(arguments: str) -> Answer:
    call = f'{{"tool_name": "add_note", "arguments": {arguments}}}'
    return completion(f'<tool_call>{{"name": "call_tool", "arguments": {call}}}</tool_call>')


NONSENSE = {
    "milk": (calling('{"title": NaN}'), calling('{"title": [1e999, -Infinity]}')),
    "eggs": (calling('{"title": "a\\ud800b"}'), completion("half of a \ud83d")),
    "tea": (calling(f'{{"title": {"[" * 90}{"]" * 90}}}'), calling(f'{"[" * 100_000}'),),
}  # fmt: skip


def babbling(request):
    """A model that writes nonsense first and then does what it is asked."""
    if request.method == "GET":
        return solving(in_awm)(request)
    messages = request.body["messages"]
    about = next(word for word in WORDS if f"titled {word}" in str(messages))
    said = sum(message["role"] == "assistant" for message in messages)
    rest = (calling(json.dumps({"title": about})), completion("Done. \0 \ud800"))
    return (*NONSENSE[about], *rest)[said]


def test_what_models_write_is_kept_in_lines_that_everybody_reads(awm, worlds, tmp_path):
    with serving(babbling) as server:
        order = (
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--output_dir", "run",
        )  # fmt: skip
        outcome = awm(*order)
        asked = len(server.requests)
        assert awm(*order).code == 0  # whoever goes on reads what is there
        assert len(server.requests) == asked + 1  # the list of models
    assert outcome.code == 0, outcome.err
    episodes = read_evaluation(tmp_path / "run").episodes
    assert [one.trajectory.stop for one in episodes] == ["answered"] * 6
    # Whose half a character is its answer has ended there.
    assert [one.outcome for one in episodes] == ["complete", "agent_error", "complete"] * 2
    for line in (tmp_path / "run" / EPISODES).read_bytes().splitlines():
        read = json.loads(line, parse_constant=pytest.fail)
        json.dumps(read, ensure_ascii=False).encode("utf-8")  # no half of a character is in it
    assert awm("eval", "report", "run", "--input", worlds, "--html", "again.html").code == 0
    exported = awm("eval", "export", "run", "--as", "turns", "--output", "turns.jsonl", "--json")
    assert exported.code == 0, exported.err
    assert json.loads(exported.out)["rows"] > 6


def test_datasets_loads_the_episodes_whatever_models_write(awm, worlds, tmp_path):
    datasets = pytest.importorskip("datasets", reason="`datasets` is not installed")
    with serving(babbling) as server:
        awm(
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--output_dir", "run",
            "--no_html",
        )  # fmt: skip
    loaded = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "run" / EPISODES),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    assert loaded["outcome"][:] == ["complete", "agent_error", "complete"] * 2
