"""A lodging for whoever runs our episodes on event loops of their own.

Frameworks of evaluation start loops, run rollouts on them, and end them, and say nothing about it
to those whose rollouts they are. So the lodging of a loop is opened and closed by a task of that
loop, its keeper: `asyncio.run` cancels what is left at its end, and waits for it.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Final

from awm.errors import RuntimeClosedError
from awm.serve.lodging import Lodging

__all__ = ["KeptLodging"]

_NAME: Final = "awm-lodging"


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Who keeps a loop's lodging.

    Attributes:
        task: Closes it when it is cancelled.
        opened: The lodging, once it can be used; or why it cannot.
    """

    task: asyncio.Task[None]
    opened: asyncio.Future[Lodging]


class KeptLodging:
    """One lodging for each event loop that asks for it, open until the loop ends.

    Args:
        furnish: Makes a lodging, which nobody has entered yet.
    """

    def __init__(self, furnish: Callable[[], Lodging]) -> None:
        self._furnish = furnish
        self._keepers: dict[asyncio.AbstractEventLoop, _Keeper] = {}

    async def here(self) -> Lodging:
        """The lodging of this loop, opened by whoever asks first.

        Raises:
            IsolationError: Code cannot be jailed on this machine.
            InfrastructureError: A runtime or a pool cannot be started. Who asks next tries again.
        """
        loop = asyncio.get_running_loop()
        keeper = self._keepers.get(loop)
        if keeper is None or keeper.task.done():
            self._forget_ended()
            keeper = self._keepers[loop] = self._hire(loop)
        return await asyncio.shield(keeper.opened)  # others wait for the same

    async def close(self) -> None:
        """Close the lodging of this loop; those of others are their loops' own."""
        keeper = self._keepers.pop(asyncio.get_running_loop(), None)
        if keeper is not None:
            keeper.task.cancel()
            await asyncio.wait({keeper.task})

    def _forget_ended(self) -> None:
        ended = [loop for loop in list(self._keepers) if loop.is_closed()]
        for loop in ended:
            self._keepers.pop(loop, None)  # another thread may have been faster

    def _hire(self, loop: asyncio.AbstractEventLoop) -> _Keeper:
        opened: asyncio.Future[Lodging] = loop.create_future()
        # In a context of its own: it outlives the rollout that happens to come first.
        task = loop.create_task(self._keep(opened), name=_NAME, context=Context())
        return _Keeper(task, opened)

    async def _keep(self, opened: asyncio.Future[Lodging]) -> None:
        try:
            async with self._furnish() as lodging:
                opened.set_result(lodging)
                await asyncio.get_running_loop().create_future()  # until it is cancelled
        except asyncio.CancelledError:
            _fail(opened, RuntimeClosedError("the lodging was closed while it was opened."))
            raise
        except Exception as error:
            if not _fail(opened, error):  # whatever it is, those who wait are told
                raise


def _fail(opened: asyncio.Future[Lodging], error: Exception) -> bool:
    """Tell those who wait for a lodging why there is none; whether they still waited."""
    if opened.done():
        return False
    opened.set_exception(error)
    opened.exception()  # seen: nobody may be waiting any more, which is no fault
    return True
