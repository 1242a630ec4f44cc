"""What is served: one world, and an instance of it for each session. No protocol is known here."""

import asyncio
import logging
from types import TracebackType
from typing import Final

import anyio

from awm.errors import AwmError, InfrastructureError
from awm.runtime import Instance, PreparedWorld, Runtime
from awm.serve.run_folder import RunFolder, SessionFolder
from awm.worlds import World

__all__ = ["WorldService"]

_log: Final = logging.getLogger(__name__)


class WorldService:
    """One world, offered to any number of sessions. Use it as an asynchronous context manager.

    Args:
        runtime: Where instances live; it has to outlive the service.
        source: The world.
        folder: Where the states before and after are kept.
        seed: What the randomness of instances is derived from, unless their session says otherwise.
        share: One instance for all sessions, instead of one for each.

    Attributes:
        runtime: As given.
        source: The world as its files describe it.
        folder: As given.
        seed: As given.
        ready: The world with its tools, once the service is entered.
    """

    ready: PreparedWorld

    def __init__(
        self,
        runtime: Runtime,
        source: World,
        folder: RunFolder,
        *,
        seed: int = 0,
        share: bool = False,
    ) -> None:
        self.runtime = runtime
        self.source = source
        self.folder = folder
        self.seed = seed
        self._share = share
        self._shared: Instance | None = None
        self._folders: dict[Instance, SessionFolder] = {}

    async def __aenter__(self) -> "WorldService":
        self.ready = await self.runtime.prepare(self.source)
        try:
            await asyncio.to_thread(self.folder.write_initial, self.ready.template)
        except OSError as error:
            raise InfrastructureError(
                f"{self.folder.path} cannot be written: {error.strerror or error}.",
                "Free some space or name another folder with --output_dir.",
            ) from error
        if self._share:
            self._shared = await self.runtime.launch(self.source, seed=self.seed)
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

    @property
    def worlds(self) -> frozenset[str]:
        """The name of the world."""
        return frozenset({self.source.name})

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Those of open sessions, oldest first; none where all sessions share one."""
        return tuple(self._folders)

    async def world(self, _name: str) -> World:
        """The world."""
        return self.source

    async def prepared(self, _name: str) -> PreparedWorld:
        """The world with its tools."""
        return self.ready

    async def launch(self, _name: str, *, seed: int = 0) -> Instance:
        """The instance for a session: the one that all share, or else a new one.

        Raises:
            AwmError: See `Runtime.launch`.
        """
        if self._shared is not None:
            return self._shared
        instance = await self.runtime.launch(self.source, seed=seed)
        self._folders[instance] = self.folder.new_session()
        return instance

    async def let_go(self, instance: Instance) -> None:
        """Keep what a session started from and ended in, and close its instance.

        A failure to keep it is logged: nobody is waiting.

        Raises:
            AwmError: It cannot be closed.
        """
        folder = self._folders.pop(instance, None)
        if folder is None:
            return  # all sessions share it
        try:
            image = await instance.database_image()
            await asyncio.to_thread(folder.write_initial, self.ready.template)
            await asyncio.to_thread(folder.write_final, image)
        except (AwmError, OSError) as error:
            _log.error("the final state of %s is lost: %s", folder.path, error)
        finally:
            await instance.close()

    async def _keep_final(self) -> None:
        if self._shared is not None:
            image = await self._shared.database_image()
            await self._shared.close()
        elif self.folder.has_final:
            return
        else:
            image = self.ready.template
        await asyncio.to_thread(self.folder.write_final, image)
