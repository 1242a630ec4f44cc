"""`awm agent`: one agent at one task, and the folder that it leaves behind."""

import json
import os
import signal
import socket
import subprocess

import pytest

from awm.cli.journals import JOURNAL
from awm.verify import open_run
from awm.worlds import WorldFile, write_worlds
from tests.cli.playing import MODEL, TASKS, in_awm, in_json, natively, noted_world, serving, solving
from tests.cli.running import PATIENCE, command, environment
from tests.llm.chat_server import Answer

FILES = {"trajectory.json", "initial.db", "final.db"}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds") / "noted"
    write_worlds([noted_world()], folder)
    return folder


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    for name in (
        "OPENAI_API_KEY", "OPENAI_BASE_URL", "AWM_SYN_OVERRIDE_MODEL", "AWM_SYN_LLM_PROVIDER",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def task(number=0):
    return ("agent", "--scenario", "Notes", "--task_id", number)


def record(folder):
    return json.loads((folder / "trajectory.json").read_text("utf-8"))


def test_the_oracle_solves_a_task_and_the_verifier_says_so(awm, worlds, tmp_path):
    outcome = awm(*task(), "--input", worlds, "--policy", "oracle", "--verify")
    assert outcome.code == 0, outcome.err
    assert "complete: " in outcome.out
    assert 'call   add_note {"title": "milk"}' in outcome.err
    (folder,) = (tmp_path / "outputs/agents").iterdir()
    assert {path.name for path in folder.iterdir()} == {*FILES, "verify.code.json"}
    run = open_run(folder)
    assert (run.trajectory.world, run.trajectory.task_idx) == ("notes", 0)
    assert run.trajectory.stop == "answered"
    assert run.read_initial() != run.read_final()


def test_awm_verify_grades_what_it_leaves_behind(awm, worlds, tmp_path):
    played = awm(*task(1), "--envs_load_path", worlds, "--policy", "oracle", "--output_dir", "run")
    assert played.code == 0
    programs = worlds / WorldFile.VERIFIER_CODE
    graded = awm("verify", "--input", "run", "--mode", "code", "--verifier_code_path", programs)
    assert (graded.code, "complete" in graded.out) == (0, True)


@pytest.mark.parametrize(
    ("name", "written"), [("awm", in_awm), ("json", in_json), ("native", natively)]
)
def test_a_model_solves_a_task_in_every_format(awm, worlds, tmp_path, name, written):
    with serving(solving(written)) as server:
        outcome = awm(
            *task(2), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--format", name, "--verify", "--json", "--output_dir", "run", "--quiet",
        )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "")
    told = json.loads(outcome.out)
    assert (told["outcome"], told["stop"], told["final_answer"]) == (
        "complete", "answered", "Added tea.",
    )  # fmt: skip
    assert told["calls"] == 1
    assert told["completion_tokens"] == 7 * told["turns"]
    kept = record(tmp_path / "run")
    assert (kept["model"], kept["format"], kept["temperature"]) == (MODEL, name, 1.0)
    asked = server.requests[-1].body
    assert asked["temperature"] == 1.0
    posts = [request.body for request in server.requests if request.method == "POST"]
    assert len({body["seed"] for body in posts}) == len(posts)
    assert ("tools" in asked) == (name == "native")


def test_what_a_model_was_asked_is_kept_in_the_run_folder_and_can_be_read(awm, worlds, tmp_path):
    with serving(solving(in_awm)) as server:
        outcome = awm(
            *task(), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--output_dir", "run",
        )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {*FILES, JOURNAL}
    told = awm("gen", "transcript", "run")
    assert (told.code, told.err) == (0, "")
    assert "## notes: agent" in told.out
    assert TASKS[0] in told.out
    assert "Added milk." in told.out
    exchanges = json.loads(awm("gen", "transcript", "run", "--stage", "agent", "--json").out)
    assert len(exchanges) == len(record(tmp_path / "run")["trajectory"]) == 3


def test_an_episode_that_was_killed_pays_for_no_answer_twice(awm, worlds, tmp_path):
    with serving(solving(in_awm)) as server:
        order = (
            *task(), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--output_dir", "run",
        )  # fmt: skip
        assert awm(*order).code == 0
        for name in FILES:  # what a process that is killed has not written yet
            (tmp_path / "run" / name).unlink()
        assert awm(*order).code == 0
        posts = [request for request in server.requests if request.method == "POST"]
    assert len(posts) == 3
    assert open_run(tmp_path / "run").trajectory.stop == "answered"


def test_the_budget_of_the_environment_holds_for_an_agent_too(awm, worlds, tmp_path, monkeypatch):
    for name in ("AWM_LLM_INPUT_PRICE", "AWM_LLM_OUTPUT_PRICE"):
        monkeypatch.setenv(name, "1000")
    monkeypatch.setenv("AWM_LLM_BUDGET_USD", "0.02")  # a question costs 0.018
    with serving(solving(in_awm)) as server:
        outcome = awm(
            *task(), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--output_dir", "run",
        )  # fmt: skip
    assert outcome.code == 1
    assert "the budget is spent" in outcome.err
    assert len(record(tmp_path / "run")["trajectory"]) == 2


def test_it_stops_after_so_many_iterations(awm, worlds, tmp_path):
    with serving(solving(in_awm)) as server:
        outcome = awm(
            *task(), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--max_iterations", 1, "--output_dir", "run",
        )  # fmt: skip
    assert outcome.code == 0
    assert record(tmp_path / "run")["stop"] == "max_turns"
    assert "max turns, 1 turn" in outcome.out


def test_any_mcp_server_will_do_and_then_there_are_no_databases(awm, start, worlds, tmp_path):
    served = start("--scenario", "Notes", "--envs_load_path", worlds)
    with serving(solving(in_awm)) as server:
        outcome = awm(
            "agent", "--task", TASKS[0], "--mcp_url", served.url, "--api_url", server.url,
            "--model", MODEL, "--output_dir", "run",
        )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"trajectory.json", JOURNAL}
    kept = record(tmp_path / "run")
    # It is nobody's task number 0, and is not to be graded as that.
    assert (kept["scenario"], kept["task_id"], kept["task"]) == (None, None, TASKS[0])
    assert kept["stop"] == "answered"
    graded = awm("verify", "--input", "run", "--mode", "code")
    assert graded.code != 0
    assert "scenario" in graded.err


def test_a_worlds_task_through_its_server_keeps_its_number(awm, start, worlds, tmp_path):
    served = start("--scenario", "Notes", "--envs_load_path", worlds)
    outcome = awm(
        *task(1), "--tasks_path", worlds / WorldFile.TASKS, "--mcp_url", served.url,
        "--policy", "random", "--output_dir", "run",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    kept = record(tmp_path / "run")
    assert (kept["scenario"], kept["task_id"], kept["task"]) == ("notes", 1, TASKS[1])


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "nobody says what to do."),
        (("--task", "x"), "nothing says with which tools."),
        (("--task", " ", "--mcp_url", "http://x/mcp"), "--task says nothing."),
        (("--task", "x", "--mcp_url", "http://x/mcp", "--task_id", 1), "--task_id means nothing"),
        (("--scenario", "online_pharmacy"), "nobody says what to do in online_pharmacy."),
        (("--scenario", "nowhere", "--task_id", 0), "it is not among the 2 worlds"),
        (("--scenario", "online_pharmacy", "--task_id", 99), "online_pharmacy has no task 99."),
        (
            ("--scenario", "online_pharmacy", "--task_id", 0, "--task", "x", "--policy", "random"),
            "--task says what to do, and --task_id says something else.",
        ),
        (
            (
                "--scenario",
                "online_pharmacy",
                "--task_id",
                99,
                "--task",
                "x",
                "--mcp_url",
                "http://127.0.0.1:1/mcp",
                "--policy",
                "random",
            ),
            "online_pharmacy has no task 99.",
        ),
        (
            ("--task", "x", "--mcp_url", "http://x/mcp", "--policy", "oracle"),
            "the oracle solves a world's own tasks.",
        ),
        (("--policy", "dice"), "there is no policy 'dice'."),
        (("--policy", "random", "--model", "x"), "--model means nothing to the policy random."),
        (("--format", "json", "--tools", "meta"), "a model is given a world's own tools"),
        (("--scenario", "online_pharmacy", "--task_id", 0), "the language model is not set."),
        (
            ("--scenario", "online_pharmacy", "--task_id", 0, "--model", "x"),
            "the key to OpenAI is not set.",
        ),
        (
            ("--scenario", "online_pharmacy", "--task_id", 0, "--output_dir", "taken"),
            "taken already holds a run.",
        ),
        (
            ("--scenario", "online_pharmacy", "--task_id", 0, "--output_dir", "file"),
            "file is not a folder.",
        ),
        (
            ("--task", "x", "--mcp_url", "http://127.0.0.1:1/mcp", "--policy", "random"),
            "there is no MCP server at http://127.0.0.1:1/mcp",
        ),
        (
            ("--task", "x", "--mcp_url", "http://127.0.0.1:1/mcp", "--verify"),
            "--verify needs the databases",
        ),
    ],
)
def test_what_cannot_be_is_told_at_once_and_leaves_nothing(awm, tmp_path, arguments, what):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "final.db").touch()
    (tmp_path / "file").touch()
    outcome = awm("agent", *arguments)
    assert outcome.code != 0
    assert outcome.out == ""
    assert what in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert not (tmp_path / "outputs").exists()


def listing_only(status: int, body: dict):
    def answer(request):
        return Answer(body, status=status)

    return answer


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (listing_only(401, {"error": {"message": "bad key"}}), "wants a key, and none is set"),
        (listing_only(200, {"data": [{"id": "other"}]}), f"has no model '{MODEL}'; it has other."),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_anything_is_played(
    awm, worlds, tmp_path, script, what
):
    with serving(script) as server:
        outcome = awm(*task(), "--input", worlds, "--api_url", server.url, "--model", MODEL)
    assert outcome.code != 0
    assert what in outcome.err
    assert [request.method for request in server.requests] == ["GET"]
    assert not (tmp_path / "outputs").exists()


def test_nobody_at_the_address(awm, worlds, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    outcome = awm(*task(), "--input", worlds, "--api_url", url, "--model", MODEL)
    assert outcome.code != 0
    assert "cannot be reached" in outcome.err
    assert not (tmp_path / "outputs").exists()


def test_a_model_that_fails_in_the_middle_leaves_what_was_done(awm, worlds, tmp_path):
    sound = solving(in_awm)

    def script(request):
        if request.method == "POST" and len(request.body["messages"]) > 4:
            return Answer({"error": {"message": "this I will not do"}}, status=400)
        return sound(request)

    with serving(script) as server:
        outcome = awm(
            *task(), "--input", worlds, "--api_url", server.url, "--model", MODEL,
            "--output_dir", "run",
        )  # fmt: skip
    assert outcome.code != 0
    assert "this I will not do" in outcome.err
    assert "What was done until now is in run" in outcome.err
    run = open_run(tmp_path / "run")
    assert run.trajectory.stop == "cancelled"
    assert [call.name for turn in run.trajectory.turns for call in turn.tool_calls] == [
        "list_tools", "call_tool",
    ]  # fmt: skip
    assert run.read_initial() != run.read_final()


def person(worlds, *arguments):
    return subprocess.Popen(
        command(*map(str, (*task(), "--input", worlds, "--policy", "human", *arguments))),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_person_plays_a_task(worlds, tmp_path):
    process = person(worlds, "--output_dir", tmp_path / "run", "--verify")
    typed = "add_note titel=milk\nadd_note title=milk\nanswer It is on the list.\n"
    out, err = process.communicate(typed, timeout=PATIENCE)
    assert process.returncode == 0, err
    assert "complete: " in out
    assert TASKS[0] in err
    assert "'title' is a required property" in err
    kept = record(tmp_path / "run")
    assert (len(kept["trajectory"]), kept["final_answer"]) == (2, "It is on the list.")


def test_ctrl_d_leaves_the_task_and_keeps_the_run(worlds, tmp_path):
    process = person(worlds, "--output_dir", tmp_path / "run")
    _, err = process.communicate("add_note title=milk\n", timeout=PATIENCE)
    assert process.returncode == 0, err
    assert open_run(tmp_path / "run").trajectory.stop == "cancelled"


def test_ctrl_c_leaves_it_at_once_and_keeps_the_run(worlds, tmp_path):
    process = person(worlds, "--output_dir", tmp_path / "run")
    process.stdin.write("add_note title=milk\n")
    process.stdin.flush()
    # The prompt after the call's result: a person is thinking.
    said = ""
    while said.count("> ") < 2:
        said += os.read(process.stderr.fileno(), 4096).decode()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err
    run = open_run(tmp_path / "run")
    assert run.trajectory.stop == "cancelled"
    assert run.read_initial() != run.read_final()
