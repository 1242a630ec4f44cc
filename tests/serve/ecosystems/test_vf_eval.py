"""`vf-eval awm_worlds`: the command of Prime Intellect's on our worlds, with a model of our own."""

import json
import signal
import threading

import pytest

from tests.serve.ecosystems.commands import run
from tests.serve.ecosystems.playing_model import oracle, serving


@pytest.fixture(scope="module")
def model():
    with serving(oracle()) as address:
        yield address


def vf_eval(folder, model, arguments, *options, **more):
    return run(
        "vf-eval",
        [
            "awm_worlds",
            "-a",
            json.dumps(arguments),
            *("-m", "oracle", "-b", model, "-k", "MODEL_KEY", "-d", "-A", "-s", "-C", "awm"),
            *options,
        ],
        folder,
        MODEL_KEY="none",
        **more,
    )


def left(ran):
    """What a command left behind; it has to have started something that could be."""
    assert ran.started > 3, ran.told
    return ran.files, ran.processes


NOTHING = ((), frozenset())


def results(folder):
    (file,) = folder.glob("outputs/**/results.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_all_bundled_tasks_are_solved_by_a_model_that_knows_how(tmp_path, model):
    ran = vf_eval(tmp_path, model, {}, "-n", "-1", "-r", "1", "-c", "32")
    assert ran.code == 0, ran.told
    outputs = results(tmp_path)
    assert [output["reward"] for output in outputs] == [1.0] * 28
    assert {output["awm"]["outcome"] for output in outputs} == {"complete"}
    assert {output["info"]["world"] for output in outputs} == {"coworking_space", "online_pharmacy"}
    assert left(ran) == NOTHING


def test_in_one_process_with_the_two_tools_and_other_rewards(tmp_path, diaries, model):
    ran = vf_eval(
        tmp_path,
        model,
        {"worlds": str(diaries), "names": "diary", "tools": "meta", "reward": "openenv"},
        *("-n", "2", "-r", "2", "--disable-env-server", "--max-retries", "0"),
    )
    assert ran.code == 0, ran.told
    by_task = {}
    for output in results(tmp_path):
        by_task.setdefault(output["info"]["task_idx"], []).append(output)
    assert [each["awm"]["outcome"] for each in by_task[0]] == ["agent_error"] * 2
    assert [each["error"]["error"] for each in by_task[1]] == ["InfraError"] * 2
    assert [each["unscored"] for each in by_task[1]] == [1.0, 1.0]
    assert left(ran) == NOTHING


def test_what_is_wrong_with_the_arguments_is_told(tmp_path, model):
    ran = vf_eval(tmp_path, model, {"worlds": "nowhere"}, "-n", "1")
    assert ran.code != 0
    assert "nowhere is not there" in ran.told


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_however_it_is_ended_it_leaves_no_process(tmp_path, diaries, how):
    asked, over = threading.Event(), threading.Event()

    def think(body):
        asked.set()
        over.wait()
        return {"content": "Too late."}

    def end(process):
        assert asked.wait(60)
        process.send_signal(how)
        process.wait(60)
        over.set()

    with serving(think) as address:
        worlds = {"worlds": str(diaries), "names": "diary"}
        ran = vf_eval(tmp_path, address, worlds, "-n", "2", "-r", "2", meanwhile=end)
    assert ran.code != 0
    assert (ran.started > 3, ran.processes) == (True, frozenset())
