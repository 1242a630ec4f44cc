"""How faults travel between a caller and its actors."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from ray.exceptions import (
    ActorUnschedulableError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    WorkerCrashedError,
)

from awm.errors import AwmError

__all__ = ["GONE", "told"]

GONE: Final = (
    ActorUnschedulableError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    WorkerCrashedError,
)
"""What Ray says of an actor that does not answer. All else is no reason to give one up: a full
object store, a request that was cancelled, this process's own connection."""

_Self = TypeVar("_Self")
_P = ParamSpec("_P")
_Answer = TypeVar("_Answer")


def told(
    method: Callable[Concatenate[_Self, _P], Coroutine[Any, Any, _Answer]],
) -> Callable[Concatenate[_Self, _P], Coroutine[Any, Any, _Answer | AwmError]]:
    """Have an actor's method return our own errors instead of raising them.

    Ray would wrap what is raised into an error of its own kind, with a traceback of this machine.
    """

    @functools.wraps(method)
    async def telling(self: _Self, /, *args: _P.args, **kwargs: _P.kwargs) -> _Answer | AwmError:
        try:
            return await method(self, *args, **kwargs)
        except AwmError as error:
            return error

    return telling
