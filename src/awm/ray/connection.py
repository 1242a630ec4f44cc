"""This process's connection to a Ray cluster."""

import asyncio
import contextlib
import logging
import signal
import threading
from typing import Final

import ray
from ray.exceptions import RayError

from awm.errors import UsageError

__all__ = ["Connection"]

_REACH_SECONDS: Final = 5.0
_RAYS_OWN: Final = logging.getLogger("ray._private.worker")


class Connection:
    """A connection that is ended only if it was made here.

    Args:
        address: The cluster's, such as `10.0.0.1:6379`; `auto` for the one that this machine
            belongs to. It is not looked at where this process is connected to Ray already.

    Raises:
        UsageError: It is no address of a cluster.
    """

    def __init__(self, address: str) -> None:
        if not address:
            raise UsageError(
                "no address of a Ray cluster is given.", "Give `auto`, or HOST:PORT of its head."
            )
        if address.startswith("ray://"):
            raise UsageError(
                f"{address!r} is for Ray's client, which is not supported.",
                "Run this on a machine of the cluster, and give `auto`.",
            )
        self._address = address
        self._made = False

    async def open(self) -> None:
        """Connect, unless this process is connected.

        Raises:
            UsageError: No cluster answers there.
        """
        if not ray.is_initialized():
            await self._require_listener()
            # In a thread: it takes seconds, and in the main one Ray would handle SIGTERM itself.
            await asyncio.to_thread(self._connect)
            self._made = True
            _take_signal_back()

    async def close(self) -> None:
        """Disconnect, if this has connected."""
        if self._made:
            self._made = False
            await asyncio.to_thread(ray.shutdown)

    async def _require_listener(self) -> None:
        """Check that something listens there; Ray itself would try for minutes."""
        host, _, port = self._address.rpartition(":")
        if not (host and port.isdecimal()):
            return  # a word of Ray's, such as `auto`
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except (OSError, OverflowError, TimeoutError) as error:
            raise self._unreachable(error) from error
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def _connect(self) -> None:
        _RAYS_OWN.addFilter(_is_news)
        try:
            ray.init(address=self._address, configure_logging=False, log_to_driver=False)
        except (ConnectionError, RayError, RuntimeError, ValueError) as error:
            raise self._unreachable(error) from error
        finally:
            _RAYS_OWN.removeFilter(_is_news)

    def _unreachable(self, error: Exception) -> UsageError:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        return UsageError(
            f"no Ray cluster can be reached at {self._address!r}: {reason}.",
            "Start one with `ray start --head`, and give the address that it prints.",
        )


def _take_signal_back() -> None:
    """Have SIGTERM come to whoever handled it before.

    Ray's core puts a handler in front, in whichever thread one connects: it writes where this
    process is at work, at each end that was asked for, and only then lets the others know.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # nobody else may set one
    handler = signal.getsignal(signal.SIGTERM)
    if handler is not None:  # None: it was not set from Python
        signal.signal(signal.SIGTERM, handler)
        signal.siginterrupt(signal.SIGTERM, False)  # as asyncio has it


def _is_news(record: logging.LogRecord) -> bool:
    """Whether people should read it: that SIGTERM is left alone is what connecting here is for."""
    return "SIGTERM" not in record.getMessage()
