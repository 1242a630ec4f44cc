import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from awm.errors import InfrastructureError, UsageError
from awm.llm import OpenAICompatible
from awm.testing import Faults, Latency, ModelServer, ModelServerProcess, Setup
from awm.testing.model_server import _parser, _setup, main
from tests.testing.conftest import BRIEF
from tests.testing.questions import MODEL, client, question

TASKS = question("task", scenario="Coworking Space")


def listed(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/models", timeout=10) as response:
        return response.read()


def test_a_server_runs_while_its_context_is_open():
    with ModelServer(worlds="bundled", known=2) as server:
        assert MODEL.encode() in listed(server.url)
    with pytest.raises(OSError):
        listed(server.url)


async def test_it_can_be_opened_from_asynchronous_code():
    async with ModelServer(worlds="bundled", known=2) as server:
        llm = client(server, BRIEF)
        assert (await llm.ask(TASKS)).text
        await llm.aclose()


def test_two_servers_run_beside_each_other():
    with ModelServer(worlds="bundled") as one, ModelServer(worlds="bundled") as other:
        assert one.url != other.url
        assert listed(one.url) == listed(other.url)


def test_choices_may_be_given_one_by_one_or_together():
    setup = Setup(worlds="bundled", models=("a", "b"))
    with ModelServer(setup, models=("c",)) as server:
        assert b'"c"' in listed(server.url)
        assert b'"a"' not in listed(server.url)


@pytest.mark.parametrize(
    "choices",
    [{"worlds": "imagined"}, {"known": 0}, {"tasks": 0}, {"jobs": 0}, {"prepared": -1}],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(choices):
    with pytest.raises(UsageError):
        ModelServer(**choices)


def test_a_server_that_cannot_begin_says_why(tmp_path):
    (tmp_path / "taken").write_text("a file, where a folder should be")
    with pytest.raises(OSError), ModelServer(cache=tmp_path / "taken", prepared=1):
        pytest.fail("it began")


async def test_counts_say_what_was_asked_and_answered():
    async with ModelServer(worlds="bundled", known=2) as server:
        llm = client(server, BRIEF)
        await llm.ask(TASKS)
        await llm.ask(TASKS)
        await llm.ask(question("db", scenario="Coworking Space"))
        await llm.aclose()
        assert sorted(server.asked.values()) == sorted(server.answered.values()) == [1, 2]
        assert server.counts.prompts == {"task": 2, "db": 1}
        assert server.injected == {}


async def test_a_process_of_its_own_answers_and_counts_the_same(llm):
    with ModelServerProcess(["--worlds", "bundled", "--known", "2"]) as server:
        model = OpenAICompatible(server.url, None, MODEL, patience=BRIEF)
        assert (await model.ask(TASKS)) == await llm.ask(TASKS)
        await model.aclose()
        assert list(server.answered.values()) == [1]
        assert server.counts.prompts == {"task": 1}
    with pytest.raises(OSError):
        listed(server.url)


def test_a_process_ends_with_whoever_kills_it():
    with ModelServerProcess(["--worlds", "bundled"]) as server:
        os.kill(server.pid, signal.SIGKILL)


def test_a_process_that_cannot_begin_says_why():
    with pytest.raises(InfrastructureError, match="no share"):
        ModelServerProcess(["--fault-rate", "3"]).__enter__()


def test_options_of_the_command_are_those_of_a_setup(tmp_path):
    options = [
        *("--worlds", "bundled", "--seed", "3", "--known", "9", "--tasks", "4", "--prepared", "1"),
        *("--cache", str(tmp_path), "--jobs", "2", "--allow-weak"),
        *("--fault-rate", "0.5", "--fault-seed", "7", "--faults", "bad_ddl,hang"),
        *("--hang-seconds", "0.1", "--latency", "0.01", "--latency-sigma", "0.5"),
        *("--key", "sesame", "--models", "m,n", "--context-tokens", "9000", "--refuse", "x,y"),
    ]
    assert _setup(_parser().parse_args(options)) == Setup(
        worlds="bundled", seed=3, known=9, tasks=4, prepared=1, cache=tmp_path, jobs=2,
        allow_weak=True, faults=Faults(0.5, 7, ("bad_ddl", "hang"), hang_seconds=0.1),
        latency=Latency(0.01, 0.5), key="sesame", models=("m", "n"), context_tokens=9000,
        refused_words=("x", "y"),
    )  # fmt: skip
    assert _setup(_parser().parse_args([])) == Setup()


def test_a_process_has_the_options_that_it_was_started_with():
    locked = ModelServerProcess(["--worlds", "bundled", "--key", "sesame"])
    with locked as server, pytest.raises(urllib.request.HTTPError, match="401"):
        listed(server.url)


def test_the_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for word in ("--worlds", "--fault-rate", "--cache", "OPENAI_BASE_URL", "cut_connection"):
        assert word in told


def test_the_module_runs_without_a_warning():
    command = [sys.executable, "-W", "error", "-m", "awm.testing.model_server", "--help"]
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stderr == b""
