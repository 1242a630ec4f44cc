"""The worlds of the package through the door: whoever solves a task is paid, and nobody else is."""

import ast
import contextlib
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import awm
from awm.serve.lodging import Lodging
from awm.serve.openenv.rewards import paid_for, scheme_for
from awm.worlds import bundled_worlds
from tests.serve.openenv.doors import Door, opened

DOCUMENT = (Path(awm.__file__).parents[2] / "docs/openenv.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
async def bundled(runtime, pool) -> AsyncIterator[Door]:
    async with opened(Lodging(bundled_worlds(), runtime, pool)) as running:
        yield running


@pytest.mark.parametrize("name", bundled_worlds())
async def test_every_oracle_is_complete_and_doing_nothing_is_not(bundled, name):
    world = bundled_worlds()[name]
    async with bundled.talk() as talk:
        for task_idx, oracle in world.oracles.items():
            await talk.reset(scenario=name, task_idx=task_idx)
            for call in oracle.solution.calls:
                told = await talk.call(call.name, **call.arguments)
                assert told["observation"]["reward_type"] == "tool_call_ok", told
            told = await talk.call("verify", final_answer=oracle.solution.answer)
            assert (told["observation"]["reward_type"], told["reward"]) == ("complete", 1.0)
            await talk.reset(scenario=name, task_idx=task_idx)
            told = await talk.call("verify")
            assert (told["observation"]["reward_type"], told["reward"]) == ("others", 0.0)


async def test_what_the_documentation_shows_runs(bundled):
    (block,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    program = block.replace("http://127.0.0.1:8001", bundled.url)
    compiled = compile(program, "docs/openenv.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        await eval(compiled, {})
    assert printed.getvalue().endswith("\n0.0 others\n")


def test_the_rewards_that_the_documentation_tells_are_paid():
    rows = re.findall(r"^\| (`.*?) \| .* \| (-?\d\.\d) \|$", DOCUMENT, re.MULTILINE)
    told = {name: reward for names, reward in rows for name in re.findall(r"`(\w+)`", names)}
    assert len(told) == 12
    assert {name: paid_for(scheme_for(None), name) for name in told} == {
        name: float(reward) for name, reward in told.items()
    }
