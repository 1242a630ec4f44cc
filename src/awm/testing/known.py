"""A world that the model server knows, and what it writes of it in each form that is asked for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from awm.testing.endpoints import spec_from
from awm.types import JsonObject
from awm.verify import VerifierMode
from awm.worlds import World, WorldFile
from awm.worlds.oracle import Oracle

__all__ = ["KnownWorld", "Place", "alike", "as_text"]

_ENDPOINT: Final = (
    "path",
    "method",
    "summary",
    "description",
    "operation_id",
    "tags",
    "request_params",
    "required_tables",
)
"""What is told of an endpoint. What it answers is left out: it would be most of the text."""

_EMPTY: Final = "Nothing of the kind has happened yet; what is done in the tasks comes in here."


@dataclass(frozen=True)
class KnownWorld:
    """A world with everything that is written about it, ready to be sent.

    Attributes:
        title: Under which it was made; it may be served under others.
        tasks: Their sentences.
        database: The answer to a question for its schema.
        sample: That for its rows.
        spec: That for its API.
        code: That for its code, without a fence.
        verifiers: By mode and number of the task, without a fence.
        oracles: By number of the task.
        reads: The names of the tools that only look.
    """

    title: str
    tasks: tuple[str, ...]
    database: str
    sample: str
    spec: str
    code: str
    verifiers: Mapping[tuple[VerifierMode, int], str]
    oracles: Mapping[int, Oracle]
    reads: frozenset[str]

    @classmethod
    def of(cls, world: World) -> "KnownWorld":
        """What is known of a world; one without a specification gets that of its code."""
        spec = world.spec or spec_from(world.code, [table.name for table in world.tables])
        endpoints = [each for group in spec["api_groups"] for each in group["endpoints"]]
        return cls(
            title=world.scenario,
            tasks=world.tasks,
            database=as_text({"tables": [_table(each) for each in world.tables]}),
            sample=as_text({"tables": list(_rows(world))}),
            spec=as_text({"api_groups": [_group(each) for each in spec["api_groups"]]}),
            code=world.code,
            verifiers={(each.mode, each.task_idx): each.code for each in world.verifiers},
            oracles=world.oracles,
            reads=frozenset(each["operation_id"] for each in endpoints if each["method"] == "GET"),
        )

    def number(self, idx: int, sentence: str) -> int | None:
        """The number that a task has here: by its sentence, or else by the number it is given."""
        same = [place for place, task in enumerate(self.tasks) if alike(task) == alike(sentence)]
        if same:
            return same[0]
        return idx if 0 <= idx < len(self.tasks) else None


Place: TypeAlias = tuple[KnownWorld, int]
"""A task: its world and its number there."""


def alike(sentence: str) -> str:
    """A sentence whatever its white space."""
    return " ".join(sentence.split())


def as_text(answer: Any) -> str:
    """JSON as a model writes it that wastes nothing."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _table(table: Any) -> JsonObject:
    return {"name": table.name, "ddl": table.ddl, "indexes": list(table.indexes)}


def _rows(world: World) -> Iterator[JsonObject]:
    """The statements by table, and for each table that begins empty why it does."""
    groups = world.records[WorldFile.SAMPLE][-1]["sample_data"]["tables"]
    filled = [each for each in groups if each["insert_statements"]]
    for each in filled:
        yield {"table_name": each["table_name"], "insert_statements": each["insert_statements"]}
    for name in {table.name: None for table in world.tables}:
        if all(each["table_name"] != name for each in filled):
            yield {"table_name": name, "reasoning": _EMPTY, "insert_statements": []}


def _group(group: JsonObject) -> JsonObject:
    endpoints = [
        {name: each[name] for name in _ENDPOINT if name in each} for each in group["endpoints"]
    ]
    return {"group_name": group["group_name"], "endpoints": endpoints}
