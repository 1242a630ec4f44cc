"""AWM: one-line scenarios become executable, provable worlds for tool-using agents.

    import awm

    worlds = awm.open_worlds("outputs")
    async with awm.Runtime() as runtime:
        instance = await runtime.launch(worlds["gofundme"], seed=0)
        result = await instance.call_tool("create_campaign", {...})
        twin = await instance.fork()

This package's names are the public interface, with those of its rooms: `awm.worlds`, `awm.runtime`,
`awm.trajectory`, `awm.llm`, `awm.agents`, `awm.verify`, `awm.rollout` and `awm.audit`; what is in
modules below those may move.
"""

import importlib
from typing import TYPE_CHECKING, Any

from awm.errors import AwmError, Problem, WorldError
from awm.runtime import (
    Instance,
    Isolation,
    Limits,
    Runtime,
    Snapshot,
    StateDiff,
    SyncInstance,
    SyncRuntime,
    VerifierPool,
)
from awm.types import ToolCall, ToolResult, ToolSpec
from awm.worlds import World, bundled_worlds, open_worlds, write_worlds

if TYPE_CHECKING:
    from awm.ray import RayRuntime
    from awm.rollout.env_making import make_env

__version__ = "0.1.0"

__all__ = [
    "AwmError",
    "Instance",
    "Isolation",
    "Limits",
    "Problem",
    "RayRuntime",
    "Runtime",
    "Snapshot",
    "StateDiff",
    "SyncInstance",
    "SyncRuntime",
    "ToolCall",
    "ToolResult",
    "ToolSpec",
    "VerifierPool",
    "World",
    "WorldError",
    "bundled_worlds",
    "make_env",
    "open_worlds",
    "write_worlds",
]

_ROOMS = frozenset({"agents", "audit", "llm", "rollout", "trajectory", "verify"})


def __getattr__(name: str) -> Any:
    # `awm.audit` works without an import of its own; who only runs worlds does not wait for it.
    if name in _ROOMS:
        return importlib.import_module(f"awm.{name}")
    if name == "make_env":
        return importlib.import_module("awm.rollout.env_making").make_env
    if name == "RayRuntime":
        return importlib.import_module("awm.ray").RayRuntime
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
