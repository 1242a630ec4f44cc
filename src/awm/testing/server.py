"""The model server, running: in a thread of this process, or in a process of its own."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import uvicorn

from awm.errors import InfrastructureError
from awm.serve.embedded import EmbeddedServer
from awm.testing.answering import Author
from awm.testing.application import Counts, application
from awm.testing.faults import Fault
from awm.testing.making import Library, Plans, folder_for, source_for
from awm.testing.setup import Setup

__all__ = ["READY", "ModelServer", "ModelServerProcess", "listen", "serve"]

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 2048
_DRAIN_SECONDS: Final = 1
_PATIENCE: Final = 30.0
_MODULE: Final = "awm.testing.model_server"
READY: Final = "serving on "
"""What a process of its own says before its address, once it answers."""


async def serve(
    setup: Setup, listener: socket.socket, counts: Counts, ready: Callable[[], None]
) -> None:
    """Serve until the task is cancelled.

    Args:
        setup: How.
        listener: Where; closed at the end.
        counts: Where to count.
        ready: Called once requests are answered.

    Raises:
        InfrastructureError: A world that was to be prepared cannot be made.
    """
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(listener.close)
        library = await stack.enter_async_context(_library(setup))
        await library.prepare_first(setup.prepared)
        config = uvicorn.Config(
            application(setup, Author(library), counts),
            log_config=None,
            log_level="critical",  # connections that are cut on purpose are no errors
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        server = EmbeddedServer(config, ready)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await asyncio.wait({serving})


@contextlib.asynccontextmanager
async def _library(setup: Setup) -> AsyncIterator[Library]:
    with contextlib.ExitStack() as stack:
        cache = setup.cache
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="awm-model-")))
        order = setup.order()
        folder = folder_for(cache, order)
        folder.mkdir(parents=True, exist_ok=True)
        plans = Plans(order, folder)
        source = source_for(
            setup.worlds, plans, order, folder, setup.jobs, allow_weak=setup.allow_weak
        )
        library = Library(source, plans)
        try:
            yield library
        finally:
            await library.aclose()


def listen(port: int = 0) -> socket.socket:
    """Listen on this machine, and for nobody else.

    Args:
        port: 0 for any free one.

    Raises:
        OSError: It is taken.
    """
    # With its protocol named: asyncio turns delays of small writes off for such sockets only.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}/v1"


class _Counted(ABC):
    """What there is to count, of either server."""

    @property
    @abstractmethod
    def counts(self) -> Counts:
        """What came in so far, and what went wrong on purpose."""

    @property
    def asked(self) -> Counter[str]:
        """How often each question was asked, by its key."""
        return self.counts.asked

    @property
    def answered(self) -> Counter[str]:
        """How often each question was answered in full, by its key."""
        return self.counts.answered

    @property
    def injected(self) -> Counter[Fault]:
        """How many faults there were of each kind."""
        return self.counts.injected


class ModelServer(_Counted):
    """A model server in a thread of this process.

    It is a context manager, for `with` and for `async with`. What it is asked is answered with
    worlds that exist, so that a whole run of the synthesis can be tried without a model:

        with ModelServer(worlds="bundled", faults=Faults(rate=0.15)) as server:
            llm = OpenAICompatible(server.url, None, "test-model")

    Args:
        setup: How it behaves.
        choices: What is to be otherwise than in the setup, by the names that it has there.

    Raises:
        UsageError: A number makes no sense.

    Attributes:
        url: Its base URL, version included; there while it runs.
    """

    def __init__(self, setup: Setup | None = None, **choices: Any) -> None:
        self.url = ""
        self._setup = replace(setup or Setup(), **choices)
        self._counts = Counts()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._ready = threading.Event()

    @property
    def counts(self) -> Counts:
        """What came in so far, and what went wrong on purpose."""
        return Counts.from_json(self._counts.to_json())

    def __enter__(self) -> Self:
        listener = listen()
        self.url = _url(listener)
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._serving is not None
        assert self._thread is not None
        with contextlib.suppress(RuntimeError):  # its loop has ended on its own
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    def _run(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._serve(listener))
        except asyncio.CancelledError:
            pass  # it was told to end
        except BaseException as error:  # noqa: BLE001 - told in the thread that waits for it
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.current_task()
        await serve(self._setup, listener, self._counts, self._ready.set)


class ModelServerProcess(_Counted):
    """A model server in a process of its own, which leaves this one's CPU and its memory alone.

    Args:
        options: Of `python -m awm.testing.model_server`, the port aside.

    Attributes:
        url: Its base URL, version included; there while it runs.
    """

    def __init__(self, options: Sequence[str] = ()) -> None:
        self.url = ""
        self._options = tuple(options)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", "-m", _MODULE, "--port", "0", *self._options]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(READY):
                self.url = line.removeprefix(READY).strip()
                return self
        _, said = self._process.communicate()
        last = said.strip().splitlines()[-1:] or ["nothing"]
        raise InfrastructureError(f"The model server did not start; it says: {last[0]}")

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def counts(self) -> Counts:
        """What came in so far, and what went wrong on purpose.

        Raises:
            OSError: The process does not answer.
        """
        address = f"{self.url.removesuffix('/v1')}/counts"
        with urllib.request.urlopen(address, timeout=_PATIENCE) as response:  # noqa: S310 - ours
            written: dict[str, Any] = json.load(response)
        return Counts.from_json(written)
