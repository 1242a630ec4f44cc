"""What is served: one world, and an instance of it for each session. No protocol is known here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final

import anyio

from awm.errors import AwmError, InfrastructureError
from awm.runtime import Instance, PreparedWorld, Runtime
from awm.serve.run_folder import RunFolder, SessionFolder
from awm.types import JsonObject, ToolResult, ToolSpec
from awm.worlds import World

__all__ = ["Session", "WorldService"]

_log: Final = logging.getLogger(__name__)


class Session:
    """One client's stay in a world.

    Its instance comes to life with the first request, not with the connection: a probe that never
    speaks the protocol costs nothing and leaves no trace.
    """

    def __init__(self, service: "WorldService") -> None:
        self._service = service
        self._starting = asyncio.Lock()
        self._instance: Instance | None = None
        self._folder: SessionFolder | None = None

    @property
    def instance(self) -> Instance | None:
        """The instance that the session acts in; None before its first request."""
        return self._instance

    async def list_tools(self) -> Sequence[ToolSpec]:
        """The world's tools.

        Raises:
            AwmError: No instance can be started; the next request tries again.
        """
        return await (await self._running()).list_tools()

    async def call_tool(self, name: str, arguments: JsonObject) -> ToolResult:
        """Call a tool of the session's instance.

        Raises:
            AwmError: See `Instance.call_tool`; or no instance can be started. The session goes on.
        """
        return await (await self._running()).call_tool(name, arguments)

    async def close(self) -> None:
        """Keep the final state and let the instance go. A failure is logged: nobody is waiting."""
        instance, self._instance = self._instance, None
        if instance is None or self._folder is None:
            return
        try:
            image = await instance.database_image()
            await asyncio.to_thread(self._folder.write_final, image)
        except (AwmError, OSError) as error:
            _log.error("the final state of %s is lost: %s", self._folder.path, error)
        finally:
            await instance.close()

    async def _running(self) -> Instance:
        if self._service.shared is not None:
            return self._service.shared
        async with self._starting:
            if self._instance is None:
                self._instance = await self._service.launch()
                self._folder = self._service.folder.new_session()
                await self._keep_initial(self._folder)
            return self._instance

    async def _keep_initial(self, folder: SessionFolder) -> None:
        try:
            await asyncio.to_thread(folder.write_initial, self._service.world.template)
        except OSError as error:
            # The client has asked for a tool, not for a file: serve it, and tell who can help.
            _log.error("the initial state of %s is lost: %s", folder.path, error)


class WorldService:
    """One world, offered to any number of sessions. Use it as an asynchronous context manager.

    Args:
        runtime: Where instances live; it has to outlive the service.
        source: The world.
        folder: Where the states before and after are kept.
        seed: What the randomness of every instance is derived from.
        share: One instance for all sessions, instead of one for each.

    Attributes:
        source: The world as its files describe it.
        folder: As given.
        sessions: Those that are open.
        shared: The instance that all sessions share, if they do.
    """

    world: PreparedWorld

    def __init__(
        self,
        runtime: Runtime,
        source: World,
        folder: RunFolder,
        *,
        seed: int = 0,
        share: bool = False,
    ) -> None:
        self.source = source
        self.folder = folder
        self.sessions: list[Session] = []
        self.shared: Instance | None = None
        self._runtime = runtime
        self._seed = seed
        self._share = share

    async def __aenter__(self) -> "WorldService":
        self.world = await self._runtime.prepare(self.source)
        try:
            await asyncio.to_thread(self.folder.write_initial, self.world.template)
        except OSError as error:
            raise InfrastructureError(
                f"{self.folder.path} cannot be written: {error.strerror or error}.",
                "Free some space or name another folder with --output_dir.",
            ) from error
        if self._share:
            self.shared = await self.launch()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self._keep_final()
            except (AwmError, OSError) as fault:
                _log.error("the final state of %s is lost: %s", self.folder.path, fault)

    async def launch(self) -> Instance:
        """Start an instance of the world.

        Raises:
            AwmError: See `Runtime.launch`.
        """
        return await self._runtime.launch(self.source, seed=self._seed)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A session for as long as the context lasts; however it ends, its state is kept."""
        session = Session(self)
        self.sessions.append(session)
        try:
            yield session
        finally:
            self.sessions.remove(session)
            # The server may be on its way out and cancel everything: this is the way out.
            with anyio.CancelScope(shield=True):
                await session.close()

    async def _keep_final(self) -> None:
        if self.shared is not None:
            image = await self.shared.database_image()
            await self.shared.close()
        elif self.folder.has_final:
            return
        else:
            image = self.world.template
        await asyncio.to_thread(self.folder.write_final, image)
