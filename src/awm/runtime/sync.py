"""The runtime for callers without an event loop: the same methods, waiting for their answers."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from awm.errors import RuntimeClosedError
from awm.runtime.instance import Instance
from awm.runtime.prepared import PreparedWorld
from awm.runtime.runtime import Runtime
from awm.runtime.sandbox import Isolation
from awm.runtime.snapshot import Snapshot
from awm.runtime.state import StateDiff
from awm.types import JsonObject, ToolResult, ToolSpec
from awm.worlds import World

__all__ = ["SyncInstance", "SyncRuntime"]

_Result = TypeVar("_Result")
_GLANCE: Final = 0.2
"""Seconds between two looks for Ctrl-C: one that arrives just before a wait does not end it."""
_UNWINDING: Final = 30.0
"""How long interrupted work may take to put things in order; a second Ctrl-C waits no longer."""


class SyncRuntime:
    """`Runtime`, run on an event loop in a thread of its own. Use it as a context manager.

    It may be used from several threads; each waits for its own answers.

    Args:
        options: As for `Runtime`.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runtime: Runtime | None = None

    def __enter__(self) -> "SyncRuntime":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="awm-runtime", daemon=True
        )
        self._thread.start()
        try:
            self._runtime = self.wait(self._start())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            if self._runtime is not None:
                self.wait(self._runtime.__aexit__(*exception))
        finally:
            self._stop()

    @property
    def isolation(self) -> Isolation:
        """See `Runtime.isolation`."""
        return self._running().isolation

    def prepare(self, world: World) -> PreparedWorld:
        """See `Runtime.prepare`."""
        return self.wait(self._running().prepare(world))

    def launch(self, world: World, *, seed: int = 0) -> "SyncInstance":
        """See `Runtime.launch`."""
        return SyncInstance(self, self.wait(self._running().launch(world, seed=seed)))

    def wait(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine on the runtime's event loop and wait for what it returns.

        Raises:
            RuntimeClosedError: The runtime is not running, or was closed meanwhile.
        """
        if self._loop is None:
            coroutine.close()
            raise RuntimeClosedError("the runtime is not running.", "Use it inside `with`.")
        errand = _Errand(coroutine, self._loop)
        try:
            errand.begin()
            while not errand.ends_within(_GLANCE):
                pass
        except BaseException:
            # Ctrl-C reaches this thread, the work goes on in the other. It is given the time to put
            # everything back in order: whoever catches the interrupt may go on.
            errand.cancel()
            errand.ends_within(_UNWINDING)
            raise
        try:
            return errand.result()
        except asyncio.CancelledError:
            raise RuntimeClosedError("the runtime was closed while this was under way.") from None

    async def _start(self) -> Runtime:
        return await Runtime(**self._options).__aenter__()

    def _running(self) -> Runtime:
        if self._runtime is None or self._loop is None:
            raise RuntimeClosedError("the runtime is not running.", "Use it inside `with`.")
        return self._runtime

    def _stop(self) -> None:
        loop, thread = self._loop, self._thread
        self._loop = self._thread = self._runtime = None
        if loop is not None and thread is not None:
            # Other threads may wait for answers that nobody would give any more.
            asyncio.run_coroutine_threadsafe(_wind_up(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


class _Errand(Generic[_Result]):
    """A coroutine that another thread's event loop runs, and that one thread waits for.

    Ctrl-C may come between any two steps of the thread that waits. A `threading.Event` can be left
    with its inner lock held then, for ever; this looks at the task, and waits in one step.

    Args:
        coroutine: What is run.
        loop: Where.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, _Result], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._coroutine = coroutine
        self._loop = loop
        self._task: asyncio.Task[_Result] | None = None
        self._end = threading.Lock()  # held until it has ended
        self._end.acquire()

    def begin(self) -> None:
        """Have it run."""
        self._tell(self._begin)

    def cancel(self) -> None:
        """Have it end before its time, or never begin; `ends_within` tells when it has."""
        self._tell(self._cancel)

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended, or does within that time. With its loop everything has ended."""
        if not self._has_ended:
            self._end.acquire(timeout=seconds)
        return self._has_ended

    def result(self) -> _Result:
        """What it returned, or the exception it raised.

        Raises:
            asyncio.CancelledError: It was cancelled, or its loop closed before it could end.
        """
        if self._task is None:
            self._coroutine.close()
        if self._task is None or not self._task.done():
            raise asyncio.CancelledError
        return self._task.result()

    @property
    def _has_ended(self) -> bool:
        return self._loop.is_closed() or (self._task is not None and self._task.done())

    def _tell(self, callback: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(callback)

    def _begin(self) -> asyncio.Task[_Result]:
        self._task = self._loop.create_task(self._coroutine)
        self._task.add_done_callback(lambda _: self._end.release())
        return self._task

    def _cancel(self) -> None:
        (self._task or self._begin()).cancel()  # what is begun only now ends before its first step


async def _wind_up() -> None:
    """End everything that still goes on in this event loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


class SyncInstance:
    """`Instance`, with methods that wait for their answers."""

    def __init__(self, runtime: SyncRuntime, instance: Instance) -> None:
        self._runtime = runtime
        self._instance = instance

    def __repr__(self) -> str:
        return repr(self._instance)

    @property
    def world(self) -> PreparedWorld:
        """See `Instance.world`."""
        return self._instance.world

    @property
    def seed(self) -> int:
        """See `Instance.seed`."""
        return self._instance.seed

    @property
    def step(self) -> int:
        """See `Instance.step`."""
        return self._instance.step

    def list_tools(self) -> list[ToolSpec]:
        """See `Instance.list_tools`."""
        return self._runtime.wait(self._instance.list_tools())

    def call_tool(self, name: str, arguments: JsonObject | None = None) -> ToolResult:
        """See `Instance.call_tool`."""
        return self._runtime.wait(self._instance.call_tool(name, arguments))

    def snapshot(self) -> Snapshot:
        """See `Instance.snapshot`."""
        return self._runtime.wait(self._instance.snapshot())

    def restore(self, snapshot: Snapshot) -> None:
        """See `Instance.restore`."""
        self._runtime.wait(self._instance.restore(snapshot))

    def reset(self, seed: int | None = None) -> None:
        """See `Instance.reset`."""
        self._runtime.wait(self._instance.reset(seed))

    def fork(self) -> "SyncInstance":
        """See `Instance.fork`."""
        return SyncInstance(self._runtime, self._runtime.wait(self._instance.fork()))

    def diff(self) -> StateDiff:
        """See `Instance.diff`."""
        return self._runtime.wait(self._instance.diff())

    def state_hash(self) -> str:
        """See `Instance.state_hash`."""
        return self._runtime.wait(self._instance.state_hash())

    def database_image(self) -> bytes:
        """See `Instance.database_image`."""
        return self._runtime.wait(self._instance.database_image())

    def close(self) -> None:
        """See `Instance.close`."""
        self._runtime.wait(self._instance.close())

    def __enter__(self) -> "SyncInstance":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
