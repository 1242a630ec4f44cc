"""A runtime of many machines does what one of a single machine does, whichever machines die."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
import ray
from hypothesis import given, settings
from hypothesis import strategies as st

import awm
from awm.errors import InstanceClosedError, RuntimeClosedError, WorldLoadError
from awm.ray import RayRuntime
from awm.rollout.env_types import Answer
from awm.runtime import Instance, Runtime, Snapshot
from awm.types import ToolResult
from awm.worlds import bundled_worlds
from tests.cli.running import descendants
from tests.conftest import make_world
from tests.ray.local_cluster import (
    LocalCluster,
    home_of,
    kill_actor,
    links_of,
    local_cluster,
    stop_actor,
)
from tests.rollout.test_faults_killed import Reaper, evaluated
from tests.runtime.world_code import NOTEBOOK, SHORT, zygotes

WORLD = make_world(NOTEBOOK)
MANY = 12
SCRIPT = ("add_slowly", "count", "add_note", "list_notes", "add_slowly")


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster(2) as running:
        yield running


@pytest.fixture(scope="module")
async def far(cluster: LocalCluster) -> AsyncIterator[RayRuntime]:
    async with RayRuntime(cluster.address, limits=SHORT) as running:
        yield running
    assert not ray.is_initialized()  # it has connected by itself


@pytest.fixture(scope="module")
async def near() -> AsyncIterator[Runtime]:
    async with Runtime(limits=SHORT) as running:
        yield running


async def soon(holds: Callable[[], bool]) -> None:
    """Wait for something that a look at the cluster finds out, every two seconds."""
    async with asyncio.timeout(40):
        while not holds():  # noqa: ASYNC110 - nothing would set an event
            await asyncio.sleep(0.02)


async def soon_hosted(runtime: RayRuntime, instances: int) -> None:
    """Wait until the nodes have so many instances between them; what they are told comes late."""
    async with asyncio.timeout(20):
        while await _hosted(runtime) != instances:  # noqa: ASYNC110 - nothing would set an event
            await asyncio.sleep(0.02)


async def _hosted(runtime: RayRuntime) -> int:
    censuses = [await link.ask("census") for link in links_of(runtime)]
    return sum(census.instances for census in censuses)


# --- it does the same


Step: TypeAlias = tuple[str, int, int]
"""What to do, to which of the instances, and a number that it depends on."""

steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "count", "list", "fork", "keep", "restore", "reset", "close"]),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    max_size=12,
)


async def played(runtime: Runtime, moves: Sequence[Step]) -> list[object]:
    """What comes of the moves, and what the instances are afterwards."""
    living = [await runtime.launch(WORLD, seed=5)]
    kept: list[Snapshot] = [await living[0].snapshot()]
    told: list[object] = []
    for what, which, number in moves:
        instance = living[which % len(living)]
        match what:
            case "add":
                told.append(await instance.call_tool("add_note", {"title": f"note {number}"}))
            case "count" | "list":
                told.append(await instance.call_tool({"list": "list_notes"}.get(what, what)))
            case "fork":
                living.append(await instance.fork())
            case "keep":
                kept.append(await instance.snapshot())
            case "restore":
                await instance.restore(kept[number % len(kept)])
            case "reset":
                await instance.reset(number)
            case "close" if len(living) > 1:
                living.remove(instance)
                await instance.close()
    for instance in living:
        told += [instance.seed, instance.step, await instance.snapshot()]
        await instance.close()
    return told


@settings(max_examples=40, deadline=None)
@given(steps)
async def test_whatever_is_done_comes_out_as_on_one_machine(
    near: Runtime, far: RayRuntime, moves: list[Step]
) -> None:
    assert await played(far, moves) == await played(near, moves)


@pytest.mark.parametrize("tool", ["exit_process", "hang", "no_such_tool"])
async def test_what_goes_wrong_is_told_as_on_one_machine(
    near: Runtime, far: RayRuntime, tool: str
) -> None:
    async def outcome(runtime: Runtime) -> tuple[ToolResult, ToolResult, int]:
        async with await runtime.launch(WORLD) as instance:
            await instance.call_tool("add_note", {"title": "before"})
            wrong = await instance.call_tool(tool)
            return wrong, await instance.call_tool("list_notes"), instance.step

    assert await outcome(far) == await outcome(near)


async def test_a_world_that_does_not_load_is_refused_with_the_same_words(
    near: Runtime, far: RayRuntime
) -> None:
    broken = make_world("raise OSError('the well has run dry')", name="broken")
    with pytest.raises(WorldLoadError) as here:
        await near.launch(broken)
    with pytest.raises(WorldLoadError) as there:
        await far.launch(broken)
    assert str(there.value) == str(here.value)
    assert there.value.problems == here.value.problems


async def test_a_snapshot_goes_on_in_any_runtime(near: Runtime, far: RayRuntime) -> None:
    async with await far.launch(WORLD, seed=3) as there, await near.launch(WORLD) as here:
        await there.call_tool("add_note", {"title": "from afar"})
        await here.restore(await there.snapshot())
        results = [await each.call_tool("list_notes") for each in (here, there)]
        assert results[0] == results[1]
        assert "from afar" in results[0].text
        assert await here.state_hash() == await there.state_hash()
        assert await here.diff() == await there.diff()


async def test_states_too_large_for_a_message_travel_as_well(far: RayRuntime) -> None:
    async with await far.launch(WORLD) as instance:
        for number in range(8):
            await instance.call_tool("add_note", {"title": f"{number}" * 100_000})
        assert len((await instance.snapshot()).delta) > 700_000
        before = await instance.state_hash()
        async with await instance.fork() as twin:
            assert home_of(twin) is not home_of(instance)
            assert len((await twin.call_tool("list_notes")).text) > 800_000
            assert await twin.state_hash() == before


async def test_an_environment_lives_there_and_its_task_can_be_solved(
    far: RayRuntime, pool: awm.VerifierPool
) -> None:
    world = bundled_worlds()["online_pharmacy"]
    solution = world.oracles[6].solution
    async with awm.make_env(world, 6, tools="direct", runtime=far, pool=pool) as env:
        await env.reset(seed=0)
        for call in solution.calls:
            await env.step(call)
        step = await env.step(Answer(solution.answer))
    assert (step.terminated, step.reward) == (True, 1.0)


# --- where instances live


async def test_instances_are_spread_over_the_nodes(far: RayRuntime) -> None:
    instances = [await far.launch(WORLD, seed=number) for number in range(6)]
    assert sorted(link.guests for link in links_of(far)) == [3, 3]
    assert far.census().instances == 6
    await soon(lambda: far.census().workers >= 2)
    await asyncio.gather(*(instance.close() for instance in instances))
    assert [link.guests for link in links_of(far)] == [0, 0]
    await soon_hosted(far, 0)


async def test_its_isolation_is_that_of_the_nodes(near: Runtime, far: RayRuntime) -> None:
    assert far.isolation == near.isolation  # all of them are on this machine
    assert all(link.welcome.isolation == near.isolation for link in links_of(far))


# --- calls that are given up


async def test_a_call_that_is_given_up_has_not_been_made_and_ends_there(far: RayRuntime) -> None:
    async with await far.launch(WORLD) as instance:
        await instance.call_tool("add_note", {"title": "kept"})
        for tool, arguments in (("hang", {}), ("wait_then_add", {"title": "never"})):
            call = asyncio.create_task(instance.call_tool(tool, arguments))
            await asyncio.sleep(0.1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert instance.step == 1
        titles = (await instance.call_tool("list_notes")).text
        assert ("kept" in titles, "never" in titles) == (True, False)
        await soon_hosted(far, 1)


async def test_an_instance_closed_amid_its_call_answers_or_says_so(far: RayRuntime) -> None:
    instance = await far.launch(WORLD)
    call = asyncio.create_task(instance.call_tool("wait_then_add", {"title": "late"}))
    await asyncio.sleep(0.05)
    await instance.close()
    [result] = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(result, ToolResult | InstanceClosedError)
    with pytest.raises(InstanceClosedError):
        await instance.call_tool("count")


# --- nodes that die and nodes that join


async def busy(
    runtime: Runtime, strike: Callable[[list[Instance]], Awaitable[None]] | None = None
) -> tuple[list[list[ToolResult]], list[str]]:
    """What many instances answer at once, and what they are in the end, with a blow meanwhile."""
    instances = [await runtime.launch(WORLD, seed=number) for number in range(MANY)]
    amid = asyncio.Event()
    made = 0

    async def play(number: int, instance: Instance) -> list[ToolResult]:
        nonlocal made
        results = []
        for tool in SCRIPT:
            arguments = {"title": f"{number} at {instance.step}"} if "add" in tool else {}
            results.append(await instance.call_tool(tool, arguments))
            made += 1
            if made == MANY * 2:
                amid.set()
        return results

    async def blow() -> None:
        await amid.wait()
        if strike is not None:
            await strike(instances)

    *results, _ = await asyncio.gather(*(play(*each) for each in enumerate(instances)), blow())
    hashes = [await instance.state_hash() for instance in instances]
    await asyncio.gather(*(instance.close() for instance in instances))
    return results, hashes


@pytest.fixture(scope="module")
async def undisturbed(near: Runtime) -> tuple[list[list[ToolResult]], list[str]]:
    results, hashes = await busy(near)
    assert not any(result.is_error for each in results for result in each)
    assert len(set(hashes)) == MANY
    return results, hashes


async def test_an_actor_killed_amid_busy_instances_is_not_noticed_and_replaced(
    far: RayRuntime, undisturbed: object
) -> None:
    victim = links_of(far)[0]

    async def strike(_: list[Instance]) -> None:
        kill_actor(victim)

    losses = far.census().losses
    assert await busy(far, strike) == undisturbed
    await soon(lambda: victim.gone and len(links_of(far)) == 2)
    assert far.census().losses > losses
    assert victim.node in {link.node for link in links_of(far)}


async def test_an_actor_that_stands_still_is_replaced_and_its_instances_go_on(
    far: RayRuntime, undisturbed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awm.ray.cluster._SILENCE_SECONDS", 1.0)
    victim = links_of(far)[0]

    async def strike(_: list[Instance]) -> None:
        stop_actor(victim)

    assert await busy(far, strike) == undisturbed
    assert victim.gone
    kill_actor(victim)
    await soon(lambda: len(links_of(far)) == 2)


async def test_an_evaluation_of_which_an_actor_is_killed_loses_no_attempt(
    tmp_path: Path, far: RayRuntime, pool: awm.VerifierPool
) -> None:
    def actors() -> set[int]:
        return {link.welcome.process for link in links_of(far)[:1]}

    reaper = Reaper(actors, every=8, most=1)
    episodes = await evaluated(tmp_path / "run", far, pool, reaper, rollouts=12)
    assert reaper.killed == 1
    assert {episode.outcome for episode in episodes} == {"complete"}
    await soon(lambda: len(links_of(far)) == 2)


async def test_a_node_killed_amid_busy_instances_loses_none_and_another_takes_its_place(
    cluster: LocalCluster, far: RayRuntime, undisturbed: object
) -> None:
    victim = links_of(far)[-1].node

    async def strike(_: list[Instance]) -> None:
        await asyncio.to_thread(cluster.kill, victim)

    assert await busy(far, strike) == undisturbed
    joined = cluster.add()
    await soon(lambda: joined in {link.node for link in links_of(far)})
    async with await far.launch(WORLD) as first, await first.fork() as second:
        assert joined in {home_of(first).node, home_of(second).node}


async def test_an_instance_moves_to_a_node_with_less_to_do_when_it_starts_over(
    far: RayRuntime,
) -> None:
    instances = [await far.launch(WORLD) for _ in range(6)]
    crowded = home_of(instances[0])
    others = [each for each in instances if home_of(each) is not crowded]
    assert len(others) == 3
    await asyncio.gather(*(each.close() for each in others))
    for each in instances:
        if each not in others:
            await each.reset(1)
    assert crowded.guests < 3
    await asyncio.gather(*(each.close() for each in instances))


# --- its end


def alive(process: int) -> bool:
    """Whether a process runs; one that nobody has buried does not."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


async def test_a_closed_runtime_leaves_no_process_and_answers_nothing(
    cluster: LocalCluster, far: RayRuntime
) -> None:
    assert far.census().worlds  # so the connection to Ray is not the closed one's to end
    before = zygotes()
    async with RayRuntime(cluster.address, limits=SHORT) as runtime:
        instance = await runtime.launch(WORLD)
        waiting = asyncio.create_task(instance.call_tool("hang"))
        await asyncio.sleep(0.1)
        actors = [link.welcome.process for link in links_of(runtime)]
        below = (number for actor in actors for number, _ in descendants(actor))
        processes = {*actors, *below}
        assert len(processes) >= 5  # two actors, two zygotes, one worker
    [refused] = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(refused, RuntimeClosedError)
    await soon(lambda: not any(alive(process) for process in processes))
    assert zygotes() == before
    for late in (runtime.launch(WORLD), instance.call_tool("count"), instance.reset()):
        with pytest.raises(RuntimeClosedError):
            await late
    async with await far.launch(WORLD) as other:
        assert (await other.call_tool("count")).text == "1"
