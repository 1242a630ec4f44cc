"""A world written by hand: a folder of plain files, read into the rows of the AWM layout.

The folder holds `scenario.json` (name, description, tasks, optionally clock and foreign_keys),
`schema.sql`, `sample.sql` and `environment.py`; optionally `oracles.json`, a list of objects with
`task_idx`, and verifiers in files of the layout itself, `gen_verifier.jsonl` and
`gen_verifier.pure_code.jsonl`, which are compiled rather than written (`scripts/prove_bundled.py`).

A world's code is one Python file in the layout. Where that is too long to be read, the source holds
it in chapters instead, `environment/*.py`, which are joined in the order of their names.
"""

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from itertools import groupby
from typing import Any

from awm.errors import Problem, WorldFileError
from awm.types import JsonObject
from awm.worlds.excerpts import excerpt
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.model import World
from awm.worlds.names import database_name
from awm.worlds.statements import read_statements

__all__ = ["read_source", "read_title"]

_IDENTIFIER = r"""("(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[^\s"'`\[\]();,.]+)"""
_NAME = rf"(?:IF\s+NOT\s+EXISTS\s+)?(?:{_IDENTIFIER}\s*\.\s*)?{_IDENTIFIER}"
_TABLE = re.compile(rf"CREATE\s+(?:TEMP\w*\s+|VIRTUAL\s+)?TABLE\s+{_NAME}", re.IGNORECASE)
_INDEX = re.compile(
    rf"CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER)\b.*?\bON\s+{_IDENTIFIER}", re.IGNORECASE | re.DOTALL
)
_VIEW = re.compile(r"CREATE\s+VIEW\b", re.IGNORECASE)
_CHANGE = re.compile(
    rf"(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+{_NAME}",
    re.IGNORECASE,
)


def read_title(folder: Traversable) -> str:
    """Return the name of the world in a source folder.

    Raises:
        WorldFileError: `scenario.json` is not there, not JSON, or names no world.
    """
    name = _object(folder, "scenario.json").get("name")
    if not isinstance(name, str):
        raise _broken(folder, "scenario.json: name", "should be a string")
    return name


def read_source(folder: Traversable) -> World:
    """Return the world in a source folder.

    Raises:
        WorldFileError: A file is missing or not what it should be.
    """
    scenario = _object(folder, "scenario.json")
    name = read_title(folder)
    path = f"./outputs/{DATABASE_FOLDER}/{database_name(name)}"
    row: dict[WorldFile, list[JsonObject]] = {
        WorldFile.SCENARIO: [{"name": name, "description": scenario.get("description")}],
        WorldFile.TASKS: [{"scenario": name, "tasks": scenario.get("tasks")}],
        WorldFile.DATABASE: [
            {
                "scenario": name,
                "db_schema": {"tables": _tables(folder)},
                "db_path": path,
                **{key: scenario[key] for key in ("foreign_keys", "clock") if key in scenario},
            }
        ],
        WorldFile.SAMPLE: [{"scenario": name, **_sample(folder)}],
        WorldFile.ENVIRONMENT: [{"scenario": name, "db_path": path, "full_code": _code(folder)}],
        WorldFile.VERIFIER_SQL: _rows(folder, WorldFile.VERIFIER_SQL),
        WorldFile.VERIFIER_CODE: _rows(folder, WorldFile.VERIFIER_CODE),
        WorldFile.ORACLE: [{"scenario": name, **oracle} for oracle in _oracles(folder)],
    }
    return World.from_records(row)


def _code(folder: Traversable) -> str:
    chapters = folder / "environment"
    if not chapters.is_dir():
        return _text(folder, "environment.py")
    names = sorted(child.name for child in chapters.iterdir() if child.name.endswith(".py"))
    return "\n\n".join(_text(chapters, name) for name in names)


def _tables(folder: Traversable) -> list[dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    for number, statement in enumerate(read_statements(_text(folder, "schema.sql")), 1):
        if match := _TABLE.match(statement):
            name = _bare(match[2])
            tables[name.lower()] = {"name": name, "ddl": statement, "indexes": []}
            continue
        if match := _INDEX.match(statement):
            table = tables.get(_bare(match[1]).lower())
        else:
            table = next(reversed(tables.values()), None) if _VIEW.match(statement) else None
        if table is None:
            what = "neither creates a table nor belongs to one that is there"
            raise _broken(folder, f"schema.sql: statement {number}", what, statement)
        table["indexes"].append(statement)
    return list(tables.values())


def _sample(folder: Traversable) -> dict[str, Any]:
    changes = list(_changes(folder, read_statements(_text(folder, "sample.sql"))))
    # A table may come up again later: its rows then point at rows that had to come first.
    groups = [
        {"table_name": table, "insert_statements": [statement for _, statement in group]}
        for table, group in groupby(changes, key=lambda change: change[0])
    ]
    return {
        "tables_count": len({table for table, _ in changes}),
        "inserts_count": len(changes),
        "sample_data": {"tables": groups},
    }


def _changes(folder: Traversable, statements: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, statement in enumerate(statements, 1):
        match = _CHANGE.match(statement)
        if match is None:
            what = "is no INSERT, UPDATE or DELETE"
            raise _broken(folder, f"sample.sql: statement {number}", what, statement)
        yield _bare(match[2]), statement


def _oracles(folder: Traversable) -> list[dict[str, Any]]:
    if not (folder / "oracles.json").is_file():
        return []
    oracles = _json(folder, "oracles.json")
    if not isinstance(oracles, list) or not all(isinstance(oracle, dict) for oracle in oracles):
        raise _broken(folder, "oracles.json", "should be a list of objects")
    return oracles


def _rows(folder: Traversable, part: WorldFile) -> list[JsonObject]:
    if not (folder / part).is_file():
        return []
    lines = _text(folder, part).splitlines()
    return [_parsed(folder, f"{part}: line {number}", line) for number, line in enumerate(lines, 1)]


def _object(folder: Traversable, name: str) -> dict[str, Any]:
    found = _json(folder, name)
    if not isinstance(found, dict):
        raise _broken(folder, name, "should be an object")
    return found


def _json(folder: Traversable, name: str) -> Any:
    return _parsed(folder, name, _text(folder, name))


def _parsed(folder: Traversable, where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _broken(folder, where, f"not JSON: {error}") from error


def _text(folder: Traversable, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(folder, name, f"cannot be read: {error}") from error


def _bare(identifier: str) -> str:
    if identifier[0] in '"`[':
        return identifier[1:-1].replace('""', '"')
    return identifier


def _broken(folder: Traversable, where: str, what: str, statement: str = "") -> WorldFileError:
    hint = f"the statement: {excerpt(statement)}" if statement else ""
    problem = Problem(folder.name, where, what, hint)
    return WorldFileError(folder.name, "its source is not complete.", problems=[problem])
