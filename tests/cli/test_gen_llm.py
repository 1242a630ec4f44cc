"""`awm gen --author llm`, against a server that answers with worlds that exist."""

import json
import signal
import socket
import subprocess

import pytest

from awm.cli.journals import JOURNAL
from awm.errors import InfrastructureError
from awm.synthesis.llm_author.authoring import REPORT
from awm.synthesis.llm_author.logbook import LOG
from awm.testing import Faults, Latency, ModelServer
from awm.worlds import WorldFile, open_worlds
from tests.cli.running import PATIENCE, command, environment
from tests.synthesis.ordering import wait_until

MODEL = "test-model"
NAME = "Coworking Space"
SEED = {"name": NAME, "description": "Desks and rooms.", "suitability_level": "high"}
TASKS = 2


@pytest.fixture(scope="module")
def server():
    with ModelServer(worlds="bundled", faults=Faults(rate=0.0)) as running:
        yield running


@pytest.fixture
def asked(server, monkeypatch, tmp_path):
    """A model that is named in the environment, and one seed."""
    for name in ("OPENAI_API_KEY", "EMBEDDING_OPENAI_API_KEY", "AWM_SYN_LLM_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("AWM_SYN_OVERRIDE_MODEL", MODEL)
    (tmp_path / "seeds.jsonl").write_text(json.dumps(SEED) + "\n")
    return server


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


ORDER = ("gen", "all", "--input", "seeds.jsonl", "--target_count", 1, "--num_tasks", TASKS)


def test_a_world_is_written_and_proven_and_its_cost_is_told(awm, asked, tmp_path):
    outcome = awm(*ORDER, "--json", "--html", "run.html")
    assert outcome.code == 0
    told = json.loads(outcome.out)
    assert (told["worlds"], told["proven_worlds"], told["proven"]) == (1, 1, TASKS)
    assert (told["lost"], told["usd"]) == ([], 0.0)
    folder = tmp_path / "outputs"
    assert {path.name for path in folder.iterdir()} == {
        *(part.value for part in WorldFile), "databases", "generation.json", REPORT, LOG, JOURNAL,
    }  # fmt: skip
    (world,) = open_worlds(folder).values()
    assert len(world.oracles) == TASKS
    (tasks,) = rows(folder / WorldFile.TASKS)
    assert [each["proof"] for each in tasks["details"]] == ["proven"] * TASKS
    page = (tmp_path / "run.html").read_text("utf-8")
    assert NAME in page
    assert "1 world, 1 of them with every task proven" in page
    assert [told["by_world"][0][key] for key in ("title", "ending")] == [NAME, "world"]
    logged = rows(folder / LOG)
    assert [logged[place]["event"] for place in (0, 1, -1)] == [
        "run_begun", "stage_started", "run_ended",
    ]  # fmt: skip
    # What was answered once is not asked again, and what is there is not written over.
    before = asked.asked.total()
    again = awm(*ORDER)
    assert again.code == 2
    assert again.err.startswith("error: outputs holds these worlds already (1).")
    anew = awm(*ORDER, "--overwrite")
    assert anew.code == 0
    assert "1 world, 1 of them with every task proven; 2 tasks, 2 proven" in anew.out
    assert asked.asked.total() == before


def test_stage_by_stage_the_published_commands_do_the_same(awm, asked, tmp_path):
    steps = [
        ("scenario", "--input_path", "seeds.jsonl", "--output_path", "o/gen_scenario.jsonl",
         "--target_count", 1),
        ("task", "--input", "o/gen_scenario.jsonl", "--output", "o/gen_tasks.jsonl",
         "--num_tasks", 1, "--max_retry", 1, "--limit", 1),
        ("db", "--input", "o/gen_tasks.jsonl", "--output", "o/gen_db.jsonl"),
        ("sample", "--input_task", "o/gen_tasks.jsonl", "--input_db", "o/gen_db.jsonl",
         "--output", "o/gen_sample.jsonl", "--allowed_scenarios", "coworking_space"),
        ("spec", "--input_task", "o/gen_tasks.jsonl", "--input_db", "o/gen_db.jsonl",
         "--output", "o/gen_spec.jsonl"),
        ("env", "--input_spec", "o/gen_spec.jsonl", "--input_db", "o/gen_db.jsonl",
         "--output", "o/gen_envs.jsonl"),
        ("verifier", "--mode", "sql", "--input_task", "o/gen_tasks.jsonl",
         "--output", "o/gen_verifier.jsonl"),
    ]  # fmt: skip
    for step in steps:
        outcome = awm("gen", *step)
        assert (outcome.code, outcome.err) == (0, ""), step
    (world,) = open_worlds(tmp_path / "o").values()
    assert world.scenario == NAME
    assert [program.mode for program in world.verifiers] == ["sql"]
    assert not [path for path in (tmp_path / "o").iterdir() if path.name.startswith(".")]


def test_whoever_planned_the_scenarios_goes_on_with_them(awm, asked, tmp_path):
    assert awm("gen", "scenario", "--author", "builtin", "--target_count", 1).code == 0
    before = asked.asked.total()
    assert awm("gen", "spec").code == 0
    assert asked.asked.total() == before
    (row,) = rows(tmp_path / "outputs" / WorldFile.SPEC)
    assert row["api_spec"]["api_groups"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--domain", "campsite"), "--domain means nothing to the author llm."),
        (("--author", "builtin", "--budget", 3), "--budget means nothing to the author builtin."),
        (("--author", "builtin", "--html", "x"), "--html means nothing to the author builtin."),
        (("--html", "none/run.html"), "there is no folder none to put run.html in."),
        (
            ("--form", "blueprint", "--save_blueprints", "seeds.jsonl/new"),
            "seeds.jsonl is no folder.",
        ),
        (("--stage_models", "nope=x"), "AWM_SYN_STAGE_MODELS names the stage 'nope'."),
        (("--model", "other"), "has no model 'other'; it has "),
        (("--input", "none.jsonl"), "The seed file none.jsonl cannot be read"),
    ],
)
def test_what_cannot_be_is_told_at_once_and_leaves_nothing(awm, asked, tmp_path, arguments, what):
    before = asked.asked.total()
    outcome = awm("gen", "all", *arguments)
    assert outcome.code != 0
    assert outcome.out == ""
    assert what in outcome.err
    assert len(outcome.err.splitlines()) <= 3
    assert asked.asked.total() == before
    assert not (tmp_path / "outputs").exists()


def test_where_nobody_listens_the_address_is_to_be_set(awm, asked, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    outcome = awm("gen", "all")
    assert outcome.code != 0
    assert "Set OPENAI_BASE_URL to where a server is running." in outcome.err
    assert not (tmp_path / "outputs").exists()


def test_without_a_model_the_builtin_author_writes(awm, asked, tmp_path, monkeypatch):
    monkeypatch.delenv("AWM_SYN_OVERRIDE_MODEL")
    assert awm("gen", "scenario", "--target_count", 1).code == 0
    assert "builtin" in rows(tmp_path / "outputs" / WorldFile.SCENARIO)[0]


def test_the_page_may_be_put_beside_the_worlds_before_there_is_a_folder(awm, asked, tmp_path):
    outcome = awm(*ORDER, "--proof", "off", "--html", "outputs/run.html")
    assert outcome.code == 0
    assert "The page is in outputs/run.html" in outcome.out
    assert (tmp_path / "outputs" / "run.html").is_file()


def test_a_run_whose_budget_is_spent_has_a_report_and_a_page(awm, asked, tmp_path, monkeypatch):
    monkeypatch.setenv("AWM_LLM_INPUT_PRICE", "1000")
    monkeypatch.setenv("AWM_LLM_OUTPUT_PRICE", "1000")
    outcome = awm(*ORDER, "--budget", 1, "--html", "run.html")
    assert outcome.code == 1
    assert "error: the budget is spent:" in outcome.err
    assert "The page is in run.html" in outcome.err
    assert "The run ended early" in (tmp_path / "run.html").read_text("utf-8")
    folder = tmp_path / "outputs"
    (world,) = json.loads((folder / REPORT).read_text("utf-8"))["by_world"]
    assert (world["title"], world["ending"]) == (NAME, "unfinished")
    assert world["usd"] > 0
    assert rows(folder / LOG)[-1]["why"].startswith("the budget is spent")


def test_a_page_that_cannot_be_written_costs_no_worlds(awm, asked, tmp_path, monkeypatch):
    def fail(path, text):
        raise InfrastructureError(f"{path} cannot be written: No space left on device.")

    monkeypatch.setattr("awm.cli.authoring.write_report", fail)
    outcome = awm(*ORDER, "--proof", "off", "--html", "run.html")
    assert outcome.code == 3
    assert "No space left on device" in outcome.err
    assert list(open_worlds(tmp_path / "outputs")) == ["coworking_space"]


def test_who_names_no_model_is_told_both_ways_to_name_one(awm, asked, monkeypatch):
    monkeypatch.delenv("AWM_SYN_OVERRIDE_MODEL")
    outcome = awm("gen", "all", "--author", "llm")
    assert outcome.code == 2
    assert "Set AWM_SYN_OVERRIDE_MODEL. `awm gen` also takes --model." in outcome.err


def test_ctrl_c_ends_a_run_in_order_and_says_how_to_go_on(asked, tmp_path):
    arguments = [str(each) for each in ORDER]
    with ModelServer(worlds="bundled", faults=Faults(rate=0.0), latency=Latency(600.0)) as slow:
        process = subprocess.Popen(
            command(*arguments, "--model", MODEL, "--html", "run.html"),
            cwd=tmp_path,
            env=environment(OPENAI_BASE_URL=slow.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            log = tmp_path / "outputs" / LOG
            wait_until(lambda: log.is_file() and "stage_started" in log.read_text("utf-8"))
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "0 worlds finished, 1 under way, 0.00 USD spent." in said
    assert "kept in outputs: give the same command again to go on." in said
    assert "Traceback" not in said
    assert "The run ended early" in (tmp_path / "run.html").read_text("utf-8")
    assert rows(tmp_path / "outputs" / LOG)[-1]["why"] == "stopped"


def test_a_model_that_is_not_on_this_machine_is_refused_in_tests(awm, asked, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    outcome = awm("gen", "all")
    assert outcome.code == 2
    assert "AWM_LLM_LOCAL_ONLY" in outcome.err


BLUEPRINT = ("gen", "all", "--form", "blueprint", "--input", "seeds.jsonl", "--target_count", 1)


def test_a_blueprint_becomes_a_proven_world_and_joins_the_domains(awm, asked, tmp_path):
    outcome = awm(*BLUEPRINT, "--num_tasks", 3, "--save_blueprints", "mine", "--json")
    assert outcome.code == 0
    told = json.loads(outcome.out)
    assert (told["worlds"], told["proven_worlds"], told["proven"]) == (1, 1, 3)
    (row,) = rows(tmp_path / "outputs" / WorldFile.SCENARIO)
    assert (row["name"], row["suitability_level"]) == (NAME, "high")
    domain = row["blueprint"]["domain"]
    (saved,) = (tmp_path / "mine").iterdir()
    assert saved.name == f"{domain}.yaml"
    # A file of that name that is there already is not replaced.
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / saved.name).write_text("# by hand\n")
    named = awm(*BLUEPRINT, "--num_tasks", 3, "--save_blueprints", "other", "--overwrite")
    assert f"this one is saved as other/{domain}_2.yaml." in named.err
    assert (tmp_path / "other" / saved.name).read_text() == "# by hand\n"
    again = awm(
        "gen", "all", "--author", "builtin", "--more_domains", "mine", "--domain", domain,
        "--target_count", 1, "--num_tasks", 2, "--jobs", 1, "--output_dir", "more",
    )  # fmt: skip
    assert again.code == 0
    (row,) = rows(tmp_path / "more" / WorldFile.SCENARIO)
    assert row["builtin"]["recipe"]["domain"] == row["blueprint"]["domain"] == domain
    # Each stage can start from the row alone, wherever the folder of domains is.
    assert awm("gen", "spec", "--input", "more/gen_scenario.jsonl", "--output", "s.jsonl").code == 0
    assert rows(tmp_path / "s.jsonl") == rows(tmp_path / "more" / WorldFile.SPEC)


@pytest.mark.parametrize("option", [("--size", "large"), ("--save_blueprints", "mine")])
def test_what_is_about_blueprints_needs_that_form(awm, asked, tmp_path, option):
    outcome = awm("gen", "all", *option)
    assert outcome.code == 2
    assert "Add --form blueprint." in outcome.err
    assert not (tmp_path / "outputs").exists()


def test_a_folder_of_domains_has_to_be_there(awm, tmp_path, monkeypatch):
    monkeypatch.delenv("AWM_SYN_OVERRIDE_MODEL", raising=False)
    outcome = awm("gen", "all", "--more_domains", "none")
    assert outcome.code == 2
    assert "none is no folder." in outcome.err
    assert not (tmp_path / "outputs").exists()
