"""What a model is told of a draft, and how the stages that write worlds put their questions."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel

from awm.llm import Question
from awm.synthesis.llm_author.answers import as_text, schema_of
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.stage import Choices, Draft
from awm.types import JsonObject
from awm.worlds import World, WorldFile
from awm.worlds.excerpts import excerpt

__all__ = [
    "api_told",
    "moment_told",
    "question_of",
    "rows_told",
    "schema_told",
    "tasks_told",
    "world_of",
]

_ROWS_TOLD: Final = 2
"""Statements that are shown of each table: enough to see how its values are written."""
_STATEMENT: Final = 400
"""Characters of a statement that are shown."""


def question_of(
    name: str,
    choices: Choices,
    form: type[BaseModel] | None = None,
    least: Mapping[str, int] | None = None,
    **values: str,
) -> Question:
    """The question of a stage.

    Args:
        name: Of its prompt.
        choices: What somebody chose.
        form: Of the answer, where that is JSON; the prompt is given its schema as `schema`.
        least: How many entries lists of the answer have at least, by their names: a model that is
            held to the schema then writes no fewer. Small ones stop after the first otherwise.
        values: What else the prompt has places for.
    """
    schema = None if form is None else schema_of(form, least or {})
    told = values if schema is None else {**values, "schema": as_text(schema)}
    return Question(
        prompt(name).filled(**told),
        temperature=choices.temperature,
        max_tokens=choices.max_tokens,
        schema=schema,
        seed=choices.seed,
    )


def moment_told(moment: datetime) -> str:
    """The moment at which a world stands, such as `Monday, 2026-02-02 09:00 UTC`."""
    return f"{moment:%A, %Y-%m-%d %H:%M} UTC"


def tasks_told(draft: Draft) -> str:
    """The tasks of a draft, one a line, numbered from 1."""
    return "\n".join(f"{number}. {task}" for number, task in enumerate(draft.tasks, 1))


def schema_told(draft: Draft) -> str:
    """The schema of a draft as SQL."""
    tables = draft.row(WorldFile.DATABASE)["db_schema"]["tables"]
    written = [sql for table in tables for sql in (table["ddl"], *(table.get("indexes") or ()))]
    return "\n".join(_ended(sql) for sql in written)


def api_told(draft: Draft) -> str:
    """The interface of a draft as JSON."""
    spec = draft.row(WorldFile.SPEC)["api_spec"]
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":"))


def rows_told(draft: Draft) -> str:
    """The first statements that fill each table of a draft; empty where no rows are known."""
    known = draft.records.get(WorldFile.SAMPLE)
    groups = known[-1]["sample_data"]["tables"] if known else ()
    shown = [
        excerpt(statement, _STATEMENT)
        for group in groups
        for statement in (group.get("insert_statements") or ())[:_ROWS_TOLD]
    ]
    return "\n".join(_ended(statement) for statement in shown)


def world_of(draft: Draft, more: Mapping[WorldFile, Sequence[JsonObject]]) -> World:
    """The world that a draft describes with further rows.

    Raises:
        WorldFileError: The rows do not describe a world.
    """
    return World.from_records(draft.with_records(more).records)


def _ended(sql: str) -> str:
    text = sql.strip()
    return text if text.endswith((";", "...")) else f"{text};"
