"""Has a node of a Ray cluster get ready to host worlds."""

import asyncio
import logging
from typing import Any, Final

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from awm.ray.link import NodeLink
from awm.ray.node import Node
from awm.ray.terms import NodeTerms, Welcome, require_same_version

__all__ = ["start"]

_log: Final = logging.getLogger(__name__)
_START_SECONDS: Final = 120.0
_CALLS_AT_ONCE: Final = 100_000
"""Requests that an actor serves at a time: any number, as each does little but wait."""


async def start(node: str, name: str, processors: float, terms: NodeTerms) -> NodeLink:
    """Start an actor on a node, and wait until it has said that it is ready.

    The actor asks Ray for nothing, so it finds its place on a node that is otherwise full, and an
    autoscaler never starts a node for it.

    Args:
        node: Ray's number of the node, hexadecimal.
        name: What people call it.
        processors: How many it offers; above 0.
        terms: How it hosts worlds.

    Raises:
        UsageError: It has another version of awm.
        IsolationError: It cannot jail code.
        InfrastructureError: It cannot start a worker.
        NodeGoneError: It is gone.
        TimeoutError: It does not get ready.
        RayError: Ray takes no actors.
    """
    link = NodeLink(node, name, processors, new_actor(node, terms))
    try:
        async with asyncio.timeout(_START_SECONDS):
            welcome: Welcome = await link.ask("open")
        require_same_version(welcome.version, name)
    except BaseException:
        link.give_up()
        raise
    link.welcome = welcome
    _log.info("node %s hosts worlds; isolation: %s", name, welcome.isolation.describe())
    return link


def new_actor(node: str, terms: NodeTerms) -> Any:
    """The handle of a new actor on a node, which need not run yet."""
    actor: Any = ray.remote(Node)
    return actor.options(
        num_cpus=0,
        max_restarts=0,  # one that starts over knows nothing, so the caller makes another
        max_concurrency=_CALLS_AT_ONCE,
        enable_task_events=False,
        scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
    ).remote(terms)
