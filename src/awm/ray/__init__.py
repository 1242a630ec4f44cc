"""Worlds on many machines: `RayRuntime` is a `Runtime` whose workers are spread over a Ray cluster.

async with awm.RayRuntime("auto") as runtime:             # needs: pip install 'awm[ray]'
    instance = await runtime.launch(world, seed=7)        # on whichever node has the least to do

The caller's process holds the truth about every instance, as `Runtime` does; what a node holds is
a copy. So a node that dies takes nothing with it: the next call of an instance that lived there
opens it on another node, in the state that it had after its last completed call.
"""

import importlib
from typing import TYPE_CHECKING, Any

from awm.errors import UsageError

if TYPE_CHECKING:
    from awm.ray.runtime import RayRuntime

__all__ = ["RayRuntime", "require_ray"]


def __getattr__(name: str) -> Any:
    # Ray takes a second to import, and need not be installed.
    if name != "RayRuntime":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require_ray()
    return importlib.import_module("awm.ray.runtime").RayRuntime


def require_ray() -> None:
    """Import Ray.

    Raises:
        UsageError: It is not installed.
    """
    try:
        importlib.import_module("ray")
    except ImportError as error:
        raise UsageError(
            "worlds on many machines need the ray package.",
            "Install it with: pip install 'awm[ray]'",
        ) from error
