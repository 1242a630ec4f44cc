"""`awm eval export`: what is refused, what is told, and what compares with it."""

import json
import shutil
from pathlib import Path

import pytest

from awm.rollout.store import EPISODES, ORDER
from awm.worlds import write_worlds
from tests.cli.playing import MODEL, in_awm, noted_world, serving, solving
from tests.cli.running import evaluate


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Path:
    """A world of three tasks."""
    folder = tmp_path_factory.mktemp("worlds") / "noted"
    write_worlds([noted_world()], folder)
    return folder


@pytest.fixture(scope="module")
def played(worlds, tmp_path_factory) -> Path:
    """An evaluation of a model; nobody writes to it."""
    folder = tmp_path_factory.mktemp("evaluations") / "model"
    with serving(solving(in_awm)) as server:
        model = ("--api_url", server.url, "--model", MODEL, "--no_html")
        return evaluate(worlds, folder, *model)


@pytest.fixture
def told(played, tmp_path):
    """Makes a copy of the evaluation whose order says something else of the policy."""

    def copy(name: str, **policy: object) -> str:
        shutil.copytree(played, tmp_path / name)
        order = json.loads((played / ORDER).read_bytes())
        order["policy"] |= policy
        (tmp_path / name / ORDER).write_text(json.dumps(order))
        return name

    return copy


@pytest.mark.parametrize(("brief", "text"), [(0, "version 0"), (None, "one of their own")])
def test_prompts_that_the_agents_never_saw_are_written_only_when_asked_for(awm, told, brief, text):
    run = told("run", brief=brief)
    for kind in ("sft", "turns"):
        refused = awm("eval", "export", run, "--as", kind, "--output", "rows.jsonl")
        assert refused.code == 2
        assert f"the agents had another brief ({text}" in refused.err
        assert "--brief current" in refused.err
    assert not Path("rows.jsonl").exists()
    assert awm("eval", "export", run, "--brief", "current", "--output", "rows.jsonl").code == 0


@pytest.mark.parametrize("policy", ["oracle", "script:gen_oracle.jsonl"])
def test_who_needs_no_telling_is_exported_with_what_models_are_told(awm, worlds, played, policy):
    """Models learn from it, and are told the moment at which the world stands."""
    shutil.copy(worlds / "gen_oracle.jsonl", "gen_oracle.jsonl")
    evaluate(worlds, Path("untold"), "--policy", policy, "--tools", "meta", "--no_html")
    told = []
    for run in (str(played), "untold"):
        output = f"{Path(run).name}.jsonl"
        exported = awm("eval", "export", run, "--input", str(worlds), "--format", "awm",
                       "--output", output)  # fmt: skip
        assert exported.code == 0
        first, *_ = json.loads(Path(output).read_text("utf-8").splitlines()[0])["messages"]
        told.append(first["content"])
    assert "In the application it is" in told[0]
    assert told[1] == told[0]


def test_a_comparison_says_that_models_were_told_something_else(awm, told):
    compared = awm("eval", "compare", told("a"), told("b", brief=0, temperature=0.0))
    assert compared.code == 0
    assert "warning: policy.brief: 0, not" in compared.err
    assert "warning: policy.temperature: 0.0, not 0.6" in compared.err


@pytest.mark.parametrize(
    ("kind", "option", "told"),
    [
        ("sft", ("--window", "2"), ("--window is about turns.", "Add --as turns")),
        ("preferences", ("--window", "2"), ("--window is about turns.", "Add --as turns")),
        ("sft", ("--most_pairs", "4"), ("--most_pairs is about pairs.", "Add --as preferences")),
        ("turns", ("--most_pairs", "1"), ("--most_pairs is about pairs.", "Add --as preferences")),
        ("turns", ("--most_turns", "4"), ("--most_turns is about conversations.", "Add --as sft")),
        ("preferences", ("--sound",), ("--sound is about conversations.", "Add --as sft")),
    ],
)
def test_an_option_that_says_nothing_of_this_kind_is_refused(awm, played, kind, option, told):
    refused = awm("eval", "export", played, "--as", kind, *option, "--output", "rows.jsonl")
    assert refused.code == 2
    assert all(text in refused.err for text in told)
    assert not Path("rows.jsonl").exists()


def test_worlds_that_are_others_are_named_and_nothing_is_said_of_a_page(awm, worlds):
    run = ("eval", worlds, "--policy", "oracle", "--no_html", "--output_dir", "run")
    assert awm(*run).code == 0
    export = ("eval", "export", "run", "--output", "sft.jsonl", "--input")
    write_worlds([noted_world(code="# another one")], Path("other"))
    for source, why in (("other", "1 world not as played"), ("bundled", "1 world not there")):
        refused = awm(*export, source)
        assert refused.code == 2
        assert f"has not the worlds that were played ({why}): notes." in refused.err
        assert "page" not in refused.err
    assert awm(*export, worlds).code == 0


def test_an_episode_that_cannot_be_read_is_told_and_leaves_no_file(awm, played, tmp_path):
    shutil.copytree(played, "run")
    path = tmp_path / "run" / EPISODES
    path.write_bytes(path.read_bytes().replace(b'"outcome"', b'"outgoing"'))
    failed = awm("eval", "export", "run", "--output", "sft.jsonl")
    assert failed.code != 0
    assert "the line of notes task 0 holds no episode" in failed.err
    assert [each.name for each in tmp_path.iterdir()] == ["run"]
