"""What the caller and its nodes tell each other besides the runtime's own messages."""

import importlib
from dataclasses import dataclass
from typing import TypeAlias

from awm.errors import UsageError
from awm.runtime.limits import Limits
from awm.runtime.prepared import PreparedWorld
from awm.runtime.sandbox import Isolation

__all__ = [
    "NodeTerms",
    "Unknown",
    "Welcome",
    "WorldKey",
    "key_of",
    "require_same_version",
    "version",
]

WorldKey: TypeAlias = tuple[str, str]
"""Which world, and which load of it: states are relative to a template, and two loads of a world
whose code leaves something to chance make two."""


@dataclass(frozen=True, slots=True)
class NodeTerms:
    """How a node hosts worlds; see `Runtime`.

    Attributes:
        limits: What each world and each call may take.
        process_per_instance: Whether each instance has a worker of its own.
        workers_per_world: Over how many of the node's workers a world's instances are spread.
        idle_workers: How many workers without instances the node keeps.
        live_workers: How many workers the node has at a time; None for any number.
        allow_weak: Whether a node serves that cannot jail code.
    """

    limits: Limits
    process_per_instance: bool = False
    workers_per_world: int = 1
    idle_workers: int = 4
    live_workers: int | None = None
    allow_weak: bool = False


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a node says when it is ready.

    Attributes:
        isolation: How well its workers are jailed.
        version: Of awm, as installed there.
        process: The number of the process that keeps its workers, on that machine.
    """

    isolation: Isolation
    version: str
    process: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The node knows nothing of the world or the instance that it was asked for."""


def key_of(world: PreparedWorld) -> WorldKey:
    """What nodes know a world by."""
    return world.fingerprint, world.template_hash


def version() -> str:
    """Of awm, as installed here."""
    # Not imported by name: the package's front door leads to every room, also to those above.
    return str(importlib.import_module("awm").__version__)


def require_same_version(its: str, node: str) -> None:
    """Check the version of awm that a node has.

    Raises:
        UsageError: It is another one than here.
    """
    if its != version():
        raise UsageError(
            f"node {node} has awm {its}, and this process {version()}.",
            "Install the same one everywhere.",
        )
