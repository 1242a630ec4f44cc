"""Stage `env`: the application itself, one Python file, brought to life and called.

It is loaded in the jail, its classes are compared with the schema, its tools with the interface,
and each tool is called as the audit does: so what the audit would find later is found while it can
still be mended.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from awm.audit.faults import ToolFault, problem_of
from awm.audit.world_checks import WorldExamination, examine_world
from awm.errors import Problem
from awm.runtime import Runtime, Schema
from awm.synthesis.llm_author.answers import code_in
from awm.synthesis.llm_author.repairing import Checked, Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.writing.mapped import MappedClass, disagreements, mapped_classes
from awm.synthesis.llm_author.writing.material import (
    api_told,
    moment_told,
    question_of,
    rows_told,
    schema_told,
    world_of,
)
from awm.synthesis.llm_author.writing.tracing import Traced, trace
from awm.synthesis.llm_author.writing.unbroken import have_written
from awm.types import ToolCall
from awm.worlds import World, WorldFile
from awm.worlds.code import SourceError, read_code
from awm.worlds.excerpts import excerpt
from awm.worlds.names import database_name

__all__ = ["EnvironmentStage", "tools_told"]

_CALLS_PER_TOOL: Final = 32
"""Fewer than the audit makes: each attempt is probed, and a world may take several."""
_AROUND: Final = 2
"""Lines that are quoted before and after one that does not compile."""
_SHOWN: Final = 300
_PER_TOOL: Final = 3
_TRACED: Final = 40
"""Faults whose calls are made again."""
_CALL: Final = 200
_LINE: Final = re.compile(r"\bline (\d+)")
_ATTRIBUTE: Final = re.compile(
    r"'(\w+)' object has no attribute '(\w+)'|'(\w+)' is an invalid keyword argument for (\w+)"
    r"|type object '(\w+)' has no attribute '(\w+)'"
)
_COLUMN: Final = re.compile(r"no such column: (\w+)\.(\w+)|table (\w+) has no column named (\w+)")
_HINTS: Final[Mapping[str, str]] = {
    "DetachedInstanceError": "read what the answer needs before the session is closed",
    "ResponseValidationError": "answer with the fields and the types that response_model has",
    "'NoneType' object": "see whether the record is there, and answer 404 where it is not",
    "ValueError": "read it inside `try`, and refuse with 422 what cannot be read",
    "IntegrityError": "check it before it is written, and refuse it with 409 or 422",
}
_ELSEWHERE: Final = tuple(str(part) for part in WorldFile if part is not WorldFile.ENVIRONMENT)


class EnvironmentStage:
    """Has the code of a world written."""

    name: StageName = "env"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write it; see `Stage`."""
        question = question_of(
            "env",
            bench.choices,
            scenario=draft.title,
            description=draft.description,
            database=schema_told(draft),
            api=api_told(draft),
            rows=rows_told(draft),
            moment=moment_told(bench.choices.clock),
        )

        async def check(source: str) -> Checked[Records]:
            return await _checked(bench, draft, source)

        return await have_written(bench, draft, self.name, question, code_in, check)


def tools_told(draft: Draft) -> tuple[str, ...]:
    """The tools that the interface of a draft asks for."""
    groups = draft.row(WorldFile.SPEC)["api_spec"].get("api_groups", ())
    return tuple(each["operation_id"] for group in groups for each in group["endpoints"])


async def _checked(bench: Bench, draft: Draft, source: str) -> Checked[Records]:
    try:
        facts = read_code(source)
    except SourceError as error:
        where = f"the code: {error.place}"
        what = f"{error.what}{_quoted(source, error.place)}"
        return Checked(None, (Problem(draft.name, where, what, error.hint),))
    path = f"./databases/{database_name(draft.title)}"
    row = {"scenario": draft.title, "db_path": path, "full_code": source}
    records = {WorldFile.ENVIRONMENT: (row,)}
    world = world_of(draft, records)
    seen = await examine_world(
        bench.runtime, world, seed=bench.choices.seed, calls_per_tool=_CALLS_PER_TOOL
    )
    reported = _Report(draft, world, mapped_classes(source), seen, facts.getters)
    problems = await reported.problems(bench.runtime)
    return Checked(None if seen.ready is None else records, tuple(sorted(problems, key=_mildness)))


def _mildness(problem: Problem) -> bool:
    return problem.severity != "error"


class _Report:
    """What is wrong with an application, told so that its author can mend it."""

    def __init__(
        self,
        draft: Draft,
        world: World,
        classes: Sequence[MappedClass],
        seen: WorldExamination,
        getters: frozenset[str],
    ) -> None:
        self._draft = draft
        self._world = world
        self._classes = classes
        self._seen = seen
        self._getters = getters
        self._lines = world.code.splitlines()

    async def problems(self, runtime: Runtime) -> list[Problem]:
        schema = await self._schema(runtime)
        faults = sorted(
            (fault for fault in self._seen.faults if fault.kind == "server_error"),
            key=lambda fault: fault.oddity,
        )
        traced = await trace(runtime, self._world, faults[:_TRACED])
        return [
            *self._mapping(schema),
            *self._tools(),
            *self._general(faults),
            *self._failing(faults, [*traced, *[None] * (len(faults) - len(traced))], schema),
            *self._getting(),
            *self._silent(),
        ]

    async def _schema(self, runtime: Runtime) -> Schema:
        """The tables as the schema has them: loading the code may have added its own."""
        built = await runtime.examiner.build(self._world.recipe())
        return await runtime.examiner.describe(self._draft.name, built.image)

    def _problem(self, where: str, what: str, hint: str = "") -> Problem:
        return Problem(self._draft.name, where, what, hint)

    def _warning(self, where: str, what: str, hint: str = "") -> Problem:
        return Problem(self._draft.name, where, what, hint, "warning")

    def _mapping(self, schema: Schema) -> Iterator[Problem]:
        for each in disagreements(self._classes, schema):
            tell = self._problem if each.breaks else self._warning
            yield tell(each.where, each.what, each.hint)

    def _tools(self) -> Iterator[Problem]:
        if self._seen.ready is None:
            return
        there = self._seen.ready.tool_names
        wanted = tools_told(self._draft)
        if missing := [name for name in wanted if name not in there]:
            what = f"the code lacks endpoints of the interface: {', '.join(missing)}"
            yield self._problem("tools", what, "add each with its operation_id")
        if extra := sorted(there - set(wanted)):
            what = f"the code has what the interface has not: {', '.join(extra)}"
            yield self._warning("tools", what, "leave it out, or give it the right operation_id")

    def _general(self, told_apart: Sequence[ToolFault]) -> Iterator[Problem]:
        """What the audit says, but for what others have to mend and what is told with its line."""
        left_out = {problem_of(self._world.name, fault) for fault in told_apart}
        for problem in self._seen.problems:
            if problem in left_out or problem.where.startswith(_ELSEWHERE):
                continue
            where = problem.where.removeprefix(f"{WorldFile.ENVIRONMENT}: ").replace(
                "full_code", "the code"
            )
            what = f"{problem.what}{self._text_at(problem.where)}"
            yield Problem(problem.world, where, what, problem.hint, problem.severity)

    def _failing(
        self, faults: Sequence[ToolFault], traced: Sequence[Traced | None], schema: Schema
    ) -> Iterator[Problem]:
        """Tools that fail with a server error, the faults of each together.

        What only extreme arguments bring about is left out where ordinary ones do.
        """
        alike: dict[str, list[tuple[Problem, str]]] = {}
        for fault, found in zip(faults, traced, strict=True):
            problem = problem_of(self._world.name, fault)
            told = self._told(fault, found, schema)
            alike.setdefault(fault.tool, []).append((problem, told))
        for tool, of_tool in alike.items():
            first = min((problem for problem, _ in of_tool), key=_mildness)
            same = [told for problem, told in of_tool if problem.severity == first.severity]
            more = [f"and {len(same) - _PER_TOOL} more"] if len(same) > _PER_TOOL else []
            hint = next((hint for name, hint in _HINTS.items() if name in same[0]), first.hint)
            what = "; ".join([*same[:_PER_TOOL], *more])
            yield Problem(first.world, f"tool {tool}", what, hint, first.severity)

    def _told(self, fault: ToolFault, found: Traced | None, schema: Schema) -> str:
        exception, line = found or (fault.what, None)
        place = f" at line {line}{self._text_at(f'line {line}')}" if line else ""
        calls = " and then ".join(_shown(call) for call in fault.calls[-2:])
        why = excerpt(exception.partition("\n[SQL: ")[0], _SHOWN)
        return f"{calls} fails: {why}{place}{self._names(exception, schema)}"

    def _names(self, exception: str, schema: Schema) -> str:
        """The attributes or columns that there are, where an exception says that one is not."""
        if found := _ATTRIBUTE.search(exception):
            owner = found[1] or found[4] or found[5]
            for each in self._classes:
                if each.name == owner:
                    return f" ({owner} has: {', '.join(each.columns)})"
        if found := _COLUMN.search(exception):
            table = schema.tables.get(found[1] or found[3])
            if table is not None:
                return f" ({table.name} has: {', '.join(one.name for one in table.columns)})"
        return ""

    def _getting(self) -> Iterator[Problem]:
        changing: dict[str, ToolCall] = {}
        for call in self._seen.changing:
            changing.setdefault(call.name, call)
        for name, call in changing.items():
            if name in self._getters:
                what = f"it is a GET and changes rows: {_shown(call)}"
                yield self._problem(f"tool {name}", what, "only read in a GET, or make it a POST")

    def _silent(self) -> Iterator[Problem]:
        """Tools that never succeeded; one that needs no argument has no excuse."""
        tools = (
            {} if self._seen.ready is None else {each.name: each for each in self._seen.ready.tools}
        )
        failing = {fault.tool for fault in self._seen.faults}
        for name in self._seen.silent:
            needs = tools[name].input_schema.get("required", ())
            if name in failing:
                continue
            what = "none of the calls that were tried succeeded"
            hint = "see whether it refuses too much, or another path takes its calls"
            tell = self._warning if needs else self._problem
            yield tell(f"tool {name}", what, hint)

    def _text_at(self, place: str) -> str:
        found = _LINE.search(place)
        number = int(found[1]) if found else 0
        if not 1 <= number <= len(self._lines):
            return ""
        return f": `{excerpt(self._lines[number - 1].strip(), _SHOWN)}`"


def _shown(call: ToolCall) -> str:
    return excerpt(f"{call.name}({json.dumps(dict(call.arguments), ensure_ascii=False)})", _CALL)


def _quoted(source: str, place: str) -> str:
    """The lines around a place, the one that is meant marked."""
    found = _LINE.search(place)
    if found is None:
        return ""
    number = int(found[1])
    lines = source.splitlines()
    shown = range(max(1, number - _AROUND), min(len(lines), number + _AROUND) + 1)
    marked = (f"{'>' if at == number else ' '} {at}: {lines[at - 1]}" for at in shown)
    return "\n" + "\n".join(marked)
