"""Virtual time and seeded randomness: the same calls give the same bytes, anywhere, on any day.

Before each call the clock is moved to `epoch + step` seconds and every source of randomness is
reseeded from (seed, step). So what a call answers depends on the instance's state and history
alone, and an instance that is restored in another process goes on exactly as it would have here.

Time stands still during a call; calls are one second apart, which keeps rows in the order in which
they were made. The event loop is told the real time (`RealTimeLoop`), or its timers would never
come due.
"""

import asyncio
import hashlib
import os
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import time_machine

__all__ = ["Determinism", "RealTimeLoop"]

SECONDS_PER_CALL: Final = 1.0

_real_monotonic: Final = time.monotonic
_real_seed: Final = random.Random.seed
_real_ctime: Final = time.ctime
_real_asctime: Final = time.asctime
_real_clock_gettime: Final = time.clock_gettime
_MAC: Final = 0x02_00_00_00_00_01  # what uuid1 reports as the machine: locally administered
_FROZEN_CLOCKS: Final = ("monotonic", "perf_counter", "process_time", "thread_time")
_DATED_CLOCKS: Final = frozenset(
    getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_TAI") if hasattr(time, name)
)


class RealTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers run on real time while the world's clock stands still."""

    def time(self) -> float:
        """Seconds of real, monotonic time."""
        return _real_monotonic()

    def drop_callbacks(self) -> None:
        """Cancel what `call_soon` and `call_later` still hold, so that no later turn runs it."""
        for handle in (*self._ready, *self._scheduled):  # type: ignore[attr-defined]
            handle.cancel()

    def run_in_executor(  # type: ignore[override]  # the base ties the types of a call together
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run here and now what `asyncio.to_thread` sends away; a real executor is obeyed."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it raises is its caller's to see
            future.set_exception(error)
        return future


class Determinism:
    """The worker's clock and dice. Installing it patches the process; there is no way back.

    Attributes:
        now: The world's time, seconds since the epoch, UTC.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._epoch = 0.0
        self._entropy = random.Random(0)  # noqa: S311 - reproducible on purpose
        self._key: tuple[int, int] | None = None
        self._traveller: Any = None

    def install(self) -> None:
        """Replace the process's clocks and sources of randomness."""
        self._traveller = time_machine.travel(0.0, tick=False)
        self._coordinates = self._traveller.start()
        for name in _FROZEN_CLOCKS:
            setattr(time, name, self._elapsed)
            setattr(time, f"{name}_ns", self._elapsed_ns)
        self._install_other_clocks()
        self._install_randomness()

    def _install_other_clocks(self) -> None:
        """Move the functions of `time` that reach for the real clock past the traveller."""
        patch: Callable[[object, str, object], None] = setattr
        # Without an argument these two ask the kernel in C, which no traveller sees.
        patch(time, "ctime", lambda seconds=None: _real_ctime(_or(seconds, self.now)))
        patch(time, "asctime", lambda moment=None: _real_asctime(_or(moment, time.localtime())))
        patch(time, "clock_gettime", self._read)
        patch(time, "clock_gettime_ns", lambda clock: int(self._read(clock) * 1e9))

    def _read(self, clock: int) -> float:
        """What the kernel's clock of this number says: the date, or the seconds gone by."""
        _real_clock_gettime(clock)  # raises for a clock that is none
        return self.now if clock in _DATED_CLOCKS else self._elapsed()

    def _install_randomness(self) -> None:
        determinism = self

        def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
            # Without an argument the C code asks the kernel, behind every patch of os.urandom.
            value = determinism.random_bytes(32) if a is None else a
            _real_seed(generator, value, version)

        # The attributes of modules that are typed as functions are what has to change here.
        patch: Callable[[object, str, object], None] = setattr
        patch(random.Random, "seed", seed)
        patch(random, "seed", lambda a=None, version=2: seed(_shared_generator(), a, version))
        patch(random, "_urandom", self.random_bytes)
        patch(os, "urandom", self.random_bytes)
        patch(os, "getrandom", lambda size, flags=0: self.random_bytes(size))  # noqa: ARG005
        patch(uuid, "_generate_time_safe", None)  # libuuid reads the real clock
        patch(uuid, "_node", _MAC)

    def begin(self, *, epoch: float, seed: int, step: int) -> None:
        """Set the clock and the dice for one call.

        Args:
            epoch: The world's time at step 0, seconds since the epoch.
            seed: The instance's seed.
            step: The number of the call within its instance.
        """
        self._epoch = epoch
        self.now = epoch + step * SECONDS_PER_CALL
        self._coordinates.move_to(self.now)
        self._key = (seed, step)
        _real_seed(_shared_generator(), _derive(seed, step, b"random"))
        # uuid1 never repeats a timestamp within a process, which would leak between instances.
        uuid._last_timestamp = None  # type: ignore[attr-defined]  # noqa: SLF001

    def random_bytes(self, size: int) -> bytes:
        """What `os.urandom` answers: bytes that depend on the call alone."""
        if self._key is not None:
            # Seeding costs microseconds and most calls need no entropy, so it waits until here.
            _real_seed(self._entropy, _derive(*self._key, b"entropy"))
            self._key = None
        return self._entropy.randbytes(size)

    def _elapsed(self) -> float:
        return self.now - self._epoch

    def _elapsed_ns(self) -> int:
        return int(self._elapsed() * 1e9)


def _shared_generator() -> random.Random:
    """The generator behind the functions of the `random` module."""
    return random._inst  # noqa: SLF001


def _or(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given


def _derive(seed: int, step: int, purpose: bytes) -> int:
    text = b"%d:%d:%b" % (seed, step, purpose)
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")
