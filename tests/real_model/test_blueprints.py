"""A real language model writes a world, where there is one to ask.

    python scripts/serve_gguf.py MODEL.gguf --port 8099 &
    AWM_TEST_MODEL_URL=http://127.0.0.1:8099/v1 .venv/bin/python -m pytest tests/real_model

It takes minutes, and what a model writes is its own affair: this is no part of what has to pass.
"""

import json
import subprocess

import pytest

from awm.worlds import open_worlds
from tests.cli.running import command, environment
from tests.real_model.serving import MODEL, URL, needs_a_model

MINUTES = 30

pytestmark = [needs_a_model, pytest.mark.timeout(60 * (MINUTES + 1))]


def test_a_blueprint_by_a_real_model_becomes_a_proven_world(tmp_path):
    (tmp_path / "seeds.jsonl").write_text('{"name": "Bicycle Repair Shop"}\n')
    asked = ["--author", "llm", "--model", MODEL, "--form", "blueprint", "--concurrency", "1"]
    subprocess.run(
        command("gen", "all", *asked, "--input", "seeds.jsonl", "--target_count", "1"),
        cwd=tmp_path,
        env=environment(OPENAI_BASE_URL=URL, OPENAI_API_KEY="none"),
        check=True,
        timeout=60 * MINUTES,
    )
    report = json.loads((tmp_path / "outputs" / "llm_report.json").read_text())
    assert (report["worlds"], report["proven"]) == (1, report["tasks"])
    (world,) = open_worlds(tmp_path / "outputs").values()
    assert len(world.tables) >= 5
    assert len(world.oracles) >= 5
