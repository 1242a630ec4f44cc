"""A real language model acts in a world, where there is one to ask; see `test_blueprints`."""

import json
import subprocess
from pathlib import Path

import pytest

from awm.rollout.store import read_evaluation
from tests.cli.running import command, environment
from tests.real_model.serving import MODEL, URL, needs_a_model

MINUTES = 20
DOMAINS = Path(__file__).parents[2] / "docs" / "examples" / "small-agents" / "domains"
"""Worlds of a dozen tools: fifty take more tokens than a small model's context has."""
TASKS, ROLLOUTS = 2, 2

pytestmark = [needs_a_model, pytest.mark.timeout(60 * (MINUTES + 1))]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """A small world with easy tasks."""
    folder = tmp_path_factory.mktemp("worlds")
    drawn = ["--more_domains", str(DOMAINS), "--domain", "village_library", "--size", "small"]
    wanted = ["--difficulty", "1-2", "--target_count", "1", "--num_tasks", "4"]
    place = ["--output_dir", str(folder / "worlds")]
    made = ("gen", "all", "--author", "builtin", *drawn, *wanted, *place)
    subprocess.run(command(*made), env=environment(), check=True, timeout=60 * MINUTES)
    return folder / "worlds"


@pytest.mark.parametrize("written", ["awm", "native", "json"])
def test_every_episode_of_a_real_model_is_scored_and_its_record_is_whole(written, worlds, tmp_path):
    conditions = ["--max_iterations", "6", "--max_tokens", "256", "--max_result_chars", "1500"]
    size = ["--limit", str(TASKS), "--rollouts", str(ROLLOUTS), "--concurrency", "1"]
    asked = ["--model", MODEL, "--api_url", URL, "--format", written, *conditions, *size]
    subprocess.run(
        command("eval", str(worlds), *asked, "--output_dir", "run"),
        cwd=tmp_path,
        env=environment(OPENAI_API_KEY="none"),
        check=True,
        timeout=60 * MINUTES,
    )
    episodes = tuple(read_evaluation(tmp_path / "run").episodes)
    assert len(episodes) == TASKS * ROLLOUTS
    for episode in episodes:
        assert episode.is_scored, episode.reason
        assert episode.usage.prompt_tokens > 0
        assert 1 <= len(episode.trajectory.turns) <= 6
        assert episode.trajectory.stop in ("answered", "max_turns", "format_violation")
    # Whatever it wrote was made out: at least one call of a tool was carried out.
    assert any(episode.counts.calls for episode in episodes)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["whole"]["scored"] == len(episodes)
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
