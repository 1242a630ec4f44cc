"""Worlds to read and write: a small made-up one, and three real ones where they are at hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from awm.worlds import WorldFile

Rows: TypeAlias = dict[WorldFile, list[dict[str, Any]]]

SAMPLE = Path(__file__).parents[2] / "../shared/awm-sample"

CODE = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/pets", operation_id="list_pets", summary="List the pets")
def list_pets() -> list[str]:
    return []
"""


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """The folder with three published worlds."""
    if not SAMPLE.is_dir():
        pytest.skip("the three published sample worlds are not on this machine")
    return SAMPLE.resolve()


@pytest.fixture
def zoo() -> Rows:
    """The rows of one small sound world, new for each test."""
    return rows_of("City Zoo")


@pytest.fixture(scope="session")
def make_rows() -> Callable[[str], Rows]:
    """Makes the rows of a small sound world of any name."""
    return rows_of


def rows_of(name: str) -> Rows:
    users = {"name": "users", "ddl": "CREATE TABLE users (id INTEGER)", "indexes": []}
    pets = {
        "name": "pets",
        "ddl": "CREATE TABLE pets (id)",
        "indexes": ["CREATE INDEX i ON pets(id)"],
    }
    verification = {"code": "def verify_task_completion(a, b):\n    return {'result': 'others'}\n"}
    return {
        WorldFile.SCENARIO: [{"name": name, "description": "A zoo.", "suitability_level": 3}],
        WorldFile.TASKS: [{"scenario": name, "tasks": ["Feed the fox.", "Name the owl."]}],
        WorldFile.DATABASE: [{"scenario": name, "db_schema": {"tables": [users, pets]}}],
        WorldFile.SAMPLE: [
            {
                "scenario": name,
                "sample_data": {
                    "tables": [
                        {
                            "table_name": "users",
                            "insert_statements": ["INSERT INTO users VALUES (1)"],
                        }
                    ]
                },
            }
        ],
        WorldFile.SPEC: [
            {
                "scenario": name,
                "api_spec": {
                    "api_groups": [
                        {
                            "group_name": "Pets",
                            "endpoints": [{"path": "/pets", "operation_id": "list_pets"}],
                        }
                    ]
                },
            }
        ],
        WorldFile.ENVIRONMENT: [{"scenario": name, "full_code": CODE}],
        WorldFile.VERIFIER_CODE: [
            {
                "scenario": name.lower().replace(" ", "_"),
                "task_idx": index,
                "task": task,
                "verification": dict(verification),
            }
            for index, task in enumerate(["Feed the fox.", "Name the owl."])
        ],
    }
