"""Which nodes host worlds, as they come and go; with nodes that follow a script."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from awm import __version__
from awm.errors import AwmError, InfrastructureError, IsolationError, RuntimeClosedError, UsageError
from awm.ray.cluster import Cluster
from awm.ray.connection import Connection
from awm.ray.link import NodeGoneError
from awm.ray.runtime import RayRuntime
from awm.ray.terms import NodeTerms, Welcome, key_of
from awm.runtime import Limits
from awm.runtime.sandbox import Isolation
from tests.ray.actors import (
    FULL,
    ORDER,
    UNAVAILABLE,
    WORLD,
    ScriptedActor,
    ray_of_scripts,
)
from tests.runtime.world_code import eventually

UNJAILED = IsolationError("this platform cannot jail generated code")


class NoConnection(Connection):
    """One to nowhere."""

    def __init__(self) -> None:
        super().__init__("nowhere")
        self.is_open = False

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False


class Machines:
    """What Ray says that there is, and the actors that are made on it."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.actors: dict[str, list[ScriptedActor]] = {}
        self.next: dict[str, ScriptedActor] = {}
        self.connection = NoConnection()

    def add(self, name: str, actor: ScriptedActor | None = None, processors: float = 1.0) -> None:
        resources = {"CPU": processors} if processors else {}
        self.nodes[name] = {"NodeID": name, "Alive": True, "Resources": resources}
        if actor is not None:
            self.next[name] = actor

    def remove(self, name: str) -> None:
        self.nodes[name]["Alive"] = False

    def make(self, name: str) -> ScriptedActor:
        actor = self.next.pop(name, None) or ScriptedActor()
        self.actors.setdefault(name, []).append(actor)
        return actor


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    made = Machines()
    scripted = ray_of_scripts(lambda: list(made.nodes.values()))
    for module in ("cluster", "link"):
        monkeypatch.setattr(f"awm.ray.{module}.ray", scripted)
    monkeypatch.setattr("awm.ray.cluster._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("awm.ray.starting.new_actor", lambda node, terms: made.make(node))
    return made


@pytest.fixture
def new(machines: Machines) -> Callable[[], Cluster]:
    return lambda: Cluster(machines.connection, NodeTerms(Limits()))


async def test_every_node_with_processors_hosts_and_the_others_are_left_alone(machines, new):
    machines.add("head", processors=0)
    machines.add("a")
    machines.add("b", processors=4.0)
    cluster = new()
    await cluster.open()
    assert [link.node for link in cluster.links] == ["a", "b"]
    await cluster.close()
    assert machines.actors.keys() == {"a", "b"}
    assert all(actor.killed for made in machines.actors.values() for actor in made)
    assert all(made[0].count("close") == 1 for made in machines.actors.values())
    assert not machines.connection.is_open


async def test_a_larger_node_gets_more_instances(machines, new):
    machines.add("small")
    machines.add("large", processors=3.0)
    cluster = new()
    await cluster.open()
    for _ in range(8):
        link = await cluster.least_loaded(key_of(WORLD))
        link.knows(key_of(WORLD))
        link.guests += 1
    assert [link.guests for link in cluster.links] == [2, 6]
    await cluster.close()


async def test_a_node_that_joins_is_used_and_one_that_leaves_is_not_any_more(machines, new):
    machines.add("a")
    cluster = new()
    await cluster.open()
    machines.add("b")
    await eventually(lambda: [link.node for link in cluster.links] == ["a", "b"])
    machines.remove("a")
    await eventually(lambda: [link.node for link in cluster.links] == ["b"])
    assert machines.actors["a"][0].killed
    assert cluster.losses == 1
    await cluster.close()


async def test_a_node_that_was_given_up_gets_another_actor_if_it_is_still_there(machines, new):
    machines.add("a")
    cluster = new()
    await cluster.open()
    cluster.links[0].give_up()
    await eventually(lambda: len(machines.actors["a"]) == 2 and bool(cluster.links))
    assert [actor.killed for actor in machines.actors["a"]] == [True, False]
    await cluster.close()


async def test_a_node_that_has_fallen_silent_is_given_up_and_who_waits_for_it_is_told(
    machines, new, monkeypatch
):
    monkeypatch.setattr("awm.ray.cluster._SILENCE_SECONDS", 0.05)
    machines.add("a", ScriptedActor(census=[None] * 100, call=[None]))
    cluster = new()
    await cluster.open()
    [link] = cluster.links
    waiting = asyncio.create_task(link.ask("call", 1, "t", "{}"))
    with pytest.raises(NodeGoneError):
        await waiting
    await eventually(lambda: len(machines.actors["a"]) == 2 and bool(cluster.links))
    await cluster.close()


@pytest.mark.parametrize(
    ("actor", "error", "words"),
    [
        (ScriptedActor(open=[UNJAILED]), IsolationError, "cannot jail"),
        (ScriptedActor(open=[Welcome(FULL, "0.0.9", 1)]), UsageError, r"node a has awm 0\.0\.9"),
        (ScriptedActor(open=[UNAVAILABLE]), InfrastructureError, "gone"),
    ],
    ids=["unjailed", "another version", "gone"],
)
async def test_where_no_node_gets_ready_the_reason_is_told_and_nothing_is_left(
    machines, new, actor: ScriptedActor, error: type[AwmError], words: str
):
    machines.add("a", actor)
    with pytest.raises(error, match=words):
        await new().open()
    assert (actor.killed, machines.connection.is_open) == (True, False)


async def test_a_cluster_without_nodes_says_so(machines, new):
    machines.add("head", processors=0)
    with pytest.raises(InfrastructureError, match="no node with processors"):
        await new().open()
    assert not machines.connection.is_open


async def test_what_will_not_change_by_itself_is_not_tried_again(machines, new):
    machines.add("a")
    machines.add("unjailed", ScriptedActor(open=[UNJAILED]))
    cluster = new()
    await cluster.open()
    seen = machines.actors["a"][0]
    before = seen.count("census")
    await eventually(lambda: seen.count("census") > before + 5)  # five looks later
    assert len(machines.actors["unjailed"]) == 1
    await cluster.close()


async def without_a_node(machines, new):
    """A cluster whose only node has left."""
    machines.add("a")
    cluster = new()
    await cluster.open()
    machines.remove("a")
    await eventually(lambda: not cluster.links)
    return cluster


async def test_while_there_is_no_node_one_is_waited_for(machines, new):
    cluster = await without_a_node(machines, new)
    waiting = asyncio.create_task(cluster.least_loaded())
    machines.add("b")
    assert (await waiting).node == "b"
    await cluster.close()


async def test_who_waits_for_a_node_is_told_when_none_comes(machines, new, monkeypatch):
    monkeypatch.setattr("awm.ray.cluster._WAIT_SECONDS", 0.01)
    cluster = await without_a_node(machines, new)
    with pytest.raises(InfrastructureError, match=r"no node for 0\.01 seconds"):
        await cluster.least_loaded()
    await cluster.close()


async def test_who_waits_for_a_node_is_told_when_the_runtime_closes(machines, new):
    cluster = await without_a_node(machines, new)
    waiting = asyncio.create_task(cluster.least_loaded())
    await asyncio.sleep(0)
    await cluster.close()
    with pytest.raises(RuntimeClosedError):
        await waiting


async def test_a_world_is_loaded_on_another_node_when_one_cannot(machines, new):
    machines.add("a", ScriptedActor(learn=[InfrastructureError("no memory")]))
    machines.add("b", ScriptedActor(learn=[UNAVAILABLE]))
    machines.add("c")
    cluster = new()
    await cluster.open()
    assert await cluster.learn("key", ORDER, ()) is WORLD
    assert [machines.actors[name][0].count("learn") for name in "abc"] == [1, 1, 1]
    await cluster.close()


async def test_a_look_that_fails_is_made_again(machines, new, monkeypatch, caplog):
    machines.add("a")
    cluster = new()
    await cluster.open()
    nodes = machines.nodes
    machines.nodes = None  # Ray's own inquiries fail with all kinds of errors
    await eventually(lambda: "cannot be looked at" in caplog.text)
    machines.nodes = nodes
    machines.add("b")
    await eventually(lambda: len(cluster.links) == 2)
    await cluster.close()


async def test_the_isolation_of_a_runtime_is_the_worst_of_all_its_nodes(machines, monkeypatch):
    monkeypatch.setattr("awm.ray.runtime.Connection", lambda address: machines.connection)
    weaker = Isolation("no-open", 0, True, ("an old kernel",))
    machines.add("a")
    machines.add("b", ScriptedActor(open=[Welcome(weaker, __version__, 1)]))
    async with RayRuntime("nowhere") as runtime:
        assert runtime.isolation == weaker
        machines.remove("b")
        await eventually(lambda: runtime.isolation.level == "full")
    with pytest.raises(RuntimeClosedError):
        _ = runtime.isolation
