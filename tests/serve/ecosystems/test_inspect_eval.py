"""`inspect eval awm/worlds`: the command of Inspect on our worlds, with the oracle as the model."""

import math
from importlib.metadata import entry_points

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from tests.serve.ecosystems.commands import run
from tests.serve.ecosystems.playing_model import serving


def inspect_eval(folder, *options, **variables):
    """Run it on `awm/worlds`; how it ended, and the log that it wrote."""
    ran = run(
        "inspect",
        ["eval", "awm/worlds", *options, "--display", "plain", "--log-dir", "logs"],
        folder,
        **variables,
    )
    logs = list_eval_logs(str(folder / "logs"))
    return ran, read_eval_log(logs[0]) if logs else None


def left(ran):
    """What a command left behind; it has to have started something that could be."""
    assert ran.started > 1, ran.told
    return ran.files, ran.processes


NOTHING = ((), frozenset())


def test_inspect_finds_us_by_our_name():
    found = {point.name: point.value for point in entry_points(group="inspect_ai")}
    assert found["awm"] == "awm.serve.inspect_task"


def test_the_oracle_solves_all_bundled_tasks(tmp_path):
    ran, log = inspect_eval(tmp_path, "--model", "awm-oracle/bundled", "--max-connections", "32")
    assert ran.code == 0, ran.told
    assert (log.status, len(log.samples)) == ("success", 28)
    values = [sample.scores["verified"].value for sample in log.samples]
    assert {(value["reward"], value["success"]) for value in values} == {(1.0, 1.0)}
    assert sum(value["invalid_calls"] for value in values) == 0
    assert left(ran) == NOTHING


def test_arguments_choose_worlds_tasks_tools_and_rewards(tmp_path, diaries):
    ran, log = inspect_eval(
        tmp_path,
        *("-T", f"worlds={diaries}", "-T", "names=diary", "-T", "tools=meta"),
        *("-T", "reward=openenv", "-T", "seed=3"),
        *("--model", f"awm-oracle/{diaries}", "--epochs", "2"),
    )
    assert ran.code == 0, ran.told
    by_task = {}
    for sample in log.samples:
        by_task.setdefault(sample.id, []).append(sample)
    assert by_task.keys() == {"diary/0", "diary/1"}
    for sample in by_task["diary/0"]:
        assert sample.scores["verified"].value["reward"] == 1.0
    for sample in by_task["diary/1"]:
        assert "no oracle" in sample.error.message
    assert left(ran) == NOTHING


def test_a_model_behind_a_server_is_scored_too(tmp_path, diaries):
    with serving(lambda _: {"content": "I give up."}) as address:
        ran, log = inspect_eval(
            tmp_path,
            *("-T", f"worlds={diaries}", "-T", "names=diary"),
            *("--model", "openai-api/ours/giving-up"),
            OURS_API_KEY="none",
            OURS_BASE_URL=address,
        )
    assert ran.code == 0, ran.told
    scores = {sample.id: sample.scores["verified"] for sample in log.samples}
    assert (scores["diary/0"].value["success"], scores["diary/0"].answer) == (0.0, "I give up.")
    assert math.isnan(scores["diary/1"].value)
    assert left(ran) == NOTHING


@pytest.mark.parametrize(
    ("option", "told"),
    [("worlds=nowhere", "nowhere is not there"), ("split=dev", "there is no split 'dev'")],
)
def test_what_is_wrong_with_the_arguments_is_told(tmp_path, option, told):
    ran, log = inspect_eval(tmp_path, "-T", option, "--model", "mockllm/model")
    assert (ran.code != 0, log) == (True, None)
    assert told in ran.told
