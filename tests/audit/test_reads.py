"""Which tools only look."""

import pytest

from awm.audit.reads import reading_tools
from awm.worlds import World, WorldFile
from tests.conftest import make_world

CODE = """
@app.get("/a", operation_id="named")
def a():
    return 1

@app.get("/b/{key}")
async def unnamed(key: int):
    return key

@app.post("/c", operation_id="list_c", summary="x")
@app.get("/d", operation_id="both")
def both():
    return 1

@app.delete("/e")
def other():
    return 1

@cached
def plain():
    return 1
"""
NAMES = frozenset(
    {"named", "unnamed_b__key__get", "both", "list_c", "other_e_delete", "add_note", "list_notes"}
)


def test_what_is_declared_as_get_is_read_from_the_code():
    reads = reading_tools(make_world(CODE), NAMES)
    assert reads == {"named", "unnamed_b__key__get", "both", "list_notes"}


def test_without_it_the_spec_tells():
    endpoints = [
        {"operation_id": "named", "method": "get"},
        {"operation_id": "add_note", "method": "POST"},
        {"operation_id": 7, "method": "GET"},
        "nothing",
    ]
    spec = {"scenario": "Notes", "api_spec": {"api_groups": [{"endpoints": endpoints}, 7]}}
    bare = World.from_records({WorldFile.SPEC: [spec]})
    assert reading_tools(bare, NAMES) == {"named"}


@pytest.mark.parametrize("code", ["def", "x = 1"])
def test_code_that_shows_nothing_declares_nothing(code):
    assert reading_tools(make_world(header=code), NAMES) == frozenset()
