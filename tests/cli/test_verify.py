"""`awm verify`: a run directory is graded as the published tool does it."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.llm.chat_server import Answer, ChatServer, chat_server, completion
from tests.verify.runs import (
    AFTER,
    BEFORE,
    DECIDES,
    GATHERS,
    TASK,
    trajectory,
    write_run,
    write_verifiers,
)

CODE = "outputs/gen_verifier.pure_code.jsonl"
SQL = "outputs/gen_verifier.jsonl"
KEY = "sk-secret-of-the-test"


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


@pytest.fixture
def verifiers(tmp_path):
    write_verifiers(tmp_path / SQL, GATHERS)
    return write_verifiers(tmp_path / CODE, DECIDES)


@pytest.fixture
def chat(monkeypatch) -> Iterator[Callable[..., ChatServer]]:
    """Starts a chat server in a thread of its own, and names it in the environment."""
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    threads: list[threading.Thread] = []

    def start(*answers: Answer) -> ChatServer:
        servers: list[ChatServer] = []
        ready = threading.Event()

        async def serve() -> None:
            async with chat_server(answers) as server:
                servers.append(server)
                ready.set()
                await over.wait()

        threads.append(threading.Thread(target=loop.run_until_complete, args=[serve()]))
        threads[0].start()
        assert ready.wait(10)
        monkeypatch.setenv("OPENAI_BASE_URL", servers[0].url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("AWM_SYN_OVERRIDE_MODEL", "test-model")
        return servers[0]

    yield start
    for thread in threads:
        loop.call_soon_threadsafe(over.set)
        thread.join()
    loop.close()


def says(outcome: str) -> Answer:
    return completion(
        json.dumps({"reason": "It is.", "evidence": ["milk"], "classification": outcome})
    )


def written(run, mode="code"):
    return json.loads((run / f"verify.{mode}.json").read_text(encoding="utf-8"))


def test_a_run_is_graded_by_the_verifiers_of_the_output_folder(awm, run, verifiers):
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "My Notes task 1: complete"
    assert f"written to {run}/verify.code.json" in outcome.out
    document = written(run)
    assert [*document][:6] == [
        "scenario",
        "task_id",
        "task",
        "mode",
        "reward_type",
        "verify_result",
    ]
    assert (document["task"], document["reward_type"]) == (TASK, "complete")


def test_what_is_not_done_is_graded_too(awm, tmp_path, verifiers):
    run = write_run(tmp_path / "idle", final=BEFORE)
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 0
    assert "agent error" in outcome.out
    assert written(run)["reward_type"] == "others"


def test_files_may_lie_elsewhere(awm, tmp_path):
    run = write_run(tmp_path / "elsewhere", initial=AFTER, final=BEFORE)
    (tmp_path / "a.db").write_bytes(BEFORE)
    (tmp_path / "b.db").write_bytes(AFTER)
    code = write_verifiers(tmp_path / "mine" / "code.jsonl", DECIDES, scenario="MY notes!")
    outcome = awm(
        *("verify", "--input", run, "--mode", "code", "--json"),
        *("--init_db_path", "a.db", "--final-db-path", "b.db", "--verifier_code_path", code),
    )
    assert outcome.code == 0
    assert json.loads(outcome.out) == written(run)
    assert written(run)["reward_type"] == "complete"


def test_the_default_mode_asks_a_judge(awm, run, verifiers, chat):
    server = chat(says("complete"))
    outcome = awm("verify", "--input", run)
    assert (outcome.code, outcome.err) == (0, "")
    assert "My Notes task 1: complete" in outcome.out
    assert "> milk" in outcome.out
    document = written(run, "sql")
    assert document["llm_judge"]["classification"] == "complete"
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in outcome.out + outcome.err + json.dumps(document)
    assert not (run / "verify.code.json").exists()


def test_repeats_are_reported(awm, run, verifiers, chat):
    chat(says("complete"), says("partial"), says("complete"))
    outcome = awm("verify", "--input", run, "--repeat", 3, "--temperature", 1)
    assert outcome.code == 0
    assert "3 times: agreement 67%, flip rate 67% (complete 2, partial 1)" in outcome.out
    assert written(run, "sql")["reliability"]["n"] == 3
    assert len(written(run, "sql")["repeats"]) == 3


def test_votes_are_a_setting(awm, run, verifiers, chat):
    server = chat(says("complete"))
    assert awm("verify", "--input", run, "--votes", 3, "--model", "other").code == 0
    assert [request.body["model"] for request in server.requests] == ["other"] * 3
    assert len(written(run, "sql")["verdict"]["votes"]) == 3


@pytest.mark.parametrize(
    "answer", [completion("I would rather not say."), Answer({"error": {"message": KEY}}, 401)]
)
def test_a_judge_without_a_verdict_is_an_error_and_no_score(awm, run, verifiers, chat, answer):
    chat(answer)
    outcome = awm("verify", "--input", run)
    assert outcome.code == 1
    assert "judge error" in outcome.out
    assert "no reward" in outcome.out
    assert KEY not in outcome.out + outcome.err + (run / "verify.sql.json").read_text()
    assert written(run, "sql")["reward_type"] == "judge_error"


def test_a_judge_that_nobody_named_is_asked_for(awm, run, verifiers, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AWM_SYN_OVERRIDE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    outcome = awm("verify", "--input", run)
    assert outcome.code == 2
    assert "AWM_SYN_OVERRIDE_MODEL" in outcome.err
    assert not (run / "verify.sql.json").exists()


FAULTS = {
    "raised": "def verify_task_completion(*_):\n    raise ValueError('no')\n",
    "wrong_type": "def verify_task_completion(*_):\n    return 'complete'\n",
    "syntax": "def verify_task_completion(:\n",
    "no_function": "x = 1\n",
    "missing_import": "import numpy\n" + DECIDES,
    "forbidden": "def verify_task_completion(*_):\n    return open('/etc/passwd').read()\n",
    "crash": "import os\ndef verify_task_completion(*_):\n    os._exit(3)\n",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_verifier_that_fails_is_named_with_its_scenario_and_task(awm, run, tmp_path, kind):
    write_verifiers(tmp_path / CODE, FAULTS[kind])
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 1
    assert outcome.out.splitlines()[0] == f"My Notes task 1: {kind.replace('_', ' ')}"
    error = written(run)["verdict"]["error"]
    assert (error["kind"], error["world"], error["task_idx"]) == (kind, "my_notes", 1)
    assert {one["total"] for one in written(run)["rewards"].values()} == {None}


def test_a_verifier_that_takes_too_long_is_stopped(awm, run, tmp_path, monkeypatch):
    monkeypatch.setenv("AWM_VERIFIER_SECONDS", "0.2")
    write_verifiers(tmp_path / CODE, "def verify_task_completion(*_):\n    while True: pass\n")
    assert awm("verify", "--input", run, "--mode", "code").code == 1
    assert written(run)["verdict"]["error"]["kind"] == "timeout"


def test_a_database_that_is_damaged_inside_is_nobodys_verdict(awm, tmp_path, verifiers):
    broken = AFTER[:100] + b"\xff" * (len(AFTER) - 100)
    run = write_run(tmp_path / "broken", final=broken)
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert (outcome.code, written(run)["verdict"]["error"]["kind"]) == (1, "bad_database")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: (run / "final.db").write_bytes(AFTER[:-600]), "final.db is truncated"),
        (lambda run: (run / "final.db").write_bytes(b"no database"), "is not a SQLite database"),
        (lambda run: (run / "initial.db").unlink(), "initial.db is not there"),
        (lambda run: (run / "trajectory.json").unlink(), "trajectory.json is not there"),
        (lambda run: (run / "trajectory.json").write_text("{"), "trajectory.json breaks off"),
        (
            lambda run: (run / "trajectory.json").write_text('{"scenario": "My Notes"}'),
            "task_id is missing",
        ),
        (
            lambda run: (run / "trajectory.json").write_text('{"task_id": 1}'),
            "scenario is missing",
        ),
        (
            lambda run: (run / "trajectory.json").write_text(json.dumps(trajectory(task_id=3))),
            "no verifier of mode code for task 3 of 'My Notes'. There are verifiers for task 0, 1.",
        ),
        (
            lambda run: (run / "trajectory.json").write_text(
                json.dumps(trajectory(scenario="Mynotes"))
            ),
            "has no verifier for scenario 'Mynotes'. Did you mean my_notes?",
        ),
    ],
)
def test_a_run_that_cannot_be_graded_leaves_what_was_written_before(
    awm, run, verifiers, spoil, said
):
    (run / "verify.code.json").write_text("old")
    spoil(run)
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 1
    assert said in " ".join(outcome.err.split())
    assert (outcome.out, (run / "verify.code.json").read_text()) == ("", "old")


def test_an_older_verdict_is_replaced_and_nothing_else_is_left(awm, run, verifiers):
    (run / "verify.code.json").write_text("old")
    assert awm("verify", "--input", run, "--mode", "code").code == 0
    assert sorted(path.name for path in run.iterdir()) == [
        "final.db",
        "initial.db",
        "trajectory.json",
        "verify.code.json",
    ]


def test_a_missing_file_of_verifiers_is_named_with_its_option(awm, run):
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 2
    assert "outputs/gen_verifier.pure_code.jsonl is not there" in outcome.err
    assert "--verifier_code_path" in outcome.err
    sql = awm("verify", "--input", run, "--verifier_path", "nowhere.jsonl")
    assert (sql.code, "--verifier_path" in sql.err) == (2, True)


def test_a_folder_that_cannot_be_written_to_is_said(awm, run, verifiers):
    (run / "verify.code.json").mkdir()
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 2
    assert "verify.code.json cannot be written: Is a directory" in outcome.err
    assert not [*run.glob(".*")]


@pytest.mark.parametrize(
    ("schema", "year"),
    [
        ({"clock": "2031-05-06T00:00:00Z", "db_schema": {"tables": []}}, "2031"),
        ({"db_schema": {"tables": []}}, "2026"),
    ],
)
def test_the_verifier_sees_the_clock_of_its_world(awm, run, tmp_path, schema, year):
    asks = "import time\ndef verify_task_completion(*_):\n"
    asks += "    return {'result': 'others', 'year': time.strftime('%Y')}\n"
    write_verifiers(tmp_path / CODE, asks)
    row = {"scenario": "My Notes", **schema}
    (tmp_path / "outputs" / "gen_db.jsonl").write_text(json.dumps(row) + "\n")
    assert awm("verify", "--input", run, "--mode", "code").code == 0
    assert written(run)["verify_result"]["raw_result"]["year"] == year


def test_a_clock_that_nobody_can_read_is_said_rather_than_guessed(awm, run, verifiers):
    row = {"scenario": "My Notes", "clock": "never", "db_schema": {"tables": []}}
    (verifiers.parent / "gen_db.jsonl").write_text(json.dumps(row) + "\n")
    outcome = awm("verify", "--input", run, "--mode", "code")
    assert outcome.code == 1
    assert "gen_db.jsonl: line 1: clock: is not a moment" in outcome.err
    assert not (run / "verify.code.json").exists()


def test_what_is_wrong_with_other_worlds_does_not_matter(awm, run, verifiers):
    (verifiers.parent / "gen_db.jsonl").write_text('{"scenario": "Other", "db_schema": 7}\n{\n')
    with verifiers.open("a") as file:
        file.write('{"scenario": \n')
    assert awm("verify", "--input", run, "--mode", "code").code == 0


def test_a_usage_that_makes_no_sense_is_refused(awm, run, verifiers):
    for wrong in (("--mode", "both"), ("--repeat", 0), ("--temperature", 3)):
        assert awm("verify", "--input", run, *wrong).code == 2
    assert awm("verify", "--mode", "code").code == 2
    assert awm("verify", "--input", run / "nowhere", "--mode", "code").code == 1
