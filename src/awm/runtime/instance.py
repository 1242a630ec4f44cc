"""An instance: one isolated live copy of a world."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, get_args

from awm.errors import InstanceClosedError, SnapshotError, UsageError
from awm.runtime import delta
from awm.runtime.examiner import Examiner
from awm.runtime.host import Host, Member
from awm.runtime.prepared import PreparedWorld
from awm.runtime.snapshot import Snapshot
from awm.runtime.state import StateDiff
from awm.types import Fault, JsonObject, ToolResult, ToolSpec

__all__ = ["CallObserver", "Instance"]

_FAULTS: Final[Mapping[str, Fault]] = {fault: fault for fault in get_args(Fault)}


CallObserver: TypeAlias = Callable[[str, ToolResult, float], None]
"""Told of a call: the world's name, what it answered, and how many seconds that took."""


class Surroundings(Protocol):
    """What an instance needs of the runtime it lives in."""

    @property
    def observer(self) -> CallObserver | None:
        """Told of every call that was carried out; nobody if None."""

    @property
    def examiner(self) -> Examiner:
        """Builds and measures databases."""

    def require_open(self) -> None:
        """Raise `RuntimeClosedError` unless the runtime is running."""

    async def adopt(self, host: Host, member: Member) -> "Instance":
        """Start an instance in the state of another one."""

    async def release(self, host: Host, member: Member) -> None:
        """Let an instance go."""


class Instance:
    """One live copy of a world, made by `Runtime.launch`.

    Calls on one instance are served one after the other; instances never see each other's changes.
    """

    def __init__(self, runtime: Surroundings, host: Host, member: Member) -> None:
        self._runtime = runtime
        self._host = host
        self._member = member
        self._turn = asyncio.Lock()
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"step {self._member.step}"
        return f"<Instance {self._member.number} of {self.world.name}: {state}>"

    @property
    def world(self) -> PreparedWorld:
        """The world this is a copy of."""
        return self._host.world

    @property
    def seed(self) -> int:
        """What the randomness of its calls is derived from."""
        return self._member.seed

    @property
    def step(self) -> int:
        """How many calls it has had since its start."""
        return self._member.step

    @property
    def worker_process(self) -> int | None:
        """The number of the process that it lives in at the moment."""
        return self._host.process

    async def list_tools(self) -> list[ToolSpec]:
        """The tools of the world, in its order."""
        self._require_open()
        return list(self.world.tools)

    async def call_tool(self, name: str, arguments: JsonObject | None = None) -> ToolResult:
        """Call a tool.

        Whatever the handler does comes back as a result: an error status, a crash, no answer in
        time. After a `fault` the instance is as it was before the call.

        Args:
            name: A tool of this world. An unknown one gives an error result.
            arguments: A JSON object, as the tool's input schema has it.

        Raises:
            UsageError: The arguments are not JSON.
            InstanceClosedError: The instance was closed.
            InfrastructureError: No worker can be kept alive.
        """
        encoded = _encoded({} if arguments is None else arguments)
        async with self._turn:
            self._require_open()
            if name not in self.world.tool_names:
                return ToolResult(f"Unknown tool: {name}", is_error=True)
            began = time.perf_counter()
            called = await self._host.call(self._member, name, encoded)
        fault = None if called.fault is None else _FAULTS.get(called.fault, "crash")
        result = ToolResult(called.text, called.is_error, called.status, fault, called.exception)
        if self._runtime.observer is not None:
            self._runtime.observer(self.world.name, result, time.perf_counter() - began)
        return result

    async def snapshot(self) -> Snapshot:
        """The state as it is now, to `restore` here or in any instance of the same world."""
        async with self._turn:
            self._require_open()
            member = self._member
            return Snapshot(
                self.world.name,
                self.world.template_hash,
                member.seed,
                member.step,
                member.delta,
                member.memory,
            )

    async def restore(self, snapshot: Snapshot) -> None:
        """Go back, or over, to the state of a snapshot.

        Raises:
            SnapshotError: It is of another world, of another version of this one, or damaged.
        """
        self._require_same_world(snapshot)
        self._image(snapshot.delta)
        await self._become(snapshot.seed, snapshot.step, snapshot.delta, snapshot.memory)

    async def reset(self, seed: int | None = None) -> None:
        """Go back to the start.

        Args:
            seed: A new seed; the old one is kept when it is not given.
        """
        await self._become(self._member.seed if seed is None else seed, 0, b"", b"")

    async def fork(self) -> "Instance":
        """Another instance in the same state, with a life of its own from here on."""
        async with self._turn:
            self._require_open()
            return await self._runtime.adopt(self._host, self._member)

    async def diff(self) -> StateDiff:
        """The rows that differ from the start.

        Raises:
            SnapshotError: The database is damaged.
        """
        image = await self.database_image()
        return await self._runtime.examiner.compare(self.world.name, self.world.template, image)

    async def state_hash(self) -> str:
        """The canonical hash of the database: equal rows give equal hashes, in hexadecimal.

        Raises:
            SnapshotError: The database is damaged.
        """
        return await self._runtime.examiner.digest(self.world.name, await self.database_image())

    def image_of(self, snapshot: Snapshot) -> bytes:
        """The database as it was when a snapshot of this world was taken; as `database_image`.

        Raises:
            SnapshotError: It is of another world, or damaged.
        """
        self._require_same_world(snapshot)
        return self._image(snapshot.delta)

    async def database_image(self) -> bytes:
        """The database as SQLite would write it to a file.

        The bytes come from a process that runs a world's code: open them where that is safe.
        """
        async with self._turn:
            self._require_open()
            return self._image(self._member.delta)

    async def close(self) -> None:
        """Let the instance go. Closing twice is fine."""
        if not self._closed:
            self._closed = True
            await self._runtime.release(self._host, self._member)

    async def __aenter__(self) -> "Instance":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _become(self, seed: int, step: int, pages: bytes, memory: bytes) -> None:
        async with self._turn:
            self._require_open()
            member = Member(self._member.number, seed, step, pages, memory)
            if member == self._member:
                return  # it is there already
            self._member = member
            await self._host.open(member)

    def _require_same_world(self, snapshot: Snapshot) -> None:
        if snapshot.template != self.world.template_hash:
            raise SnapshotError(
                f"a snapshot of world {snapshot.world!r} does not fit {self.world.name!r} as it is"
                " loaded here.",
                "Restore it into an instance of the very same world.",
            )

    def _image(self, pages: bytes) -> bytes:
        try:
            return delta.apply(self.world.template, pages)
        except delta.DeltaError as error:
            raise SnapshotError(f"world {self.world.name!r}: {error}.") from error

    def _require_open(self) -> None:
        self._runtime.require_open()
        if self._closed:
            raise InstanceClosedError(f"this instance of {self.world.name!r} was closed.")


def _encoded(arguments: JsonObject) -> str:
    if not isinstance(arguments, Mapping):
        raise UsageError(f"the arguments of a tool are an object, not {type(arguments).__name__}.")
    try:
        # Python's encoder would write NaN, which is no JSON and which few handlers survive.
        return json.dumps(_plain(arguments), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the arguments of a tool are not JSON: {error}.") from error


def _plain(arguments: JsonObject) -> dict[str, Any]:
    return arguments if isinstance(arguments, dict) else dict(arguments)
