"""A Ray cluster of several nodes on this machine, each with a raylet of its own."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from ray._common.utils import get_default_ray_temp_dir
from ray.cluster_utils import Cluster

from awm.ray import RayRuntime
from awm.ray.link import NodeLink
from awm.runtime import Instance
from tests.cli.running import descendants

_STORE_BYTES = 80 << 20
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # or a head would tell its makers of every test


class LocalCluster:
    """A head that hosts nothing, and nodes of one processor that come and go."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # Ray's cluster writes its address there, and does not make the folder.
        Path(get_default_ray_temp_dir()).mkdir(parents=True, exist_ok=True)
        self._cluster = Cluster(
            initialize_head=True,
            head_node_args=self._node(num_cpus=0, include_dashboard=False),
        )
        self.address: str = self._cluster.address

    def add(self) -> str:
        """Have a node join; its number, hexadecimal."""
        number: str = self._cluster.add_node(**self._node(num_cpus=1)).node_id
        return number

    def kill(self, number: str) -> None:
        """Kill whatever runs on a node without notice, our own processes first."""
        node = next(node for node in self._cluster.worker_nodes if node.node_id == number)
        for process, _ in descendants(node.all_processes["raylet"][0].process.pid):
            with contextlib.suppress(ProcessLookupError):  # it went with another one
                os.kill(process, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)

    def end(self) -> None:
        self._cluster.shutdown()

    def _node(self, **options: Any) -> dict[str, Any]:
        return {
            "object_store_memory": _STORE_BYTES,
            "temp_dir": self._folder,
            "include_log_monitor": False,
            **options,
        }


@asynccontextmanager
async def local_cluster(nodes: int) -> AsyncIterator[LocalCluster]:
    """A cluster with so many nodes besides its head."""
    # Not pytest's folders: a socket's path has at most a hundred characters.
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        handler = signal.getsignal(signal.SIGTERM)
        cluster = LocalCluster(folder)  # takes the signal for itself, so not in a thread
        try:
            for _ in range(nodes):
                cluster.add()
            yield cluster
        finally:
            await asyncio.to_thread(cluster.end)
            signal.signal(signal.SIGTERM, handler)


def home_of(instance: Instance) -> NodeLink:
    """The node that an instance lives on."""
    return instance._host._rooms[instance._member.number].link


def links_of(runtime: RayRuntime) -> list[NodeLink]:
    """The nodes that a runtime uses."""
    return runtime._cluster.links


def kill_actor(link: NodeLink) -> None:
    """Kill the process that keeps a node's workers; Ray's own processes there live on."""
    assert link.welcome is not None
    os.kill(link.welcome.process, signal.SIGKILL)


def stop_actor(link: NodeLink) -> None:
    """Have that process stand still."""
    assert link.welcome is not None
    os.kill(link.welcome.process, signal.SIGSTOP)
