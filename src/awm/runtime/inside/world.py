"""A world alive: its code loaded once, its instances side by side, one call at a time."""

import _thread
import asyncio
import contextlib
import gc
import json
import linecache
import os
import sqlite3
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy.orm import close_all_sessions

from awm.runtime import delta
from awm.runtime.inside.answers import answered, broken_off
from awm.runtime.inside.asgi import (
    Request,
    Response,
    ResponseTooLargeError,
    respond,
    run_lifespan,
)
from awm.runtime.inside.engine import DATABASE_URL
from awm.runtime.inside.faults import WORLD_FILE, UnfitWorldError, describe
from awm.runtime.inside.imports import import_everything_named
from awm.runtime.inside.memory import MemoryTooLargeError, ModuleMemory
from awm.runtime.inside.openapi import MissingArgumentError, Tool, read_tools, request_for
from awm.runtime.inside.process import CallTimeoutError, Process
from awm.runtime.sandbox.syscalls import give_memory_back
from awm.runtime.wire import Call, Called, Load, Loaded, Open

__all__ = ["LiveWorld"]

_MODULE: Final = "world"
_CANCELLATIONS: Final = 3
_LAST_WORDS: Final = 0.2
"""Seconds that cancelled tasks get to end."""

_STRAY_ROUNDS: Final = 100
"""Turns of the event loop that tasks left behind by a call get before they are cancelled.

Counted rather than timed, so that what they still manage to do is always the same.
"""


@dataclass(slots=True)
class _Instance:
    """One instance's live parts: seed, connection, what it and the pools keep elsewhere."""

    seed: int
    raw: sqlite3.Connection
    memory: bytes
    changes: int = 0
    schema: int | None = None
    bounded: bool = False
    connections: dict[object, list[Any]] = field(default_factory=dict)


class LiveWorld:
    """One world in this process.

    Args:
        process: The patched process: its clock, its dice and its one database turn.
        order: The world and its limits.

    Raises:
        Exception: Whatever the world's code raises while it is imported.
    """

    def __init__(self, process: Process, order: Load) -> None:
        self._process = process
        self._order = order
        self._instances: dict[int, _Instance] = {}
        self._loop = process.loop
        self._app_state: dict[str, Any] = {}
        self._lasting_tasks: set[asyncio.Task[Any]] = set()
        self._has_left_tasks = False
        self._template = _journalled(order.image)
        with self._loading():
            module = self._run_code()
            self._app = _application(module)
            self._start_up()
            document = self._app.openapi()
        self._memory = ModuleMemory(module, self._app)
        self._tools, self._warnings = _tools_of(document)
        self._threads = _thread._count()  # noqa: SLF001 - see `_is_haunted`
        # What is alive now stays alive; collections during calls need not look at it again.
        gc.collect()
        gc.freeze()
        give_memory_back()  # loading took more than living does: some 5 MB

    def loaded(self) -> Loaded:
        """What the gateway has to know about the world."""
        tools = json.dumps(
            [
                (tool.spec.name, tool.spec.description, tool.spec.input_schema)
                for tool in self._tools.values()
            ]
        )
        if len(tools) > self._order.response_bytes:
            limit = self._order.response_bytes >> 20
            raise UnfitWorldError(
                f"its tools take more than {limit} MB to describe", "shorten its OpenAPI document"
            )
        shared = [
            f"the global {name!r} holds what cannot be carried, so all instances share it"
            for name in self._memory.shared
        ]
        return Loaded(self._template, tools, json.dumps([*self._warnings, *shared]))

    def open(self, order: Open) -> None:
        """Make an instance exist in the state that the order describes."""
        self.close(order.instance)
        raw = self._connect(delta.apply(self._template, order.delta))
        self._instances[order.instance] = _Instance(order.seed, raw, order.memory)

    def close(self, number: int) -> None:
        """Forget an instance; one that does not exist is no fault."""
        instance = self._instances.pop(number, None)
        if instance is not None:
            instance.raw.close()

    def call(self, order: Call) -> Called:
        """Run one tool call on one instance."""
        tool = self._tools[order.tool]
        try:
            request = request_for(tool, json.loads(order.arguments))
        except MissingArgumentError as error:
            body = [{"type": "missing", "loc": ["path", error.argument], "msg": str(error)}]
            refusal = Response(422, json.dumps({"detail": body}).encode())
            return answered(order.tool, refusal, self._order.response_bytes)
        instance = self._instances[order.instance]
        self._require_untouched(instance)
        self._begin(instance, order.step)
        if self._memory.enter(instance.memory):
            # Again: to unpickle a generator draws entropy.
            self._begin(instance, order.step)
        self._process.turn.begin(instance.raw, instance.connections)
        try:
            self._bound(instance)
            with self._process.interrupted_after(self._order.call_seconds):
                answer = self._answer(order.tool, request)
        except BaseException as error:  # noqa: BLE001 - whatever a world raises costs its own call
            answer = broken_off(order.tool, error, self._order)
        try:
            return self._handed_over(order, instance, answer)
        except BaseException as error:  # noqa: BLE001 - the world damaged the way out of its turn
            self.close(order.instance)
            return replace(broken_off(order.tool, error, self._order), recycle=True)

    def _answer(self, tool: str, request: Request) -> Called:
        limit = self._order.response_bytes
        try:
            response = self._loop.run_until_complete(
                respond(self._app, request, limit=limit, state=self._app_state)
            )
        except ResponseTooLargeError:
            self._settle_stray_tasks()
            raise
        self._settle_stray_tasks()
        if isinstance(response.exception, MemoryError):
            raise response.exception  # not an answer, though the framework made one of it
        if self._process.deadline_passed():
            raise CallTimeoutError  # SQLite drops what a signal raises in one of its callbacks
        return answered(tool, response, limit)

    def _handed_over(self, order: Call, instance: _Instance, answer: Called) -> Called:
        """End the turn and add to the answer what the gateway needs to bring this state back."""
        close_all_sessions()
        self._process.turn.finish()
        try:
            memory = self._memory.leave()
        except MemoryTooLargeError as error:
            answer = broken_off(order.tool, error, self._order)
        if answer.fault is not None:
            # The gateway still has the state before the call and opens the instance anew.
            self.close(order.instance)
            return replace(answer, recycle=answer.recycle or self._is_haunted())
        kept = None if memory == instance.memory else memory
        instance.memory = memory
        pages = self._changed_pages(instance)
        if self._process.turn.is_marked:
            self._reconnect(instance)
        instance.schema = _schema_version(instance.raw)
        return replace(answer, delta=pages, memory=kept, recycle=self._is_haunted())

    def _require_untouched(self, instance: _Instance) -> None:
        """Refuse to go on with a database that was changed since the instance's last call.

        Only a handler that looks through the process's memory for other instances' connections
        can do that. The gateway then has the state as it was, and opens it in another worker.
        """
        raw = instance.raw
        changed = raw.in_transaction or raw.total_changes != instance.changes
        if changed or instance.schema not in (None, _schema_version(raw)):
            raise RuntimeError("the database was changed from outside of its instance's calls")

    def _begin(self, instance: _Instance, step: int) -> None:
        self._process.determinism.begin(epoch=self._order.clock, seed=instance.seed, step=step)

    def _reconnect(self, instance: _Instance) -> None:
        """Give the instance a connection that remembers nothing.

        PRAGMAs and temporary tables would outlive the call here, but not in an instance that is
        forked or recovered from the same state.
        """
        image = instance.raw.serialize()
        instance.raw.close()
        instance.raw = self._connect(image)
        instance.connections.clear()
        instance.changes, instance.bounded = 0, False

    def _is_haunted(self) -> bool:
        """Whether the call left something behind that would go on during the turns of others."""
        threads = _thread._count()  # noqa: SLF001 - counts what `threading` does not
        return threads > self._threads or self._has_left_tasks

    def _changed_pages(self, instance: _Instance) -> bytes | None:
        changes = instance.raw.total_changes
        if changes == instance.changes and not self._process.turn.dirty:
            return None
        instance.changes = changes
        return delta.difference(self._template, instance.raw.serialize())

    @contextlib.contextmanager
    def _loading(self) -> Iterator[None]:
        """The turn in which the code runs for the first time, on what will be the template."""
        self._process.determinism.begin(epoch=self._order.clock, seed=0, step=0)
        raw = self._connect(self._template)
        self._process.turn.begin(raw, {})
        self._process.loading = True
        gc.disable()  # hardly anything that comes into being now is garbage
        try:
            yield
            close_all_sessions()
            self._process.turn.finish()
            self._template = self._order.template or raw.serialize()
        finally:
            gc.enable()
            self._process.loading = False
            raw.close()

    def _run_code(self) -> types.ModuleType:
        os.environ.update(DATABASE_PATH=DATABASE_URL, HOST="127.0.0.1", PORT="8000")
        code = compile(self._order.code, WORLD_FILE, "exec")
        linecache.cache[WORLD_FILE] = (
            len(self._order.code), None, self._order.code.splitlines(keepends=True), WORLD_FILE
        )  # fmt: skip
        import_everything_named(self._order.code)
        module = types.ModuleType(_MODULE)
        module.__file__ = WORLD_FILE
        sys.modules[_MODULE] = module  # pydantic resolves a model's annotations through it
        exec(code, vars(module))  # noqa: S102 - what the jail is for
        return module

    def _start_up(self) -> None:
        """Run the application's start-up, which may seed the database."""
        started = asyncio.Event()
        lifespan = self._loop.create_task(
            run_lifespan(self._app, self._app_state, started.set, self._loop.create_future())
        )

        async def wait() -> None:
            ready = self._loop.create_task(started.wait())
            await asyncio.wait({lifespan, ready}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()

        self._loop.run_until_complete(wait())
        if lifespan.done():
            lifespan.result()
        # Whatever else was started would go on during the turns of all instances.
        self._lasting_tasks = {lifespan}
        self._settle_stray_tasks()

    def _settle_stray_tasks(self) -> None:
        """Let tasks that the call left behind finish now, while it is still its instance's turn."""
        self._has_left_tasks = bool(self._strays())
        if self._has_left_tasks:
            self._loop.run_until_complete(self._settle())
            self._has_left_tasks = bool(self._strays())
        self._loop.drop_callbacks()

    async def _settle(self) -> None:
        for _ in range(_STRAY_ROUNDS):
            await asyncio.sleep(0)
            if not self._strays():
                return
        for _ in range(_CANCELLATIONS):  # a task may answer a cancellation with another task
            strays = self._strays()
            for task in strays:
                task.cancel()
            if strays:
                await asyncio.wait(strays, timeout=_LAST_WORDS)

    def _strays(self) -> set[asyncio.Task[Any]]:
        tasks = asyncio.all_tasks(self._loop) - self._lasting_tasks
        return tasks - {asyncio.current_task(self._loop)} if tasks else tasks

    def _connect(self, image: bytes) -> sqlite3.Connection:
        raw = sqlite3.Connection(":memory:", check_same_thread=False)
        raw.isolation_level = "DEFERRED"
        if image:
            raw.deserialize(image)
        else:
            raw.executescript("PRAGMA page_size=1024; CREATE TABLE t (c); DROP TABLE t;")
        self._process.sql_clock.install(raw)
        if self._order.foreign_keys:
            raw.execute("PRAGMA foreign_keys=ON")
        raw.set_progress_handler(self._process.deadline_passed, 100_000)
        return raw

    def _bound(self, instance: _Instance) -> None:
        """Keep the instance's database from outgrowing its limit.

        Not done when the instance is opened: the PRAGMA makes SQLite read the whole schema, which
        takes ten times as long as all the rest and is due at the first call anyway.
        """
        if not instance.bounded:
            (page_size,) = instance.raw.execute("PRAGMA page_size").fetchone()
            pages = self._order.database_bytes // page_size
            instance.raw.execute(f"PRAGMA max_page_count={pages}")
            instance.bounded = True


def _schema_version(raw: sqlite3.Connection) -> int:
    (version,) = raw.execute("PRAGMA schema_version").fetchone()
    return int(version)


def _application(module: types.ModuleType) -> Any:
    candidates = [vars(module).get("app"), *vars(module).values()]
    for candidate in candidates:
        is_class = isinstance(candidate, type)  # such as `FastAPI`, which the code has imported
        if not is_class and callable(candidate) and callable(getattr(candidate, "openapi", None)):
            return candidate
    raise UnfitWorldError(
        "the code defines no FastAPI application named `app`", "add `app = FastAPI()`"
    )


def _tools_of(document: Any) -> tuple[dict[str, Tool], list[str]]:
    try:
        return read_tools(document)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UnfitWorldError(
            f"its OpenAPI document cannot be read: {describe(error)}", "leave it to FastAPI"
        ) from error


def _journalled(image: bytes) -> bytes:
    """The image with its journal mode set back from WAL, which an in-memory database cannot open.

    See https://www.sqlite.org/fileformat.html, 1.3.1: the bytes at 18 and 19 are 2 for WAL.
    """
    if image[18:20] == b"\x02\x02":
        return image[:18] + b"\x01\x01" + image[20:]
    return image
