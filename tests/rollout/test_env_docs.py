"""The documentation of environments keeps its word."""

import re
import subprocess
import sys
from pathlib import Path

from awm.rollout.env_making import make_env
from awm.rollout.env_types import Answer

DOCUMENT = (Path(__file__).parents[2] / "docs/environments.md").read_text(encoding="utf-8")


def test_the_program_that_it_begins_with_runs(tmp_path):
    program = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)[0]
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "True 0.0 agent_error"


async def test_it_tells_all_that_info_holds(runtime, pool, world):
    async with make_env(world, runtime=runtime, pool=pool) as env:
        await env.reset()
        told = set((await env.step(Answer())).info)
    assert {key for key in told if f"`{key}`" in DOCUMENT} == told
