"""The audit: every world examined, every task proven or not, as many at a time as is wanted."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from awm.audit.cases import Ground
from awm.audit.hints import Hints, hints_in_rows
from awm.audit.model import Audit, TaskAudit, WorldAudit
from awm.audit.probing import CALLS_PER_TOOL
from awm.audit.proving import Prover
from awm.audit.world_checks import WorldExamination, examine_world
from awm.errors import Problem, SnapshotError, UsageError, WorldError
from awm.lanes import for_each
from awm.runtime import Runtime, VerifierPool
from awm.types import ToolCall
from awm.worlds import World, WorldFolder, open_worlds

__all__ = ["Effort", "audit_folder", "audit_world", "audit_worlds"]


@dataclass(frozen=True, slots=True)
class Effort:
    """How thorough an audit is.

    Attributes:
        calls_per_tool: How often each tool is called with arguments made up from its schema.
        seed: What the choice of arguments and near misses is derived from.
        jobs: How many worlds at a time; None for one for each core.

    Raises:
        UsageError: There is to be no world at a time.
    """

    calls_per_tool: int = CALLS_PER_TOOL
    seed: int = 0
    jobs: int | None = None

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"{self.jobs} worlds at a time are none.", "Take 1 or more.")


_NORMAL: Final = Effort()


async def audit_worlds(
    folder: WorldFolder,
    runtime: Runtime,
    pool: VerifierPool,
    *,
    names: Iterable[str] | None = None,
    effort: Effort = _NORMAL,
    done: Callable[[WorldAudit], None] = lambda _world: None,
) -> Audit:
    """Audit the worlds of a folder.

    Args:
        folder: Where they are.
        runtime: Where they are brought to life.
        pool: Where their verifiers run.
        names: Which worlds; all by default.
        effort: How thoroughly.
        done: Told of each world, in the order in which they are done.

    Returns:
        What was found, worlds in the order of the folder.

    Raises:
        UnknownWorldError: A name is not in the folder.
        InfrastructureError: The machinery failed.
    """
    started = perf_counter()
    wanted = [names] if isinstance(names, str) else names
    chosen = list(folder) if wanted is None else folder.named(wanted)
    found: dict[str, WorldAudit] = {}

    async def examine(name: str) -> None:
        found[name] = await _audit_named(folder, name, runtime, pool, effort)
        done(found[name])

    await for_each(examine, chosen, effort.jobs)
    return Audit(
        folder=str(folder.path),
        problems=folder.problems,
        worlds=tuple(found[name] for name in chosen),
        seed=effort.seed,
        seconds=perf_counter() - started,
    )


async def audit_world(
    world: World, runtime: Runtime, pool: VerifierPool, effort: Effort = _NORMAL
) -> WorldAudit:
    """Audit one world; whatever is wrong with it is in what is returned.

    Raises:
        InfrastructureError: The machinery failed.
    """
    started = perf_counter()
    examined = await examine_world(
        runtime, world, seed=effort.seed, calls_per_tool=effort.calls_per_tool
    )
    problems, tasks = examined.problems, tuple[TaskAudit, ...]()
    alive = examined.ready is not None and bool(examined.ready.tools)
    if alive:
        try:
            tasks = await _prove(world, runtime, pool, examined, effort.seed)
        except WorldError as error:
            # It came to life a moment ago: something that it does is not the same every time.
            alive = False
            problems = (Problem(world.name, "", error.message, error.hint), *problems)
        except SnapshotError as error:
            problems = (Problem(world.name, "", error.message, error.hint), *problems)
            tasks = tuple(_blocked(world, error.message))
    return WorldAudit(
        world=world.name,
        scenario=world.scenario,
        description=world.description,
        alive=alive,
        problems=problems,
        faults=examined.faults,
        tools=examined.tools,
        tables=len(examined.schema.tables) if examined.schema else 0,
        calls=examined.calls,
        tasks=tasks,
        seconds=perf_counter() - started,
    )


def audit_folder(
    path: str | Path,
    *,
    names: Iterable[str] | None = None,
    effort: Effort = _NORMAL,
    allow_weak: bool = False,
    done: Callable[[WorldAudit], None] = lambda _world: None,
) -> Audit:
    """Audit a folder of worlds, from code that is not asynchronous.

    Args:
        path: See `awm.open_worlds`.
        names: Which worlds; all by default.
        effort: How thoroughly.
        allow_weak: Run where code cannot be jailed.
        done: Told of each world, in the order in which they are done.

    Raises:
        UsageError: It is called where an event loop runs, as in a notebook.
        UnknownWorldError: A name is not in the folder.
        AwmError: The folder cannot be opened, or the machinery fails.
    """
    if _in_event_loop():
        raise UsageError(
            "audit_folder waits, and where an event loop runs nothing may.",
            "Use `await awm.audit.audit_worlds(...)` there.",
        )
    folder = open_worlds(path)

    async def run() -> Audit:
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(Runtime(allow_weak=allow_weak))
            pool = await stack.enter_async_context(VerifierPool(allow_weak=allow_weak))
            return await audit_worlds(folder, runtime, pool, names=names, effort=effort, done=done)

    return asyncio.run(run())


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _audit_named(
    folder: WorldFolder, name: str, runtime: Runtime, pool: VerifierPool, effort: Effort
) -> WorldAudit:
    try:
        world = await asyncio.to_thread(folder.__getitem__, name)
    except WorldError as error:
        problems = error.problems or (Problem(name, "", error.message, error.hint),)
        return WorldAudit(name, folder.title(name), "", alive=False, problems=problems)
    return await audit_world(world, runtime, pool, effort)


async def _prove(
    world: World,
    runtime: Runtime,
    pool: VerifierPool,
    examined: WorldExamination,
    seed: int,
) -> tuple[TaskAudit, ...]:
    schema = examined.schema
    if schema is None:
        raise SnapshotError(f"the tables of {world.name!r} cannot be read.")
    async with await runtime.launch(world) as instance:
        hints = await _hints(runtime, world, instance.world.template)
        ground = Ground(world, instance, schema, hints, _strays(world, examined))
        prover = Prover(runtime, pool, ground, seed)
        return tuple([await prover.prove(task_idx) for task_idx in _task_numbers(world)])


async def _hints(runtime: Runtime, world: World, template: bytes) -> Hints:
    try:
        return hints_in_rows(await runtime.examiner.compare(world.name, b"", template))
    except SnapshotError:
        return {}  # there are more rows than can be told at once, and hints are only hints


def _blocked(world: World, why: str) -> Iterator[TaskAudit]:
    for task_idx in _task_numbers(world):
        yield TaskAudit(task_idx, world.sentence(task_idx), "blocked", why)


def _strays(world: World, examined: WorldExamination) -> list[ToolCall]:
    """Calls that may change the world: those that were seen to, and what oracles call."""
    return [
        *examined.changing,
        *(call for oracle in world.oracles.values() for call in oracle.solution.calls),
    ]


def _task_numbers(world: World) -> list[int]:
    """Every task that is listed, verified or solved; files do not always agree."""
    numbers = {program.task_idx for program in world.verifiers} | world.oracles.keys()
    return sorted(numbers.union(range(len(world.tasks))))
