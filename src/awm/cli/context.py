"""What a command works with, made from its options and the settings."""

from collections.abc import Callable
from functools import partial

from awm.runtime import Runtime
from awm.runtime.chosen import limits_from_settings
from awm.settings import Settings

__all__ = ["new_runtime"]


def new_runtime(
    chosen: Settings,
    *,
    process_per_instance: bool = False,
    idle_workers: int = 4,
    live_workers: int | None = None,
    ray: str | None = None,
) -> Runtime:
    """A runtime that has yet to be entered; see `Runtime`.

    Args:
        chosen: The settings.
        process_per_instance: See `Runtime`.
        idle_workers: See `Runtime`.
        live_workers: See `Runtime`.
        ray: The address of a Ray cluster that worlds live on; None for this machine.

    Raises:
        UsageError: Ray is not installed, or the address is none.
    """
    return _kind_of_runtime(ray)(
        limits=limits_from_settings(chosen),
        process_per_instance=process_per_instance,
        idle_workers=idle_workers,
        live_workers=live_workers,
        allow_weak=chosen.allow_weak_isolation,
    )


def _kind_of_runtime(ray: str | None) -> Callable[..., Runtime]:
    if ray is None:
        return Runtime
    from awm.ray import RayRuntime  # noqa: PLC0415 - an extra, which takes a second to import

    return partial(RayRuntime, ray)
