"""`--analysis_judge`: a model weighs the plans of an evaluation, each once, and nothing is lost."""

import json
import shutil
from pathlib import Path

import pytest

from awm.cli.journals import JOURNAL
from awm.rollout.analysis_file import ANALYSIS
from awm.rollout.store import EPISODES, REPORT, SUMMARY
from awm.testing import ModelServer
from awm.worlds import write_worlds
from tests.cli.playing import MODEL, noted_world, serving
from tests.cli.running import evaluate
from tests.llm.chat_server import Answer, completion

JUDGED = ("plan_quality", "plan_adherence")


@pytest.fixture(scope="module")
def server():
    """A server that plays a model, and is a judge of plans among others."""
    with ModelServer(worlds="bundled", known=1) as running:
        yield running


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "noted"
    write_worlds([noted_world()], folder)
    return folder


@pytest.fixture(scope="module")
def played(worlds, tmp_path_factory) -> Path:
    """An evaluation of the oracle without a judge; nobody writes to it."""
    folder = tmp_path_factory.mktemp("evaluations") / "oracle"
    return evaluate(worlds, folder, "--policy", "oracle")


@pytest.fixture
def run(played, tmp_path) -> Path:
    """The same evaluation, to be written to."""
    return Path(shutil.copytree(played, tmp_path / "run"))


@pytest.fixture(autouse=True)
def _at_the_server(monkeypatch, server):
    for name in ("OPENAI_API_KEY", "AWM_SYN_OVERRIDE_MODEL", "AWM_SYN_LLM_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)


def weighed(server) -> int:
    """How often the server was asked about a plan."""
    return server.counts.prompts["plan"]


def findings(folder: Path) -> list[dict]:
    lines = (folder / ANALYSIS).read_text("utf-8").splitlines()
    return [json.loads(line)["findings"] for line in lines]


def scores(folder: Path) -> dict[str, dict]:
    summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    return {one["dimension"]: one for one in summary["analysis"]}


def test_without_a_judge_rules_tell_what_they_can_and_the_rest_is_unknown(played):
    found = scores(played)
    assert found["goal_fulfilment"]["score"]["value"] == 1.0
    assert {one["by"] for name, one in found.items() if name not in JUDGED} == {"rule"}
    assert [found[name]["by"] for name in JUDGED] == [None, None]
    assert [found[name]["unknown"] for name in JUDGED] == [3, 3]
    assert "no judge was asked" in (played / REPORT).read_text("utf-8")


@pytest.mark.parametrize(("note", "score"), [(41, 1.0), (42, 0.5)])
def test_what_the_tools_show_is_not_made_up_though_no_record_has_it(awm, tmp_path, note, score):
    code = """
@app.get("/notes/{note_id}", operation_id="get_note")
async def get_note(note_id: int = Path(description="Its number, such as 41.")):
    return {"id": note_id}
"""
    world = noted_world("Shown", f"from fastapi import Path{code}")
    write_worlds([world], tmp_path / "shown")
    row = {
        "scenario": "Shown", "task_idx": 0, "answer": "Done.",
        "calls": [{"tool": "get_note", "arguments": {"note_id": note}}],
    }  # fmt: skip
    (tmp_path / "script.jsonl").write_text(json.dumps(row) + "\n")
    order = ("--policy", "script:script.jsonl", "--task_id", 0, "--output_dir", "run", "--no_html")
    assert awm("eval", "shown", *order).code == 0
    assert findings(tmp_path / "run")[0]["logical_consistency"]["score"] == score
    # The same without the worlds.
    assert awm("eval", "report", "run").code == 0
    assert findings(tmp_path / "run")[0]["logical_consistency"]["score"] == score


def test_a_judge_weighs_the_plans_of_an_evaluation_while_it_is_made(awm, worlds, server, tmp_path):
    before = weighed(server)
    outcome = awm(
        "eval", worlds, "--policy", "oracle", "--analysis_judge", MODEL, "--output_dir", "run",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert weighed(server) - before == 3
    assert "plan quality 100% (judge)" in outcome.out
    assert "tokens, 0.0000 USD" in outcome.out
    folder = tmp_path / "run"
    for found in findings(folder):
        assert {found[name]["by"] for name in JUDGED} == {"judge"}
        assert found["execution_efficiency"]["by"] == "rule"
    assert scores(folder)["plan_adherence"]["by"] == "judge"
    page = (folder / REPORT).read_text("utf-8")
    assert page.count("by a judge") >= 2 * 3 + 2
    told = awm("gen", "transcript", "run", "--stage", "analysis", "--json")
    assert len(json.loads(told.out)) == 3
    about = awm("gen", "transcript", "run", "--scenario", "notes", "--json")
    assert json.loads(about.out) == json.loads(told.out)


def test_an_evaluation_that_is_there_is_weighed_afterwards_and_no_plan_twice(awm, run, server):
    before, order = weighed(server), ("eval", "report", run, "--analysis_judge", MODEL)
    first = awm(*order, "--json")
    assert first.code == 0, first.err
    assert weighed(server) - before == 3
    kept = (run / ANALYSIS).read_bytes()
    told = {one["dimension"]: one for one in json.loads(first.out)["analysis"]}
    assert told["plan_quality"]["score"]["value"] == 1.0
    # What it said is in the file, and without that in the journal.
    assert awm(*order).code == 0
    (run / ANALYSIS).unlink()
    assert awm(*order).code == 0
    assert weighed(server) - before == 3
    assert (run / ANALYSIS).read_bytes() == kept


def test_what_a_judge_said_stays_when_nobody_asks_one(awm, worlds, run, server):
    assert awm("eval", "report", run, "--analysis_judge", MODEL).code == 0
    before, kept = weighed(server), (run / ANALYSIS).read_bytes()
    assert awm("eval", "report", run, "--no_html").code == 0
    assert awm("eval", worlds, "--policy", "oracle", "--output_dir", run).code == 0
    assert ((run / ANALYSIS).read_bytes(), weighed(server)) == (kept, before)
    assert scores(run)["plan_quality"]["by"] == "judge"


def test_the_same_command_with_a_judge_weighs_what_was_played_without(awm, worlds, run, server):
    before, episodes = weighed(server), (run / EPISODES).read_bytes()
    order = ("eval", worlds, "--policy", "oracle", "--output_dir", run, "--analysis_judge", MODEL)
    assert awm(*order).code == 0
    assert weighed(server) - before == 3
    assert (run / EPISODES).read_bytes() == episodes
    assert "by a judge" in (run / REPORT).read_text("utf-8")
    assert awm(*order).code == 0
    assert weighed(server) - before == 3


def test_another_evaluation_in_the_folder_has_none_of_it(awm, worlds, run):
    assert awm("eval", "report", run, "--analysis_judge", MODEL).code == 0
    order = ("eval", worlds, "--policy", "random", "--overwrite", "--output_dir", run)
    assert awm(*order).code == 0
    assert [found["plan_quality"]["by"] for found in findings(run)] == [None] * 3


def plans(answer):
    """A server with one model, which answers every question with this."""

    def script(request):
        if request.method == "GET":
            return Answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        return answer()

    return script


def test_a_judge_has_an_address_of_its_own_whoever_acts(awm, worlds, monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_BASE_URL")
    said = {name: {"reason": "So.", "turns": [], "grade": 1} for name in JUDGED}
    order = ("eval", worlds, "--policy", "oracle", "--limit", 1, "--no_html", "--output_dir", "own")
    with serving(plans(lambda: completion(json.dumps(said)))) as server:
        refused = awm(*order, "--api_url", server.url)
        assert "--api_url means nothing to the policy oracle." in refused.err
        outcome = awm(*order, "--api_url", server.url, "--analysis_judge", MODEL)
    assert outcome.code == 0, outcome.err
    assert scores(tmp_path / "own")["plan_quality"]["score"]["value"] == pytest.approx(1 / 3)


def test_a_plan_that_the_judge_refuses_is_told_and_asked_about_the_next_time(awm, run):
    refused = Answer({"error": {"message": "this I will not weigh"}}, status=400)
    order = ("eval", "report", run, "--analysis_judge", MODEL, "--no_html", "--concurrency", 1)
    with serving(plans(lambda: refused)) as server:
        outcome = awm(*order, "--api_url", server.url)
    assert outcome.code == 0
    assert "3 plans not weighed: The judge did not say:" in outcome.err
    assert "this I will not weigh" in outcome.err
    assert scores(run)["plan_quality"]["unknown"] == 3
    assert awm(*order).code == 0
    assert scores(run)["plan_quality"]["unknown"] == 0


def test_a_budget_that_is_spent_ends_it_and_what_was_paid_for_is_kept(awm, run, monkeypatch):
    for name in ("AWM_LLM_INPUT_PRICE", "AWM_LLM_OUTPUT_PRICE"):
        monkeypatch.setenv(name, "1000")
    said = {name: {"reason": "So.", "turns": [], "grade": 2} for name in JUDGED}
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    order = ("eval", "report", run, "--analysis_judge", MODEL, "--no_html", "--concurrency", 1)
    with serving(plans(lambda: completion(json.dumps(said)))) as server:
        # A question costs 0.018 USD.
        spent = awm(*order, "--api_url", server.url, "--budget", 0.03)
        assert spent.code == 1
        assert "the budget is spent" in spent.err
        after = {path.name: path.read_bytes() for path in run.iterdir()}
        assert {name: after[name] for name in before} == before
        assert set(after) - set(before) == {JOURNAL}
        assert awm(*order, "--api_url", server.url, "--budget", 1).code == 0
        posts = [request for request in server.requests if request.method == "POST"]
    assert len(posts) == 3
    assert scores(run)["plan_adherence"]["score"]["value"] == pytest.approx(2 / 3)


def test_a_judge_that_cannot_be_asked_is_told_before_anything_is_played(awm, worlds, tmp_path):
    outcome = awm("eval", worlds, "--policy", "oracle", "--analysis_judge", "other")
    assert outcome.code != 0
    assert "has no model 'other'" in outcome.err
    assert list(tmp_path.iterdir()) == []
