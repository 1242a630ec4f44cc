"""`awm eval`: whole sets of tasks, and what is made of what was played."""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from awm.cli.journals import JOURNAL
from awm.rollout.analysis_file import ANALYSIS
from awm.rollout.store import EPISODES, ORDER, REPORT, SUMMARY, TIMINGS, TOOLS, read_evaluation
from awm.worlds import World, WorldFile, write_worlds
from tests.cli.playing import (
    MODEL,
    TASKS,
    in_awm,
    in_json,
    natively,
    noted_world,
    serving,
    solving,
)
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment, evaluate
from tests.llm.chat_server import Answer, completion
from tests.synthesis.ordering import wait_until

FILES = {ORDER, EPISODES, TIMINGS, ANALYSIS, SUMMARY, REPORT}
"""Of any evaluation; the tools are kept too where agents are given them at the start."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Path:
    """Two worlds of three tasks each."""
    folder = tmp_path_factory.mktemp("worlds") / "noted"
    write_worlds([noted_world(), noted_world("More Notes", "# another one")], folder)
    return folder


@pytest.fixture(scope="module")
def played(worlds, tmp_path_factory) -> Path:
    """An evaluation of the oracle; nobody writes to it."""
    folder = tmp_path_factory.mktemp("evaluations") / "oracle"
    return evaluate(worlds, folder, "--policy", "oracle")


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    for name in (
        "OPENAI_API_KEY", "OPENAI_BASE_URL", "AWM_SYN_OVERRIDE_MODEL", "AWM_SYN_LLM_PROVIDER",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_oracle_solves_everything_and_the_folder_says_so(played):
    assert {path.name for path in played.iterdir()} == FILES | {TOOLS}
    evaluation = read_evaluation(played)
    assert [episode.outcome for episode in evaluation.episodes] == ["complete"] * 6
    summary = json.loads((played / SUMMARY).read_text("utf-8"))
    assert (summary["episodes"], summary["whole"]["complete"]) == (6, 6)
    assert TASKS[0] in (played / REPORT).read_text("utf-8")


def test_the_same_order_gives_the_same_files_and_plays_nothing_twice(awm, worlds, played):
    again = awm("eval", worlds, "--policy", "oracle", "--output_dir", "anew", "--no_html")
    assert again.code == 0, again.err
    assert "success 100.0%" in again.out
    anew = Path("anew")
    for name in (ORDER, EPISODES, ANALYSIS, TOOLS, SUMMARY):
        assert (anew / name).read_bytes() == (played / name).read_bytes()
    before = (anew / TIMINGS).read_bytes()
    assert awm("eval", worlds, "--policy", "oracle", "--output_dir", "anew").code == 0
    assert (anew / TIMINGS).read_bytes() == before
    assert TASKS[0] in (anew / REPORT).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "written"), [("awm", in_awm), ("json", in_json), ("native", natively)]
)
def test_a_model_is_evaluated_in_every_format(awm, worlds, tmp_path, name, written):
    fails = frozenset({"tea"})
    with serving(solving(written, fails=fails)) as server:
        outcome = awm(
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--format", name,
            "--rollouts", 2, "--scenario", "Notes", "--output_dir", "run", "--json", "--no_html",
        )  # fmt: skip
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert (told["episodes"], told["whole"]["complete"]) == (6, 4)
    assert [group["numbers"]["success"]["value"] for group in told["by_difficulty"]] == [1, 1, 0]
    assert told["usd"] == 0.0
    episodes = rows(tmp_path / "run" / EPISODES)
    # No answer is shared: each question has a seed of its own, and so has each attempt.
    asked = [request.body for request in server.requests if request.method == "POST"]
    assert len({body["seed"] for body in asked}) == len(asked)
    assert len({episode["seed"] for episode in episodes}) == 6
    assert {body["temperature"] for body in asked} == {0.6}
    tokens = sum(sum(episode["usage"].values()) for episode in episodes)
    assert told["tokens"] == tokens == 18 * len(asked)


@pytest.mark.parametrize(("option", "calls"), [((), 1), (("--parallel",), 2)])
def test_of_several_calls_in_a_reply_the_first_is_made_or_all(awm, worlds, option, calls):
    both = [
        {"id": f"call_{n}", "type": "function",
         "function": {"name": "add_note", "arguments": json.dumps({"title": title})}}
        for n, title in enumerate(("milk", "bread"))
    ]  # fmt: skip

    def reply(request):
        if request.method == "GET":
            return Answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        if any(message["role"] == "tool" for message in request.body["messages"]):
            return completion("Done.")
        return completion(None, message={"tool_calls": both}, finish_reason="tool_calls")

    with serving(reply) as server:
        outcome = awm(
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--format", "native",
            "--scenario", "Notes", "--task_id", 0, "--output_dir", "run", "--no_html", *option,
        )  # fmt: skip
    assert outcome.code == 0, outcome.err
    (episode,) = read_evaluation(Path("run")).episodes
    assert (episode.outcome, episode.counts.calls) == ("complete", calls)
    asked = [request.body for request in server.requests if request.method == "POST"]
    assert {body["parallel_tool_calls"] for body in asked if "tools" in body} == {bool(option)}


def test_tasks_are_chosen_by_world_number_difficulty_and_tag(awm, worlds):
    def chosen(*arguments):
        outcome = awm(
            "eval", worlds, "--policy", "random", "--output_dir", "run", "--overwrite",
            "--no_html", *arguments,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        return [(one["world"], one["task_idx"]) for one in rows(Path("run") / EPISODES)]

    assert chosen("--scenario", "more notes", "--difficulty", "2-3") == [
        ("more_notes", 1), ("more_notes", 2),
    ]  # fmt: skip
    assert chosen("--task_id", "0,2", "--limit", 3) == [
        ("more_notes", 0), ("more_notes", 2), ("notes", 0),
    ]  # fmt: skip
    assert chosen("--tag", "tag1", "--kind", "create") == [("more_notes", 0), ("notes", 0)]


def test_so_many_worlds_are_alive_as_may_be_and_where_others_wait_that_is_told(awm, worlds):
    order = ("eval", worlds, "--policy", "oracle", "--no_html", "--output_dir")
    few = awm(*order, "few", "--live_worlds", 1)
    assert few.code == 0, few.err
    assert "As many worlds are alive as may be (1), and episodes in others wait" in few.err
    assert "6 of 6 episodes" in few.out
    many = awm(*order, "many")
    assert (many.code, many.err) == (0, "")
    assert (Path("few") / EPISODES).read_bytes() == (Path("many") / EPISODES).read_bytes()


def test_a_script_is_followed(awm, worlds, tmp_path):
    row = {
        "scenario": "Notes", "task_idx": 0, "answer": "Done.",
        "calls": [{"tool": "add_note", "arguments": {"title": "milk"}}],
    }  # fmt: skip
    (tmp_path / "script.jsonl").write_text(json.dumps(row) + "\n")
    outcome = awm(
        "eval", worlds, "--policy", "script:script.jsonl", "--scenario", "Notes", "--task_id", 0,
        "--no_html",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "success 100.0%" in outcome.out
    assert "Written to outputs/evaluations/script" in outcome.out


def test_a_task_that_nobody_can_grade_is_left_out_and_told(awm, tmp_path):
    gathered = noted_world("Judged", "# other", mode=WorldFile.VERIFIER_SQL)
    write_worlds([noted_world(), gathered], tmp_path / "mixed")
    # What is left out takes no room within the limit.
    outcome = awm("eval", "mixed", "--policy", "oracle", "--no_html", "--limit", 3)
    assert outcome.code == 0
    assert "3 tasks without a verifier that decides left out: judged task 0" in outcome.err
    assert "--judge_model" in outcome.err
    assert "3 of 3 episodes of 3 tasks in 1 world" in outcome.out
    none = awm("eval", "mixed", "--policy", "oracle", "--scenario", "judged")
    assert (none.code, none.out) == (2, "")
    assert "none of the 3 tasks has a verifier that decides: judged task 0" in none.err


def test_a_judge_weighs_what_programs_gather_and_is_paid_from_the_same_budget(awm, tmp_path):
    write_worlds([noted_world(mode=WorldFile.VERIFIER_SQL)], tmp_path / "judged")
    said = {"reason": "The note is there.", "evidence": ["milk"], "classification": "complete"}
    with serving(lambda request: completion(json.dumps(said))) as server:
        order = (
            "eval", "judged", "--policy", "oracle", "--judge_model", MODEL, "--no_html", "--json",
            "--output_dir", "run", "--task_id", 0,
        )  # fmt: skip
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("OPENAI_BASE_URL", server.url)
            outcome = awm(*order)
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert (told["whole"]["complete"], told["tokens"]) == (1, 18)
    (row,) = rows(tmp_path / "run" / EPISODES)
    assert (row["verdict"]["mode"], row["reason"]) == ("sql", "The note is there.")
    assert (tmp_path / "run" / JOURNAL).is_file()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("VOTES", 3, "votes: 3, not 1"),
        ("TEMPERATURE", 0.5, "temperature: 0.5, not 0.0"),
        ("ATTEMPTS", 1, "attempts: 1, not 3"),
        ("CHARACTERS", 9000, "characters: 9000, not 120000"),
    ],
)
def test_a_judge_that_judges_otherwise_makes_another_evaluation(
    awm, tmp_path, monkeypatch, name, value, told
):
    write_worlds([noted_world(mode=WorldFile.VERIFIER_SQL)], tmp_path / "judged")
    said = {"reason": "It is there.", "evidence": ["milk"], "classification": "complete"}
    with serving(lambda request: completion(json.dumps(said))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        order = (
            "eval", "judged", "--policy", "oracle", "--judge_model", MODEL, "--no_html",
            "--task_id", 0, "--output_dir",
        )  # fmt: skip
        assert awm(*order, "run").code == 0
        monkeypatch.setenv(f"AWM_JUDGE_{name}", str(value))
        changed = awm(*order, "run")
        assert changed.code == 2
        assert f"another evaluation (grading.judge.{told})" in changed.err
        if name == "VOTES":
            assert awm(*order, "other").code == 0
            compared = awm("eval", "compare", "run", "other")
            assert compared.code == 2
            assert f"judge.{told}" in compared.err


def test_a_page_that_is_there_is_written_anew_and_no_other_file_is(awm, worlds, played, tmp_path):
    shutil.copytree(played, "run")
    page = (tmp_path / "run" / REPORT).read_bytes()
    order = ("eval", worlds, "--policy", "oracle", "--output_dir", "run")
    for stale in (b"", page.replace(TASKS[0].encode(), b"Something else.")):
        (tmp_path / "run" / REPORT).write_bytes(stale)
        assert awm(*order).code == 0
        assert TASKS[0] in (tmp_path / "run" / REPORT).read_text("utf-8")
    Path("notes.html").write_text("Notes of mine.")
    refused = awm(*order, "--html", "notes.html")
    assert refused.code == 2
    assert "notes.html is there already, and is another kind of file." in refused.err
    assert Path("notes.html").read_text() == "Notes of mine."


def test_the_oracle_tries_what_it_knows_how_to_solve(awm, tmp_path):
    silent = noted_world("Silent", "# other")
    unsolved = {part: row for part, row in silent.records.items() if part != WorldFile.ORACLE}
    write_worlds([noted_world(), World.from_records(unsolved)], tmp_path / "some")
    outcome = awm("eval", "some", "--policy", "oracle", "--no_html")
    assert "3 tasks without an oracle left out: silent task 0" in outcome.err
    assert "3 of 3 episodes of 3 tasks in 1 world" in outcome.out
    none = awm("eval", "some", "--policy", "oracle", "--scenario", "silent")
    assert (none.code, none.out) == (2, "")
    assert "none of the 3 tasks has an oracle" in none.err
    one = awm(
        "agent", "--input", "some", "--scenario", "silent", "--task_id", 1, "--policy", "oracle"
    )
    assert one.code == 2
    assert "task 1 of silent has no oracle." in one.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("nowhere",), "nowhere"),
        (("bundled", "--policy", "human"), "a person plays one task at a time."),
        (("bundled", "--policy", "dice"), "there is no policy 'dice'."),
        (("bundled", "--policy", "random", "--budget", 1, "--model", "x"), "--model means nothing"),
        (("bundled", "--policy", "script:none.jsonl"), "none.jsonl cannot be read"),
        (("bundled", "--policy", "oracle", "--scenario", "nope"), "nope"),
        (("bundled", "--policy", "oracle", "--difficulty", 9), "'9' is no difficulty."),
        (("bundled", "--policy", "oracle", "--difficulty", 1), "none of the tasks of 2 worlds"),
        (("bundled", "--policy", "oracle", "--task_id", "x"), "--task_id 'x' is no task."),
        (("bundled", "--policy", "oracle", "--html", "none/x.html"), "there is no folder none"),
        (("bundled",), "the language model is not set."),
        (
            ("bundled", "--policy", "oracle", "--judge_model", "x"),
            "the key to OpenAI is not set.",
        ),
        (("bundled", "--model", "x"), "the key to OpenAI is not set."),
        (("compare", "a", "b"), "a holds no evaluation."),
        (("report", "a"), "a holds no evaluation."),
        (("export", "a", "--output", "x.jsonl"), "a holds no evaluation."),
    ],
)
def test_what_cannot_be_is_told_at_once_and_leaves_nothing(awm, tmp_path, arguments, what):
    outcome = awm("eval", *arguments)
    assert outcome.code != 0
    assert outcome.out == ""
    assert what in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_else_is_left_alone(awm, worlds, tmp_path):
    order = ("eval", worlds, "--policy", "random", "--output_dir", "run", "--no_html", "--limit", 1)
    assert awm(*order).code == 0
    before = (tmp_path / "run" / EPISODES).read_bytes()
    other = awm(*order, "--seed", 1)
    assert other.code == 2
    assert other.err.startswith("error: run holds another evaluation (seed: 1, not 0).")
    assert (tmp_path / "run" / EPISODES).read_bytes() == before
    assert awm(*order, "--seed", 1, "--overwrite").code == 0
    assert (tmp_path / "run" / EPISODES).read_bytes() != before


def test_a_model_that_cannot_be_asked_leaves_nothing(awm, worlds, tmp_path):
    with serving(solving(in_awm)) as server:
        outcome = awm("eval", worlds, "--api_url", server.url, "--model", "other")
    assert outcome.code != 0
    assert "has no model 'other'; it has test-model." in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_budget_that_is_spent_ends_the_run_and_more_of_it_goes_on(
    awm, worlds, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWM_LLM_INPUT_PRICE", "1000")
    monkeypatch.setenv("AWM_LLM_OUTPUT_PRICE", "1000")
    with serving(solving(in_awm)) as server:
        order = (
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--output_dir", "run",
            "--concurrency", 1, "--no_html",
        )  # fmt: skip
        # An episode asks three times, and a question costs 0.018 USD.
        spent = awm(*order, "--budget", 0.08)
        assert spent.code == 1
        assert "error: the budget is spent" in spent.err
        assert "1 of 6 episodes kept in run" in spent.err
        asked = len(server.requests)
        done = awm(*order, "--budget", 5, "--json")
        assert done.code == 0, done.err
        told = json.loads(done.out)
    assert (told["whole"]["complete"], told["whole"]["unscored"]) == (6, 0)
    # What was answered is not asked again, also in the middle of an episode.
    posts = [request for request in server.requests if request.method == "POST"]
    assert len(posts) == 3 * 6
    assert asked < len(server.requests)
    assert told["usd"] == pytest.approx(0.018 * len(posts))


def test_what_a_server_fails_at_is_told_and_is_in_no_mean(awm, worlds, tmp_path):
    sound = solving(in_awm)

    def script(request):
        if request.method == "POST" and "titled tea" in str(request.body["messages"]):
            return Answer({"error": {"message": "too much tea"}}, status=400)
        return sound(request)

    with serving(script) as server:
        outcome = awm(
            "eval", worlds, "--api_url", server.url, "--model", MODEL, "--output_dir", "run",
            "--scenario", "Notes", "--no_html",
        )  # fmt: skip
    assert outcome.code == 0
    assert "notes task 2 rollout 0: " in outcome.err
    assert "too much tea" in outcome.err
    assert "success 100.0%" in outcome.out
    assert "2 of 2 episodes of 3 tasks" in outcome.out
    assert "1 infrastructure error, in no mean:" in outcome.out


def test_ctrl_c_keeps_what_is_played_and_the_same_command_goes_on(worlds, tmp_path):
    sound, held = solving(in_awm), []

    def script(request):
        if request.method == "POST" and "titled tea" in str(request.body["messages"]) and not held:
            return Answer(stalls=True)
        return sound(request)

    folder = tmp_path / "run"
    with serving(script) as server:
        order = command(
            "eval", str(worlds), "--api_url", server.url, "--model", MODEL, "--no_html",
            "--output_dir", str(folder), "--json",
        )  # fmt: skip
        process = subprocess.Popen(
            order, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: len(_lines(folder / EPISODES)) == 4)
        below = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (130, "")
        assert "4 of 6 episodes kept in" in err
        assert "give the same command again to go on." in err
        assert all_gone(below)
        held.append(True)
        asked = len(server.requests)
        done = subprocess.run(
            order, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        # Two episodes are left, of three questions each, and the list of models is asked for.
        assert len(server.requests) - asked == 2 * 3 + 1
    assert json.loads(done.stdout)["whole"]["complete"] == 6
    assert {path.name for path in folder.iterdir()} == (FILES | {JOURNAL}) - {REPORT}


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


def test_two_runs_are_compared_task_by_task(awm, worlds, played):
    assert awm("eval", worlds, "--policy", "random", "--output_dir", "random").code == 0
    outcome = awm("eval", "compare", played, "random", "--html", "both.html")
    assert outcome.code == 0, outcome.err
    assert "B - A over 6 tasks: -100.0 points" in outcome.out
    assert ": success 100.0%, mean over tasks" in outcome.out
    assert "worse at 6" in outcome.out
    assert "random" in Path("both.html").read_text("utf-8")
    told = json.loads(awm("eval", "compare", played, "random", "--json").out)
    assert (told["better"], told["worse"], len(told["pairs"])) == (0, 6, 6)


def test_any_number_of_runs_stand_in_one_table(awm, worlds, played):
    command = ("--policy", "random", "--rollouts", 2, "--no_html", "--output_dir", "random")
    assert awm("eval", worlds, *command).code == 0
    shown = awm("eval", "table", played, "random")
    assert shown.code == 0, shown.err
    assert re.search(r"oracle +6 +100\.0%", shown.out)
    assert re.search(r"random +12 +0\.0%", shown.out)
    assert "Policy" in shown.out
    written = awm("eval", "table", played, "random", "--markdown").out.splitlines()
    assert written[0].startswith("| Run | Episodes | Success (95%) | Turns | Invalid | Failed |")
    assert written[1].count("---") == written[0].count("|") - 1
    assert [line.split(" | ")[0] for line in written[2:]] == ["| oracle", "| random"]
    told = json.loads(awm("eval", "table", "random", "--json").out)
    assert [(one["run"], one["policy"], one["episodes"]) for one in told] == [
        ("random", "random", 12)
    ]
    alone = awm("eval", "table", "random", "--markdown").out
    assert "| pass@2 | pass^2 |" in alone
    assert awm("eval", "table", "nowhere").code == 2
    assert awm("eval", "table", "random", "--markdown", "--json").code == 2


def test_a_report_is_made_anew_with_or_without_the_worlds(awm, worlds, played, tmp_path):
    outcome = awm("eval", "report", played, "--html", "plain.html")
    assert (outcome.code, "success 100.0%" in outcome.out) == (0, True)
    full = awm("eval", "report", played, "--input", worlds, "--html", "full.html", "--json")
    assert json.loads(full.out)["whole"]["complete"] == 6
    assert full.err == ""
    assert (tmp_path / "full.html").read_bytes() == (played / REPORT).read_bytes()
    plain = (tmp_path / "plain.html").read_bytes()
    assert len(plain) < len((tmp_path / "full.html").read_bytes())
    other = awm("eval", "report", played, "--input", "bundled", "--no_html")
    assert "The page shows no state diffs of some episodes: 2 worlds not there." in other.err


def test_episodes_are_exported_in_either_format(awm, worlds, tmp_path):
    with serving(solving(in_awm)) as server:
        order = ("--scenario", "Notes", "--rollouts", 2, "--output_dir", "run", "--no_html")
        assert awm("eval", worlds, "--api_url", server.url, "--model", MODEL, *order).code == 0
    sft = awm("eval", "export", "run", "--output", "sft.jsonl")
    assert sft.code == 0, sft.err
    told = rows(tmp_path / "sft.jsonl")
    assert len(told) == 3  # attempts that say the same are one lesson
    roles = [message["role"] for message in told[0]["messages"]]
    assert roles == ["system", "user", *["assistant", "user"] * 2, "assistant"]
    # Word for word what the model was told.
    asked = [request.body for request in server.requests if request.method == "POST"]
    last = next(body for body in asked if len(body["messages"]) == 6)
    assert told[0]["messages"][:2] == last["messages"][:2]
    assert awm("eval", "export", "run", "--format", "native", "--output", "n.jsonl").code == 0
    native = rows(tmp_path / "n.jsonl")
    assert native[0]["messages"][2]["tool_calls"][0]["function"]["name"] == "list_tools"
    turns = awm("eval", "export", "run", "--as", "turns", "--window", 1, "--output", "t.jsonl")
    assert (turns.code, len(rows(tmp_path / "t.jsonl"))) == (0, 3 * 6)
    again = awm("eval", "export", "run", "--output", "sft.jsonl")
    assert again.code == 2
    assert "sft.jsonl is there already." in again.err
    pairs = awm("eval", "export", "run", "--as", "preferences", "--output", "p.jsonl")
    assert pairs.code == 2
    assert not (tmp_path / "p.jsonl").exists()


def test_episodes_through_a_worlds_own_tools_need_the_worlds(awm, worlds, played):
    refused = awm("eval", "export", played, "--output", "sft.jsonl")
    assert refused.code == 2
    assert "Give --input, the folder of the worlds" in refused.err
    outcome = awm("eval", "export", played, "--input", worlds, "--output", "sft.jsonl", "--json")
    assert json.loads(outcome.out)["rows"] == 3  # the worlds are alike, and so is what was done
    names = [tool["function"]["name"] for tool in json.loads(rows(Path("sft.jsonl"))[0]["tools"])]
    assert names == ["add_note", "list_notes"]


def test_a_folder_called_like_a_command_is_named_by_its_path(awm, worlds, tmp_path):
    (tmp_path / "report").symlink_to(worlds)
    outcome = awm("eval", "./report", "--policy", "oracle", "--limit", 1, "--no_html")
    assert outcome.code == 0, outcome.err
    assert "1 of 1 episode" in outcome.out


MORE_TOOLS = "".join(
    f"""
@app.get("/{name}", operation_id="{name}")
async def {name}():
    return []
"""
    for name in ("list_tags", "list_owners", "list_shelves")
)


def test_worlds_are_divided_for_good_and_near_duplicates_across_are_told(awm, tmp_path):
    names = [f"Notes {number}" for number in range(1, 9)]
    write_worlds([noted_world(name, MORE_TOOLS) for name in names], tmp_path / "worlds")
    order = ("worlds", "split", "worlds", "--test_share", 0.5)
    told = json.loads(awm(*order, "--json").out)
    sides = told["worlds"]
    assert list(sides) == ["train", "validation", "test"]
    assert sorted(each for side in sides.values() for each in side) == [
        f"notes_{number}" for number in range(1, 9)
    ]
    assert sides["test"]
    assert sides["train"]
    assert {common["likeness"] for one in told["near_duplicates"] for common in one["common"]} >= {
        "code",
        "tools",
    }
    shown = awm(*order)
    assert "near duplicates across sides:" in shown.out
    assert "the same tools" in shown.out
    # Others that come or go move none.
    write_worlds([noted_world(name) for name in names[:3]], tmp_path / "fewer")
    fewer = json.loads(awm("worlds", "split", "fewer", "--test_share", 0.5, "--json").out)
    for side, there in fewer["worlds"].items():
        assert set(there) <= set(sides[side])


def test_what_is_divided_can_be_evaluated_side_by_side(awm, worlds, tmp_path):
    told = json.loads(awm("worlds", "split", worlds, "--split_salt", "a", "--json").out)
    (side,) = {name for name, there in told["worlds"].items() if "notes" in there}
    outcome = awm(
        "eval", worlds, "--policy", "random", "--split", side, "--split_salt", "a", "--no_html",
        "--output_dir", "run",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    played = {row["world"] for row in rows(tmp_path / "run" / EPISODES)}
    assert played == set(told["worlds"][side])
