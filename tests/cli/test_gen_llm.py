"""`awm gen --author llm`, against a server that answers with worlds that exist."""

import json
import socket

import pytest

from awm.synthesis.llm_author.authoring import REPORT
from awm.synthesis.llm_author.office import JOURNAL
from awm.testing import Faults, ModelServer
from awm.worlds import WorldFile, open_worlds

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
    outcome = awm(*ORDER, "--json")
    assert outcome.code == 0
    told = json.loads(outcome.out)
    assert (told["worlds"], told["proven_worlds"], told["proven"]) == (1, 1, TASKS)
    assert (told["lost"], told["usd"]) == ([], 0.0)
    folder = tmp_path / "outputs"
    assert {path.name for path in folder.iterdir()} == {
        *(part.value for part in WorldFile), "databases", "generation.json", REPORT, JOURNAL,
    }  # fmt: skip
    (world,) = open_worlds(folder).values()
    assert len(world.oracles) == TASKS
    (tasks,) = rows(folder / WorldFile.TASKS)
    assert [each["proof"] for each in tasks["details"]] == ["proven"] * TASKS
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
