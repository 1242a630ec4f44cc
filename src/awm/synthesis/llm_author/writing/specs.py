"""Stage `spec`: what an application offers, endpoint by endpoint, before any of it is written.

An endpoint becomes a tool: its `operation_id` is the tool's name, and path, query and body are one
flat list of arguments to whoever calls it. So names have to be unique and free, and nothing of what
is said twice may contradict itself.
"""

import keyword
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from awm.errors import Problem
from awm.synthesis.llm_author.answers import EndpointAnswer, SpecAnswer, json_as
from awm.synthesis.llm_author.repairing import Checked, Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.writing.databases import nearest
from awm.synthesis.llm_author.writing.material import (
    moment_told,
    question_of,
    schema_told,
    tasks_told,
)
from awm.synthesis.llm_author.writing.unbroken import have_written
from awm.worlds import WorldFile
from awm.worlds.check import PROTOCOL_NAMES

__all__ = ["SpecStage", "endpoints_wanted", "tables_of"]

_FEWEST: Final = 8
_MOST: Final = 40
_PLACE: Final = re.compile(r"\{([^{}:]*)(?::[^{}]*)?\}")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_TYPE: Final = re.compile(
    r"(?:string|str|text|integer|int|number|float|decimal|boolean|bool|object|dict|array|list|date"
    r"|datetime|time|enum)\b.*",
    re.DOTALL | re.IGNORECASE,
)


class SpecStage:
    """Has the interface of a world written."""

    name: StageName = "spec"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write it; see `Stage`."""
        tables = tables_of(draft)
        question = question_of(
            "spec",
            bench.choices,
            SpecAnswer,
            scenario=draft.title,
            description=draft.description,
            tasks=tasks_told(draft),
            database=schema_told(draft),
            moment=moment_told(bench.choices.clock),
            count=str(endpoints_wanted(len(tables))),
        )

        async def check(answer: SpecAnswer) -> Checked[Records]:
            return _checked(draft, answer, tables)

        return await have_written(bench, draft, self.name, question, json_as(SpecAnswer), check)


def endpoints_wanted(tables: int) -> int:
    """How many endpoints the application of so many tables should have, about."""
    return min(_MOST, max(_FEWEST, 2 * tables))


def tables_of(draft: Draft) -> tuple[str, ...]:
    """The names of a draft's tables."""
    tables = draft.row(WorldFile.DATABASE)["db_schema"]["tables"]
    return tuple(table["name"] for table in tables)


def _checked(draft: Draft, answer: SpecAnswer, tables: Sequence[str]) -> Checked[Records]:
    endpoints = [each for group in answer.api_groups for each in group.endpoints]
    told = (
        *chain.from_iterable(_of_endpoint(each, tables) for each in endpoints),
        *_repeated(endpoints),
        *_lacking(endpoints, tables),
    )
    problems = [Problem(draft.name, where, what, hint) for where, what, hint in told]
    problems += _unserved(draft, endpoints, tables)
    row = {"scenario": draft.title, "api_spec": answer.model_dump(mode="json")}
    return Checked({WorldFile.SPEC: (row,)}, tuple(problems))


_Told = tuple[str, str, str]
"""Where something is wrong, what, and what to do about it."""


def _of_endpoint(endpoint: EndpointAnswer, tables: Sequence[str]) -> Iterator[_Told]:
    where = f"endpoint {endpoint.operation_id}"
    if endpoint.operation_id in PROTOCOL_NAMES:
        what = f"{endpoint.operation_id} is a name that protocols around the application use"
        yield where, what, "call it after what it does, such as `cancel_order`"
    if not endpoint.path.startswith("/"):
        yield where, f"its path {endpoint.path!r} does not begin with /", ""
    yield from _of_parameters(endpoint, where)
    known = {table.lower() for table in tables}
    for table in endpoint.required_tables:
        if table.lower() not in known:
            yield where, f"there is no table {table}", f"there are: {nearest(table, tables)}"


def _of_parameters(endpoint: EndpointAnswer, where: str) -> Iterator[_Told]:
    places = _PLACE.findall(endpoint.path)
    for name in dict.fromkeys(places):
        parameter = endpoint.request_params.get(name)
        if parameter is None or parameter.param_type != "path":
            hint = "add it to request_params with param_type `path`"
            yield where, f"its path {endpoint.path} has {{{name}}}, and no such parameter", hint
    for name, parameter in endpoint.request_params.items():
        if parameter.param_type == "path" and name not in places:
            hint = f"write {{{name}}} into the path, or make it a query parameter"
            yield where, f"parameter {name} does not stand in its path {endpoint.path}", hint
        if parameter.param_type == "body" and endpoint.method == "GET":
            yield where, f"a GET has no body, and parameter {name} is in it", "make it `query`"
        if not _NAME.fullmatch(name) or keyword.iskeyword(name):
            hint = "use letters, digits and _, and another word"
            yield where, f"parameter {name!r} cannot be a name in Python", hint
        if not _TYPE.fullmatch(parameter.type):
            hint = "use string, integer, number, boolean, array or object"
            yield where, f"parameter {name} is of no known type: {parameter.type!r}", hint


def _repeated(endpoints: Sequence[EndpointAnswer]) -> Iterator[_Told]:
    for name, times in Counter(each.operation_id for each in endpoints).items():
        if times > 1:
            hint = "give each endpoint an operation_id of its own"
            yield f"endpoint {name}", f"{times} endpoints have this operation_id", hint
    ways = Counter((each.method, _PLACE.sub("{}", each.path).rstrip("/")) for each in endpoints)
    for (method, path), times in ways.items():
        if times > 1:
            names = ", ".join(
                each.operation_id
                for each in endpoints
                if (each.method, _PLACE.sub("{}", each.path).rstrip("/")) == (method, path)
            )
            what = f"{times} endpoints are {method} {path}: {names}"
            yield "endpoints", what, "give each a path of its own; only one could be reached"


def _lacking(endpoints: Sequence[EndpointAnswer], tables: Sequence[str]) -> Iterator[_Told]:
    fewest = min(_FEWEST, 2 * len(tables))
    if len(endpoints) < fewest:
        what = f"{len(endpoints)} endpoints for {len(tables)} tables are too few"
        yield "endpoints", what, f"about {endpoints_wanted(len(tables))} are wanted"
    if all(each.method != "GET" for each in endpoints):
        yield "endpoints", "none of them reads", "add GET endpoints that list and show records"
    if all(each.method == "GET" for each in endpoints):
        yield "endpoints", "none of them changes anything", "add endpoints for what the tasks do"


def _unserved(
    draft: Draft, endpoints: Sequence[EndpointAnswer], tables: Sequence[str]
) -> Iterator[Problem]:
    """Tables that tasks speak of and that no endpoint uses; it may be all right."""
    used = {table.lower() for each in endpoints for table in each.required_tables}
    told = " ".join(draft.tasks).lower()
    for table in tables:
        words = table.lower().replace("_", " ").removesuffix("s")
        if table.lower() not in used and words in told:
            what = f"tasks speak of {table}, and no endpoint has it in required_tables"
            hint = "add what the tasks need of it"
            yield Problem(draft.name, "endpoints", what, hint, "warning")
