"""What a node does with what it is sent; in this process, with workers of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from awm.errors import InfrastructureError, WorldLoadError
from awm.ray.node import Node
from awm.ray.terms import NodeTerms, Unknown, Welcome, WorldKey, key_of
from awm.runtime import PreparedWorld, Runtime
from awm.runtime.identity import fingerprint
from awm.runtime.prepared import load_order
from awm.runtime.wire import Called
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK, SHORT, eventually, zygotes

WORLD = make_world(NOTEBOOK)
START = (0, 0, b"", b"")


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    made = Node(NodeTerms(SHORT))
    assert isinstance(await made.open(), Welcome)
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def ready() -> PreparedWorld:
    """The world, prepared on what is another machine to the nodes."""
    async with Runtime(limits=SHORT) as elsewhere:
        return await elsewhere.prepare(WORLD)


@pytest.fixture
async def key(node: Node, ready: PreparedWorld) -> WorldKey:
    await node.receive(ready)
    return key_of(ready)


async def called(node: Node, ticket: int, tool: str, arguments: str = "{}") -> Called:
    answer = await node.call(ticket, tool, arguments)
    assert isinstance(answer, Called)
    return answer


async def test_a_world_loaded_here_is_hosted_here(node: Node) -> None:
    async with Runtime(limits=SHORT) as caller:
        order, problems = await load_order(WORLD, caller.examiner, SHORT)
    world = await node.learn(fingerprint(WORLD), order, problems)
    assert isinstance(world, PreparedWorld)
    assert await node.admit(1, key_of(world), *START) is None
    assert (await called(node, 1, "count")).text == "1"
    assert (await node.census()).workers == 1


async def test_an_instance_goes_on_from_the_state_that_it_came_with(
    node: Node, key: WorldKey
) -> None:
    await node.admit(1, key, *START)
    first = await called(node, 1, "add_note", '{"title": "moved"}')
    second = await called(node, 1, "count")
    assert first.delta is not None
    assert second.memory is not None
    await node.release(1)
    await node.admit(2, key, 0, 2, first.delta, second.memory)
    assert "moved" in (await called(node, 2, "list_notes")).text
    assert (await called(node, 2, "count")).text == "2"


async def test_what_is_not_known_here_is_said_to_be_unknown(node: Node, key: WorldKey) -> None:
    assert await node.call(1, "count", "{}") == Unknown()
    assert await node.admit(1, ("another", "world"), *START) == Unknown()
    await node.admit(1, key, *START)
    await node.release(1)
    await node.release(1)
    assert await node.call(1, "count", "{}") == Unknown()
    await node.drop(key)
    assert await node.admit(2, key, *START) == Unknown()


async def test_errors_of_ours_are_answers(node: Node, ready: PreparedWorld) -> None:
    async with Runtime(limits=SHORT) as caller:
        broken = make_world("raise OSError('dry')", name="broken")
        order, problems = await load_order(broken, caller.examiner, SHORT)
    assert isinstance(await node.learn("broken", order, problems), WorldLoadError)
    await node.receive(ready)
    refused = await node.admit(1, key_of(ready), 0, 1, b"no pages", b"")
    assert isinstance(refused, InfrastructureError)
    assert await node.call(1, "count", "{}") == Unknown()
    assert (await node.census()).instances == 0


async def test_a_world_that_is_dropped_takes_its_idle_workers_along(
    node: Node, key: WorldKey
) -> None:
    await node.admit(1, key, *START)
    await node.release(1)
    assert (await node.census()).workers == 1
    await node.drop(key)
    await node.drop(key)
    assert (await node.census()).workers == 0


async def test_an_instance_released_amid_its_call_is_gone(node: Node, key: WorldKey) -> None:
    await node.admit(1, key, *START)
    call = asyncio.create_task(node.call(1, "wait_then_add", '{"title": "late"}'))
    await asyncio.sleep(0.05)
    await node.release(1)
    assert isinstance(await call, Called)
    assert await node.call(1, "count", "{}") == Unknown()


async def test_a_closed_node_leaves_no_process() -> None:
    before = zygotes()
    made = Node(NodeTerms(SHORT))
    await made.open()
    assert len(zygotes()) == len(before) + 1
    await made.close()
    await eventually(lambda: zygotes() == before)
