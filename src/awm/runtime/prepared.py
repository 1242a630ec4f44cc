"""A world made ready to be hosted: its database built, its code loaded once, its tools known."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from awm.errors import InfrastructureError, Problem, WorldBuildError, WorldLoadError
from awm.runtime.examiner import Examiner
from awm.runtime.limits import Limits
from awm.runtime.wire import Failed, Load, Loaded
from awm.runtime.worker import Worker, WorkerDiedError
from awm.types import ToolSpec
from awm.worlds import World
from awm.worlds.image import read_world_image

__all__ = ["PreparedWorld", "load", "load_order", "prepared"]

_ATTEMPTS = 3
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class PreparedWorld:
    """All that is needed to host a world, and to bring its instances back.

    Attributes:
        name: The world's normalised name.
        fingerprint: A hash of everything that decides how the world behaves, hexadecimal.
        order: How a worker is told to load it.
        template: The database that every instance starts from.
        template_hash: Its SHA-256, hexadecimal.
        tools: What agents see, in the world's order.
        tool_names: Their names.
        problems: Everything odd about the world that did not keep it from loading.
    """

    name: str
    fingerprint: str
    order: Load = field(repr=False)
    template: bytes = field(repr=False)
    template_hash: str
    tools: tuple[ToolSpec, ...]
    tool_names: frozenset[str] = field(repr=False)
    problems: tuple[Problem, ...]


async def load_order(
    world: World, examiner: Examiner, limits: Limits
) -> tuple[Load, tuple[Problem, ...]]:
    """Build or read the world's database and say how to load the world.

    Raises:
        WorldBuildError: No database comes of it.
        WorldIncompleteError: The world has neither schema nor database, or no code.
        WorldFileError: See `read_world_image`.
    """
    if world.database_file is None:
        built = await examiner.build(world.recipe())
        if not built.tables and world.tables:
            raise WorldBuildError(
                world.name,
                "none of its tables could be created.",
                "Mend the statements named here.",
                built.problems,
            )
        image, problems = built.image, built.problems
    else:
        image, problems = read_world_image(world), ()
    if len(image) > limits.database_bytes:
        raise WorldBuildError(
            world.name,
            f"its database of {len(image) / _MB:,.1f} MB is larger than instances may have"
            f" ({limits.database_mb} MB).",
            "Raise database_mb (AWM_DATABASE_MB).",
        )
    order = Load(
        name=world.name,
        code=world.code,
        image=image,
        template=b"",
        clock=world.clock.timestamp(),
        foreign_keys=world.foreign_keys,
        call_seconds=limits.call_seconds,
        response_bytes=limits.response_bytes,
        database_bytes=limits.database_bytes,
    )
    return order, problems


async def load(
    start_worker: Callable[[], Awaitable[Worker]], order: Load, limits: Limits
) -> tuple[Worker, Loaded]:
    """Have a new worker load a world.

    A worker that is killed meanwhile is replaced, until that looks like the world's own doing.

    Raises:
        WorldLoadError: The world's code does not come to life.
        InfrastructureError: Workers cannot be started, or are lost for another reason.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        worker = await start_worker()
        try:
            return worker, await _load(worker, order, limits)
        except WorkerDiedError as death:
            if not death.guilty:
                raise InfrastructureError(f"the worker loading {order.name!r}: {death}") from death
            if death.cause != "killed" or attempt == _ATTEMPTS:
                raise _load_error(order.name, "", *_words(death, limits)) from death
    raise AssertionError("unreachable")


async def _load(worker: Worker, order: Load, limits: Limits) -> Loaded:
    try:
        reply = await worker.send(order, limits.load_seconds)
    except WorkerDiedError:
        raise
    except BaseException:
        worker.retire()  # whoever waited has given up, and nobody else knows of it
        raise
    if isinstance(reply, Loaded):
        return reply
    worker.retire()
    if isinstance(reply, Failed):
        raise _load_error(order.name, reply.where, reply.what, reply.hint)
    raise InfrastructureError(f"the worker loading {order.name!r} answered {type(reply).__name__}")


def _words(death: WorkerDiedError, limits: Limits) -> tuple[str, str]:
    if death.cause == "timeout":
        what = f"the code does not finish loading within {limits.load_seconds:g} seconds"
        hint = "look for a loop or a wait outside its functions"
        return what, f"{hint}, or raise load_seconds (AWM_LOAD_SECONDS)"
    what = f"while the code was loading, {death.detail}"
    return what, "look for what ends the process outside its functions"


def _load_error(world: str, where: str, what: str, hint: str) -> WorldLoadError:
    place = ": ".join(part for part in ("gen_envs.jsonl: full_code", where) if part)
    return WorldLoadError(
        world, "its code does not come to life.", "", [Problem(world, place, what, hint)]
    )


def prepared(
    key: str, order: Load, loaded: Loaded, problems: tuple[Problem, ...], limits: Limits
) -> PreparedWorld:
    """Put together what was learned from the first load.

    Args:
        key: The world's fingerprint.
        order: How it was loaded.
        loaded: What the worker said of it.
        problems: What was found before.
        limits: What its tools may take.

    Raises:
        WorldLoadError: The world's tools are not as tools have to be.
    """
    warnings = tuple(
        Problem(order.name, "gen_envs.jsonl: full_code", str(text), severity="warning")
        for text in _listed(order.name, loaded.warnings, limits)
    )
    tools = tuple(_tools(order.name, _listed(order.name, loaded.tools, limits)))
    return PreparedWorld(
        name=order.name,
        fingerprint=key,
        order=order,
        template=loaded.template,
        template_hash=hashlib.sha256(loaded.template).hexdigest(),
        tools=tools,
        tool_names=frozenset(tool.name for tool in tools),
        problems=(*problems, *warnings),
    )


def _listed(world: str, text: str, limits: Limits) -> list[Any]:
    """A list from JSON that a process wrote beside hostile code."""
    if len(text) > limits.response_bytes:
        what = f"its tools take more than {limits.response_mb:g} MB to describe"
        raise _load_error(world, "", what, "shorten its OpenAPI document")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _load_error(world, "", f"its tools are malformed: {error}", "") from error
    return listed if isinstance(listed, list) else []


def _tools(world: str, rows: list[Any]) -> Iterator[ToolSpec]:
    for row in rows:
        match row:
            case [str(name), str(description), dict(schema)]:
                yield ToolSpec(name, description, schema)
            case _:
                raise _load_error(world, "", f"a tool is malformed: {str(row)[:200]}", "")
