"""How instances find nodes, and others when those are lost; with nodes that follow a script."""

import asyncio
import itertools

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from ray.exceptions import ObjectStoreFullError

from awm.errors import InfrastructureError, InstanceClosedError, WorkerLostError, WorldLoadError
from awm.ray.link import NodeLink
from awm.ray.remote import RemoteHost
from awm.ray.terms import Unknown, key_of
from awm.runtime.host import Member
from tests.ray.actors import ANSWER, UNAVAILABLE, WORLD, ScriptedActor, link_to, ray_of_scripts
from tests.runtime.world_code import eventually

KEY = key_of(WORLD)


class Nodes:
    """As much of a `Cluster` as a host asks for."""

    def __init__(self, *actors: ScriptedActor) -> None:
        self.every = [link_to(actor, str(number)) for number, actor in enumerate(actors)]
        self._tickets = itertools.count(1)

    @property
    def links(self) -> list[NodeLink]:
        return [link for link in self.every if not link.gone]

    def new_ticket(self) -> int:
        return next(self._tickets)

    async def least_loaded(self, key: tuple[str, str]) -> NodeLink:
        if not self.links:
            raise InfrastructureError("no node")
        return min(self.links, key=lambda link: link.load(key))


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awm.ray.link.ray", ray_of_scripts())


def hosted(*actors: ScriptedActor) -> tuple[RemoteHost, Member, Nodes]:
    nodes = Nodes(*actors)
    host, member = RemoteHost(WORLD, nodes), Member(1, 0)
    host.admit(member)
    return host, member, nodes


async def test_an_instance_is_opened_once_and_its_state_taken_over() -> None:
    actor = ScriptedActor()
    host, member, nodes = hosted(actor)
    await host.open(member)
    assert await host.call(member, "t", "{}") == ANSWER
    assert await host.call(member, "t", "{}") == ANSWER
    assert (member.step, member.delta, member.memory) == (2, b"pages", b"memory")
    assert [method for method, _ in actor.heard] == ["receive", "admit", "call", "call"]
    assert nodes.links[0].guests == 1


async def test_a_world_travels_to_a_node_once_however_many_open_there_at_once() -> None:
    actor = ScriptedActor()
    host, _, _ = hosted(actor)
    members = [Member(number, 0) for number in range(2, 8)]
    for member in members:
        host.admit(member)
    await asyncio.gather(*(host.open(member) for member in members))
    assert (actor.count("receive"), actor.count("admit")) == (1, 6)


async def test_a_call_over_which_a_node_is_lost_is_made_elsewhere_from_the_state_before() -> None:
    first, second = ScriptedActor(call=[ANSWER, UNAVAILABLE]), ScriptedActor()
    host, member, nodes = hosted(first, second)
    await host.call(member, "t", "{}")
    await host.call(member, "t", "{}")
    assert member.step == 2
    assert (first.killed, nodes.every[0].guests, nodes.every[1].guests) == (True, 0, 1)
    [state] = [arguments for method, arguments in second.heard if method == "admit"]
    assert state == (2, KEY, 0, 1, b"pages", b"memory")


async def test_an_instance_whose_nodes_are_lost_in_a_row_is_not_lost_with_them() -> None:
    lost = [ScriptedActor(call=[UNAVAILABLE]) for _ in range(4)]
    host, member, _ = hosted(*lost, ScriptedActor())
    assert await host.call(member, "t", "{}") == ANSWER


async def test_a_call_that_costs_node_after_node_is_given_up_and_has_not_been_made() -> None:
    actors = [*(ScriptedActor(call=[UNAVAILABLE]) for _ in range(5)), ScriptedActor()]
    host, member, _ = hosted(*actors)
    with pytest.raises(WorkerLostError, match="5 nodes in a row"):
        await host.call(member, "t", "{}")
    assert (member.step, [actor.killed for actor in actors]) == (0, [True] * 5 + [False])
    assert await host.call(member, "t", "{}") == ANSWER


async def test_a_node_that_cannot_open_instances_is_the_last_choice_and_lives_on() -> None:
    broken, sound = ScriptedActor(admit=[InfrastructureError("no memory")]), ScriptedActor()
    host, member, nodes = hosted(broken, sound)
    assert await host.call(member, "t", "{}") == ANSWER
    assert not broken.killed
    others = [Member(number, 0) for number in (2, 3, 4)]
    for other in others:
        host.admit(other)
        await host.open(other)
    assert [link.guests for link in nodes.links] == [0, 4]


async def test_where_no_node_can_open_an_instance_the_last_reason_is_told() -> None:
    errors = [InfrastructureError(f"no memory {number}") for number in range(9)]
    host, member, nodes = hosted(ScriptedActor(admit=errors))
    with pytest.raises(InfrastructureError, match="no memory 4"):
        await host.open(member)
    assert nodes.links[0].guests == 0


async def test_a_world_that_does_not_load_is_no_reason_to_try_elsewhere() -> None:
    first, second = ScriptedActor(admit=[WorldLoadError("w", "it does not load.")]), ScriptedActor()
    host, member, _ = hosted(first, second)
    with pytest.raises(WorldLoadError):
        await host.call(member, "t", "{}")
    assert second.heard == []


@pytest.mark.parametrize("forgets", ["admit", "call"])
async def test_what_a_node_has_forgotten_it_is_told_again(forgets: str) -> None:
    actor = ScriptedActor(**{forgets: [Unknown()]})
    host, member, _ = hosted(actor)
    assert await host.call(member, "t", "{}") == ANSWER
    assert (member.step, actor.count("admit"), actor.killed) == (1, 2, False)
    assert actor.count("receive") == (2 if forgets == "admit" else 1)


async def test_a_call_given_up_is_cancelled_there_and_its_instance_opened_anew() -> None:
    actor = ScriptedActor(call=[None])
    host, member, nodes = hosted(actor)
    call = asyncio.create_task(host.call(member, "t", "{}"))
    await eventually(lambda: actor.count("call") == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (member.step, nodes.every[0].guests) == (0, 0)
    assert await host.call(member, "t", "{}") == ANSWER
    tickets = [arguments[0] for method, arguments in actor.heard if method == "admit"]
    assert tickets == [1, 2]
    await eventually(lambda: ("release", (1,)) in actor.heard)


async def test_an_instance_let_go_while_it_is_opened_does_not_stay_there() -> None:
    actor = ScriptedActor(admit=[None])
    host, member, nodes = hosted(actor)
    opening = asyncio.create_task(host.open(member))
    await eventually(lambda: actor.count("admit") == 1)
    host.forget(member)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await eventually(lambda: actor.heard[-1] == ("release", (1,)))
    assert nodes.every[0].guests == 0
    with pytest.raises(InstanceClosedError):
        await host.call(member, "t", "{}")


async def test_a_world_that_cannot_travel_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise ObjectStoreFullError("full")

    host, member, nodes = hosted(actor := ScriptedActor())
    with monkeypatch.context() as patched:
        patched.setattr("awm.ray.link.ray.put", refuse)
        with pytest.raises(InfrastructureError, match="full"):
            await host.open(member)
    assert (actor.count("admit"), actor.killed, nodes.links[0].guests) == (0, False, 0)
    assert await host.call(member, "t", "{}") == ANSWER


async def test_a_closed_host_is_forgotten_by_every_node_that_knew_its_world() -> None:
    first, second = ScriptedActor(), ScriptedActor()
    host, member, _ = hosted(first, second)
    await host.open(member)
    host.forget(member)
    await host.close()
    assert first.heard[-1] == ("drop", (KEY,))
    assert second.heard == []


async def test_a_fault_in_a_node_is_told_and_costs_the_node_nothing() -> None:
    actor = ScriptedActor(call=[ObjectStoreFullError("full")])
    host, member, _ = hosted(actor)
    with pytest.raises(InfrastructureError, match="full"):
        await host.call(member, "t", "{}")
    assert (member.step, actor.killed) == (0, False)
    assert await host.call(member, "t", "{}") == ANSWER
