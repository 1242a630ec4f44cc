"""Everything that the audit finds out about one world, its tasks left aside."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from awm.audit.chance import check_chance
from awm.audit.clocks import check_clocks
from awm.audit.faults import ToolFault, problem_of
from awm.audit.probing import CALLS_PER_TOOL, ProbeReport, Progress, probe_tools
from awm.errors import Problem, SnapshotError, WorldError
from awm.runtime import PreparedWorld, Runtime, Schema
from awm.types import ToolCall, ToolSpec
from awm.worlds import World, WorldFile, check_world
from awm.worlds.check import PROTOCOL_NAMES
from awm.worlds.excerpts import excerpt

__all__ = ["WorldExamination", "examine_world"]

_API_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What the APIs of language models take for the name of a function."""
_REPLAYED: Final = 24


@dataclass(frozen=True, slots=True)
class WorldExamination:
    """What is known of a world once its tools have been called.

    Attributes:
        problems: Everything that is wrong with it, errors first, each once.
        ready: The world prepared; None where it does not come to life, and then only `problems`
            says anything.
        schema: The tables of its initial state; None where they cannot be read.
        faults: The tool calls that failed by the world's fault, replayable.
        changing: Calls that succeed in the initial state and change rows there.
        reading: Calls that succeed in the initial state and change nothing.
        silent: Tools that never answered with success.
        tools: How many tools were called.
        calls: How many calls were made of them.
    """

    problems: tuple[Problem, ...]
    ready: PreparedWorld | None = None
    schema: Schema | None = None
    faults: tuple[ToolFault, ...] = ()
    changing: tuple[ToolCall, ...] = ()
    reading: tuple[ToolCall, ...] = ()
    silent: tuple[str, ...] = ()
    tools: int = 0
    calls: int = 0


@dataclass(slots=True)
class _Findings:
    """Problems as they are found; the same thing said twice is kept once."""

    kept: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.kept.setdefault((problem.where, problem.what), problem)

    def all(self) -> tuple[Problem, ...]:
        return tuple(sorted(self.kept.values(), key=lambda problem: problem.severity != "error"))


async def examine_world(
    runtime: Runtime,
    world: World,
    *,
    seed: int = 0,
    calls_per_tool: int = CALLS_PER_TOOL,
    progress: Progress | None = None,
) -> WorldExamination:
    """Examine a world: its files, its database, its tools, its dependence on time and chance.

    A fault of the world's is a problem in what is returned and never an exception.

    Args:
        runtime: Where it is brought to life.
        world: The world.
        seed: What all chance is derived from.
        calls_per_tool: How often each tool is called.
        progress: Told the tool, how many tools are done, and how many there are.

    Raises:
        InfrastructureError: No worker can be kept alive.
    """
    findings = _Findings()
    findings.add(check_world(world))
    try:
        ready = await runtime.prepare(world)
    except WorldError as error:
        findings.add(await _why_not(runtime, world, error, findings.all()))
        return WorldExamination(findings.all())
    findings.add(ready.problems)
    findings.add(_tool_problems(world, ready.tools, findings.all()))
    schema = await _schema(runtime, ready, findings)
    findings.add(await check_clocks(runtime, world, ready))
    try:
        report = await probe_tools(
            runtime, world, ready, seed=seed, calls_per_tool=calls_per_tool, progress=progress
        )
        findings.add(problem_of(world.name, fault) for fault in report.faults)
        findings.add(_given_up(world, report))
        replayed = _one_each(report.changing, report.reading)
        findings.add(await check_chance(runtime, world, replayed, seed=seed))
    except (SnapshotError, WorldError) as error:
        # It came to life once, and a handler has done something to it since.
        findings.add([Problem(world.name, "", str(error), "look at what its handlers share")])
        return WorldExamination(findings.all(), ready, schema)
    return WorldExamination(
        problems=findings.all(),
        ready=ready,
        schema=schema,
        faults=report.faults,
        changing=report.changing,
        reading=report.reading,
        silent=report.silent,
        tools=report.tools,
        calls=report.calls,
    )


async def _why_not(
    runtime: Runtime, world: World, error: WorldError, known: Sequence[Problem]
) -> list[Problem]:
    """Why a world does not come to life, and what else is wrong with its database."""
    found = list(error.problems)
    if not found and not any(problem.severity == "error" for problem in known):
        found.append(Problem(world.name, "", error.message, error.hint))
    if world.has(WorldFile.DATABASE):
        try:
            found += (await runtime.examiner.build(world.recipe())).problems
        except WorldError as unbuildable:
            found += unbuildable.problems
    return found


def _tool_problems(
    world: World, tools: Sequence[ToolSpec], known: Sequence[Problem]
) -> Iterator[Problem]:
    if not tools:
        hint = "give each operation of the application an operation_id"
        yield Problem(world.name, str(WorldFile.ENVIRONMENT), "it has no tools", hint)
    said = {problem.where for problem in known}
    alike: dict[str, str] = {}
    for tool in tools:
        where = f"{WorldFile.ENVIRONMENT}: tool {excerpt(tool.name)}"
        if tool.name in PROTOCOL_NAMES and where not in said:
            what = "protocols that serve worlds use this name themselves"
            yield _warning(world, where, what, "call the tool after what it does here")
        if not _API_NAME.fullmatch(tool.name):
            what = "the APIs of language models refuse this name"
            yield _warning(world, where, what, "use at most 64 letters, digits, _ and -")
        other = alike.setdefault(_folded(tool.name), tool.name)
        if other != tool.name:
            what = f"is told from {excerpt(other, 80)} by case or punctuation alone"
            yield _warning(world, where, what, "give it a name of its own")


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _warning(world: World, where: str, what: str, hint: str) -> Problem:
    return Problem(world.name, where, what, hint, "warning")


async def _schema(runtime: Runtime, ready: PreparedWorld, findings: _Findings) -> Schema | None:
    try:
        schema = await runtime.examiner.describe(ready.name, ready.template)
    except SnapshotError as error:
        hint = "mend the schema"
        findings.add([Problem(ready.name, str(WorldFile.DATABASE), error.message, hint)])
        return None
    findings.add(
        Problem(
            ready.name,
            f"{WorldFile.SAMPLE}: table {lost.table}",
            f"{lost.rows} of its rows name a row of {lost.target} that is not there"
            f" ({', '.join(lost.columns)})",
            "add the missing rows, or mend the references",
            "warning",
        )
        for lost in schema.dangling
    )
    return schema


def _given_up(world: World, report: ProbeReport) -> Iterator[Problem]:
    for tool in report.skipped:
        what = "was given up before every kind of argument was tried: its calls take too long"
        yield _warning(
            world, f"tool {excerpt(tool, 80)}", what, "mend what is slow and audit again"
        )


def _one_each(changing: Sequence[ToolCall], reading: Sequence[ToolCall]) -> list[ToolCall]:
    """One call of each tool, those that change something first."""
    first: dict[str, ToolCall] = {}
    for call in (*changing, *reading):
        first.setdefault(call.name, call)
    rest = [call for call in changing if first[call.name] is not call]
    return [*first.values(), *rest][:_REPLAYED]
