"""What it costs to have worlds on other nodes of a Ray cluster, and what the death of one takes.

    python benchmarks/ray_cluster.py [--quick] [--markdown FILE] [--json FILE]

The nodes are raylets of this machine, so there is no network in these figures, and two nodes are
faster than one only where there are cores for both: on fewer that line is printed and judges
nothing. What is ordinary is `awm.Runtime` in this process.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ray
from ray._common.utils import get_default_ray_temp_dir
from ray.cluster_utils import Cluster

import awm
from awm.ray import RayRuntime
from report import Figure, conclude, options_of

WORLD: Final = "coworking_space"
READING: Final = "get_my_profile"
WRITING: Final = ("create_maintenance_ticket", {"space_id": 1, "title": "t", "severity": "low"})
CORES_FOR_TWO: Final = 5
"""Two nodes keep an actor and a worker busy each, and whoever calls them needs a core as well."""
STORE_BYTES: Final = 80 << 20


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: calls one after the other, instances, and seconds of calls at once."""

    calls: int
    instances: int
    seconds: float


class Idle:
    """An actor like ours that does nothing."""

    async def call(self) -> None:
        """Nothing."""


class Nodes:
    """A cluster of this machine: a head that hosts nothing, and nodes that come and go."""

    def __init__(self, folder: str) -> None:
        self._options: dict[str, Any] = {
            "object_store_memory": STORE_BYTES,
            "temp_dir": folder,
            "include_log_monitor": False,
        }
        head = {**self._options, "num_cpus": 0, "include_dashboard": False}
        # Ray's cluster writes its address there, and does not make the folder.
        Path(get_default_ray_temp_dir()).mkdir(parents=True, exist_ok=True)
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self._cluster.address

    def add(self) -> None:
        """Have a node join."""
        self._cluster.add_node(num_cpus=1, **self._options)

    def kill_one(self) -> None:
        """Kill the processes of a node without notice, the workers first."""
        node = next(iter(self._cluster.worker_nodes))
        for process in _below(node.all_processes["raylet"][0].process.pid):
            with suppress(ProcessLookupError):  # it went with another one
                os.kill(process, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)

    def end(self) -> None:
        """End everything."""
        self._cluster.shutdown()


def _below(process: int) -> list[int]:
    """The processes that descend from one."""
    command = ["ps", "-o", "pid=", "--ppid", str(process)]
    children = map(int, subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.split())
    return [each for child in children for each in (child, *_below(child))]


@contextmanager
def nodes_of_this_machine() -> Iterator[Nodes]:
    # A socket's path has at most a hundred characters, so the folder's is a short one.
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        nodes = Nodes(folder)
        try:
            yield nodes
        finally:
            nodes.end()


async def measure(nodes: Nodes, effort: Effort) -> list[Figure]:
    """All figures, from one node on."""
    world = awm.bundled_worlds()[WORLD]
    nodes.add()
    async with awm.Runtime() as near, RayRuntime(nodes.address) as far:
        call = await _cost_of_a_call(near, far, world, effort)
        one = await _rate(far, world, effort)
    nodes.add()
    async with RayRuntime(nodes.address) as far:
        two = await _rate(far, world, effort)
        death = await _death(nodes, far, world, effort)
    return [call, _speed_up(one, two), death]


async def _cost_of_a_call(
    near: awm.Runtime, far: awm.Runtime, world: awm.World, effort: Effort
) -> Figure:
    """The same calls here and there in turns, as whoever else uses the machine slows both.

    And calls of an actor that does nothing: what of the difference is Ray's own.
    """
    actor: Any = ray.remote(Idle)
    idle = actor.options(num_cpus=0, enable_task_events=False).remote()
    async with await near.launch(world) as here, await far.launch(world) as there:
        ways: Sequence[Callable[[], Awaitable[object]]] = (
            lambda: here.call_tool(READING, {}),
            lambda: there.call_tool(READING, {}),
            idle.call.remote,
        )
        taken: list[list[float]] = [[] for _ in ways]
        for _ in range(effort.calls):
            for call, seconds in zip(ways, taken, strict=True):
                began = time.perf_counter()
                await call()
                seconds.append(time.perf_counter() - began)
    local, remote, bare = (statistics.median(seconds) * 1e3 for seconds in taken)
    return Figure(
        "a tool call through Ray, median",
        f"{local:.2f} ms (`awm.Runtime`)",
        f"{remote:.2f} ms",
        f"{remote - local:.2f} ms more; an asyncio actor that does nothing: {bare:.2f} ms",
        "under 2 ms more",
        remote - local < 2,
    )


async def _rate(runtime: awm.Runtime, world: awm.World, effort: Effort) -> float:
    """Calls a second, of all instances at once."""
    instances = [await runtime.launch(world, seed=number) for number in range(effort.instances)]
    await _called(instances, 0.2)
    made = await _called(instances, effort.seconds)
    await asyncio.gather(*(instance.close() for instance in instances))
    return made / effort.seconds


async def _called(instances: Sequence[awm.Instance], seconds: float) -> int:
    until = time.perf_counter() + seconds

    async def play(instance: awm.Instance) -> int:
        made = 0
        while time.perf_counter() < until:
            await instance.call_tool(READING, {})
            made += 1
        return made

    return sum(await asyncio.gather(*map(play, instances)))


def _speed_up(one: float, two: float) -> Figure:
    cores = os.cpu_count() or 1
    enough = cores >= CORES_FOR_TWO
    return Figure(
        "calls a second, two nodes",
        f"{one:,.0f}/s (one node)",
        f"{two:,.0f}/s",
        f"{two / one:.2f}x",
        "at least 1.6x" if enough else f"at least 1.6x; not applicable on {cores} cores",
        two / one >= 1.6 or not enough,
    )


async def _death(nodes: Nodes, runtime: awm.Runtime, world: awm.World, effort: Effort) -> Figure:
    """A node is killed while all instances are called; each has to have had all of its calls."""
    instances = [await runtime.launch(world, seed=number) for number in range(effort.instances)]
    alike = [await runtime.launch(world, seed=number) for number in range(effort.instances)]
    await _written(alike)
    expected = [await instance.state_hash() for instance in alike]
    writing = asyncio.create_task(_written(instances))
    await asyncio.sleep(0.05)
    began = time.perf_counter()
    nodes.kill_one()
    longest = await writing
    lost = [
        instance
        for instance, state in zip(instances, expected, strict=True)
        if await instance.state_hash() != state
    ]
    return Figure(
        f"a node killed under {len(instances)} busy instances",
        "-",
        f"{len(lost)} lost; all calls answered {time.perf_counter() - began:.1f} s later,"
        f" the slowest in {longest:.1f} s",
        "-",
        "none lost",
        not lost,
    )


async def _written(instances: Sequence[awm.Instance], calls: int = 10) -> float:
    """Have each instance change its state so often; the longest that a call took, in seconds."""

    async def play(instance: awm.Instance) -> float:
        longest = 0.0
        for _ in range(calls):
            began = time.perf_counter()
            result = await instance.call_tool(*WRITING)
            if result.is_error:
                raise RuntimeError(result.text)
            longest = max(longest, time.perf_counter() - began)
        return longest

    return max(await asyncio.gather(*map(play, instances)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = options_of(parser)
    effort = Effort(200, 16, 2.0) if options.quick else Effort(1000, 64, 10.0)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with nodes_of_this_machine() as nodes:
        figures = asyncio.run(measure(nodes, effort))
    title = "Worlds on the nodes of a Ray cluster"
    return conclude(title, f"the world `{WORLD}`, nodes of this machine", figures, options)


if __name__ == "__main__":
    sys.exit(main())
