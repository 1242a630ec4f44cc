"""The same work for each of many worlds: a few at a time, holding none longer than needed."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

from awm.cli.context import new_runtime
from awm.cli.signals import run
from awm.errors import AwmError, Problem, WorldError
from awm.lanes import for_each
from awm.runtime import PreparedWorld, Runtime
from awm.settings import Settings
from awm.worlds import WorldFolder

__all__ = ["Prepared", "Trial", "choose", "prepare_all", "problems_of"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is kept of a world that came to life: little, as there may be a thousand.

    Attributes:
        tools: How many it has.
        database_bytes: How large the state is that its instances start from.
    """

    tools: int
    database_bytes: int

    @classmethod
    def of(cls, ready: PreparedWorld) -> "Prepared":
        """Keep what is shown."""
        return cls(len(ready.tools), len(ready.template))


@dataclass(frozen=True, slots=True)
class Trial:
    """How one world fared.

    Attributes:
        world: Its normalised name.
        seconds: How long it took.
        prepared: What came to life; None if nothing did.
        problems: Everything that was found, errors and warnings.
    """

    world: str
    seconds: float
    prepared: Prepared | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether it came to life without an error."""
        return self.prepared is not None and not self.errors

    @property
    def errors(self) -> list[Problem]:
        """The problems that are not just warnings."""
        return [problem for problem in self.problems if problem.severity == "error"]


def choose(folder: WorldFolder, names: Iterable[str]) -> list[str]:
    """The normalised names of the worlds asked for; of all when none is.

    Raises:
        UnknownWorldError: One is not there.
    """
    return folder.named(names) or list(folder)


def problems_of(world: str, error: AwmError) -> tuple[Problem, ...]:
    """What an error found, or the error itself as a problem."""
    if isinstance(error, WorldError) and error.problems:
        return error.problems
    return (Problem(world, "", error.message, error.hint),)


def prepare_all(
    folder: WorldFolder,
    names: list[str],
    chosen: Settings,
    jobs: int | None,
    done: Callable[[Trial], None],
) -> None:
    """Bring each world to life once.

    Args:
        folder: Where the worlds are.
        names: Which of them.
        chosen: What a world may take.
        jobs: How many at a time; None for one for each core.
        done: Told of each, in the order in which they are done.

    Raises:
        InfrastructureError: The runtime cannot be started.
        IsolationError: Worlds cannot be jailed here.
        StoppedError: A signal came.
    """
    run(_prepare_all(folder, names, chosen, jobs, done))


async def _prepare_all(
    folder: WorldFolder,
    names: list[str],
    chosen: Settings,
    jobs: int | None,
    done: Callable[[Trial], None],
) -> None:
    async with new_runtime(chosen) as runtime:

        async def attempt(name: str) -> None:
            done(await _attempt(runtime, folder, name))

        await for_each(attempt, names, jobs)


async def _attempt(runtime: Runtime, folder: WorldFolder, name: str) -> Trial:
    started = perf_counter()
    prepared: Prepared | None = None
    try:
        ready = await runtime.prepare(await asyncio.to_thread(folder.__getitem__, name))
        prepared, problems = Prepared.of(ready), ready.problems
    except AwmError as error:
        problems = problems_of(name, error)
    return Trial(name, perf_counter() - started, prepared, problems)
