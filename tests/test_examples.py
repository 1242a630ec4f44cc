"""The examples in the documentation are what they say, and can be made again."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from awm.synthesis.plan import WorldPlan
from tests.cli.running import command, environment

SMALL_MODEL = Path(__file__).parents[1] / "docs" / "examples" / "small-model"
SCENARIOS = SMALL_MODEL / "gen_scenario.jsonl"


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_seed_of_the_small_model_is_accounted_for():
    report = json.loads((SMALL_MODEL / "llm_report.json").read_text("utf-8"))
    seeds = {row["name"] for row in rows(SMALL_MODEL / "seeds.jsonl")}
    worlds = {row["name"] for row in rows(SCENARIOS)}
    lost = {each["scenario"] for each in report["lost"]}
    assert worlds | lost == seeds
    assert (report["worlds"], report["proven_worlds"]) == (len(worlds), len(worlds))
    told = re.findall(
        r"^## (.+): blueprint$", (SMALL_MODEL / "transcript.md").read_text(), re.MULTILINE
    )
    assert set(told) == seeds


@pytest.mark.parametrize("row", rows(SCENARIOS), ids=lambda row: row["name"])
def test_every_blueprint_of_the_small_model_is_sound(row):
    plan = WorldPlan.from_row(row)
    assert plan.recipe.form is not None
    saved = SMALL_MODEL / "blueprints" / f"{plan.recipe.form.domain}.yaml"
    assert saved.is_file()


def test_a_world_of_the_small_model_is_made_again_and_proven(tmp_path):
    made = subprocess.run(
        command("gen", "task", "--input", str(SCENARIOS), "--output", "gen_tasks.jsonl",
                "--allowed_scenarios", "eyewear_store"),
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "10 proven tasks written" in made.stdout
