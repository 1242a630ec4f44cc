"""What OpenEnv's server does with an environment: in threads, twice at once, for nothing at all."""

import asyncio

import pytest
from openenv.core.env_server.types import Action

from awm.errors import UsageError
from awm.serve.openenv.environment import AwmEnvironment
from awm.serve.openenv.models import CallToolAction, ListToolsAction
from awm.serve.openenv.reception import OpenEnvTerms, Reception
from tests.serve.openenv.doors import lodging


@pytest.fixture
def reception(runtime, pool):
    return Reception(lodging(runtime, pool), OpenEnvTerms())


async def test_it_is_made_in_a_thread_and_costs_no_instance_before_a_reset(reception, runtime):
    before = runtime.census().instances
    environment = await asyncio.to_thread(AwmEnvironment, reception)
    assert (environment.state.episode_id, environment.state.step_count) == (None, 0)
    assert environment.get_metadata().name == "agent_world_model_env"
    environment.close()
    assert runtime.census().instances == before


async def test_it_ends_when_nobody_holds_it_any_more(reception):
    environment = AwmEnvironment(reception)
    async with environment.mcp_session():
        async with environment.mcp_session():
            await environment.reset_async(scenario="diary")
        assert reception.guests
    assert not reception.guests


async def test_holders_may_leave_in_whichever_task_they_are_in(reception):
    environment = AwmEnvironment(reception)
    session = environment.mcp_session()
    await asyncio.create_task(session.__aenter__())
    await environment.reset_async(scenario="diary")
    await asyncio.create_task(session.__aexit__(None, None, None))
    assert not reception.guests


async def test_closing_leaves_it_to_those_who_hold_it(reception):
    environment = AwmEnvironment(reception)
    async with environment.mcp_session():
        await environment.reset_async(scenario="diary")
        await asyncio.to_thread(environment.close)
        told = await environment.step_async(CallToolAction(tool_name="list_notes"))
        assert told.reward_type == "tool_call_ok"


async def test_closing_ends_what_nobody_holds_from_any_thread(reception):
    environment = AwmEnvironment(reception)
    await environment.reset_async(scenario="diary")
    await asyncio.to_thread(environment.close)
    async with asyncio.timeout(5):
        while reception.guests:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    assert (await environment.reset_async(scenario="diary")).reward_type == "reset_error"


async def test_it_is_asynchronous_and_says_so(reception):
    environment = AwmEnvironment(reception)
    for call in (environment.reset, lambda: environment.step(ListToolsAction())):
        with pytest.raises(UsageError, match="asynchronous"):
            call()


async def test_an_action_of_another_kind_is_no_step(reception):
    with pytest.raises(UsageError, match="neither list_tools nor call_tool"):
        await AwmEnvironment(reception).step_async(Action())
