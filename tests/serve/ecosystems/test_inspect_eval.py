"""`inspect eval awm/worlds`: the command of Inspect on our worlds, with the oracle as the model."""

import math
from importlib.metadata import entry_points

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from tests.serve.ecosystems.commands import run
from tests.serve.ecosystems.playing_model import serving


def inspect_eval(folder, *options, **variables):
    """Run it on `awm/worlds`; how it ended, and the logs that it wrote."""
    ran = run(
        "inspect",
        ["eval", "awm/worlds", *options, "--display", "plain", "--log-dir", "logs"],
        folder,
        **variables,
    )
    return ran, [read_eval_log(log) for log in list_eval_logs(str(folder / "logs"))]


def halves(log):
    """The samples of the task that has an oracle, and those of the other one."""
    by_task = {"diary/0": [], "diary/1": []}
    for sample in log.samples:
        by_task[sample.id].append(sample)
    return by_task["diary/0"], by_task["diary/1"]


def left(ran):
    """What a command left behind; it has to have started something that could be."""
    assert ran.started > 1, ran.told
    return ran.files, ran.processes


NOTHING = ((), frozenset())


def test_inspect_finds_us_by_our_name():
    found = {point.name: point.value for point in entry_points(group="inspect_ai")}
    assert found["awm"] == "awm.serve.inspect_task"


def test_the_oracle_solves_all_bundled_tasks(tmp_path):
    ran, logs = inspect_eval(tmp_path, "--model", "awm-oracle/bundled", "--max-connections", "32")
    assert ran.code == 0, ran.told
    (log,) = logs
    assert (log.status, len(log.samples)) == ("success", 28)
    values = [sample.scores["verified"].value for sample in log.samples]
    assert {(value["reward"], value["success"]) for value in values} == {(1.0, 1.0)}
    assert sum(value["invalid_calls"] for value in values) == 0
    assert left(ran) == NOTHING


def test_arguments_choose_worlds_tasks_tools_and_rewards_for_any_model(tmp_path, diaries):
    """For the oracle, and for one behind a server that gives up."""
    with serving(lambda _: {"content": "I give up."}) as address:
        ran, logs = inspect_eval(
            tmp_path,
            *("-T", f"worlds={diaries}", "-T", "names=diary", "-T", "tools=meta"),
            *("-T", "reward=openenv", "-T", "seed=3"),
            *("--model", f"awm-oracle/{diaries},openai-api/ours/giving-up", "--epochs", "2"),
            OURS_API_KEY="none",
            OURS_BASE_URL=address,
        )
    assert ran.code == 0, ran.told
    by_model = {log.eval.model: log for log in logs}
    solved, failing = halves(by_model[f"awm-oracle/{diaries}"])
    assert [sample.scores["verified"].value["reward"] for sample in solved] == [1.0] * 2
    assert all("no oracle" in sample.error.message for sample in failing)
    given_up, unscored = halves(by_model["openai-api/ours/giving-up"])
    for sample in given_up:
        score = sample.scores["verified"]
        assert (score.value["reward"], score.value["success"]) == (0.1, 0.0)
        assert score.answer == "I give up."
    assert all(math.isnan(sample.scores["verified"].value) for sample in unscored)
    assert left(ran) == NOTHING


@pytest.mark.parametrize(
    ("option", "told"),
    [("worlds=nowhere", "nowhere is not there"), ("split=dev", "there is no split 'dev'")],
)
def test_what_is_wrong_with_the_arguments_is_told(tmp_path, option, told):
    ran, logs = inspect_eval(tmp_path, "-T", option, "--model", "mockllm/model")
    assert (ran.code != 0, logs) == (True, [])
    assert told in ran.told
