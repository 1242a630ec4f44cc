"""The bundled worlds keep the standard that ours are held to, in the runtime that hosts them."""

import json
from typing import Any

import pytest

from awm.runtime import Instance, Runtime
from awm.worlds import WorldFile, bundled_worlds

NAMES = sorted(bundled_worlds())
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308),
    *("", " ", "\x00", "a" * 100_000, "x\ud800", "'; DROP TABLE x; --", "%", "2026-02-30"),
    *("2026-02-03", "2026-02-03 10:00:00", "9999-12-31T23:59:59Z", "0001-01-01", "NaN", "1e999"),
    *([], [None], [[]], [1, 1], {}, {"": None}),
)


@pytest.fixture(params=NAMES)
async def instance(request: pytest.FixtureRequest, runtime: Runtime):
    async with await runtime.launch(bundled_worlds()[request.param]) as launched:
        yield launched


def oracles(instance: Instance) -> list[dict[str, Any]]:
    return list(bundled_worlds()[instance.world.name].records[WorldFile.ORACLE])


async def test_it_offers_many_tools_and_loads_without_a_problem(instance: Instance):
    assert len(await instance.list_tools()) >= 20
    assert instance.world.problems == ()


async def test_every_task_is_solved_by_its_oracle(instance: Instance):
    for oracle in oracles(instance):
        await instance.reset()
        for call in oracle["calls"]:
            result = await instance.call_tool(call["tool"], call["arguments"])
            assert not result.is_error, (oracle["task_idx"], call, result.text)


async def test_tasks_that_are_questions_change_nothing_and_the_others_do(instance: Instance):
    start = await instance.state_hash()
    ends = {}
    for oracle in oracles(instance):
        await instance.reset()
        for call in oracle["calls"]:
            await instance.call_tool(call["tool"], call["arguments"])
        ends[oracle["task_idx"]] = await instance.state_hash()
    unchanged = [task for task, end in ends.items() if end == start]
    assert unchanged
    assert len(set(ends.values())) == len(ends) - len(unchanged) + 1
    assert all(oracle["answer"] for oracle in oracles(instance) if oracle["task_idx"] in unchanged)


async def test_no_odd_value_in_any_argument_makes_a_handler_fail(instance: Instance):
    calls = {c["tool"]: c["arguments"] for oracle in oracles(instance) for c in oracle["calls"]}
    for tool in await instance.list_tools():
        usual = calls.get(tool.name, {})
        for name in tool.input_schema["properties"]:
            for value in ODD_VALUES:
                result = await instance.call_tool(tool.name, {**usual, name: value})
                assert result.fault is None, (tool.name, name, value, result)
                assert result.status is not None
                assert result.status < 500, (tool.name, name, value, result)


async def test_a_refusal_says_what_was_wrong_and_changes_nothing(instance: Instance):
    calls = [call for oracle in oracles(instance) for call in oracle["calls"]]
    refusals = 0
    for call in calls:
        for name, value in call["arguments"].items():
            if type(value) is not int:
                continue
            before = await instance.state_hash()
            result = await instance.call_tool(call["tool"], {**call["arguments"], name: 987_654})
            if result.is_error:
                refusals += 1
                detail = json.loads(result.text.partition("Response: ")[2])["detail"]
                assert len(str(detail)) > 15
                assert await instance.state_hash() == before
            await instance.reset()
    assert refusals
