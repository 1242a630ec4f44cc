"""Both clients of the protocol, and the scripts by which servers of it are checked."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from awm.errors import UsageError
from awm.serve.listening import bind
from tests.rollout.diaries import TASKS
from tests.serve.openreward.doors import served
from tests.serve.openreward.worlds import IN_TRAIN

SCRIPTS = Path(__file__).parents[3] / "../shared/conformance"
STORY = Path(__file__).with_name("whole_story.py")
TOOLS = ["list_scenario_tools", "call_scenario_tool", "submit"]
FIXED_PORT = 8082
"""Where `ors_direct_taskspec.py` expects the server."""


async def run(script: Path, *arguments: str) -> str:
    """Run a client to its end; what it printed."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONWARNINGS": "ignore"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(100):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    return printed.decode()


def script(name: str) -> Path:
    if not (SCRIPTS / name).is_file():
        pytest.skip("the conformance scripts are not beside this checkout (../shared/conformance)")
    return SCRIPTS / name


@pytest.mark.parametrize("client", ["ors", "agentworldmodel", "GeneralReasoning/agent-world-model"])
async def test_a_client_can_do_all_that_it_knows(lodging, client):
    async with served(lodging) as (url, app):
        seen = json.loads((await run(STORY, client, url, "test-token")).splitlines()[-1])
        assert len(app.state.sessions) == 0
    assert seen["splits"] == ["train", "test"]
    assert seen["number"] == IN_TRAIN
    assert seen["tasks"][1] == seen["one"] == {"scenario": "x", "task_idx": 1, "task": TASKS[1]}
    assert seen["some"] == [1, 2]
    assert seen["formats"] == [3, 3, 3]
    assert seen["tools"] == TOOLS
    assert seen["prompt"].startswith(TASKS[0])
    assert "mcp_tool_add_note" in seen["listing"]
    assert "there is no tool 'buy'" in seen["wrong"]
    assert "ToolCallError" in seen["refused"]
    assert "ToolCallError" in seen["unknown"]
    assert "ToolCallError" in seen["over"]
    assert (seen["reward"], seen["finished"], seen["outcome"]) == (1.0, True, "complete")


@pytest.mark.parametrize("client", ["ors", "openreward"])
async def test_the_check_of_clients_goes_through(lodging, client):
    async with served(lodging) as (url, app):
        printed = await run(script("ors_clients_check.py"), client, url)
        assert len(app.state.sessions) == 0
    lines = {line.split()[0]: line for line in printed.splitlines() if line}
    assert lines["splits"] == f"splits ['train', 'test'] num {IN_TRAIN}"
    assert lines["list_tasks"] == f"list_tasks {IN_TRAIN}"
    assert lines["tools"] == f"tools {TOOLS}"
    assert "there is no tool 'buy'" in lines["call"]
    assert "ToolCallError" in lines["bad"]
    assert "ToolCallError" in lines["unknown"]
    assert lines["submit"].startswith("submit None True")  # the verifier of this task fails
    assert "ToolCallError" in lines["submit2"]
    assert lines["split/index"].startswith(f"split/index {TASKS[0]}")


async def test_the_check_of_task_specs_goes_through(lodging):
    try:
        bind("127.0.0.1", FIXED_PORT).close()
    except UsageError:
        pytest.skip(f"port {FIXED_PORT}, which the script asks for, is taken")
    async with served(lodging, port=FIXED_PORT) as (_, app):
        printed = await run(script("ors_direct_taskspec.py"))
        assert len(app.state.sessions) == 0
    assert "do it" in printed
    assert "mcp_tool_add_note" in printed
    assert "['train', 'test']" in printed
