import pytest

from awm.runtime.inside.worker import _Worker
from awm.runtime.wire import (
    Build,
    Call,
    Close,
    Compare,
    Compared,
    Digest,
    Digested,
    Done,
    Failed,
    Open,
)


def answered(request):
    """What a worker that has loaded nothing answers."""
    return _Worker(None).answer(request)


def test_a_worker_without_a_world_builds_measures_and_compares():
    recipe = {
        "world": "notes",
        "tables": [{"name": "t", "ddl": "CREATE TABLE t (a)", "indexes": []}],
        "inserts": [{"table_name": "t", "statements": ["INSERT INTO t VALUES (1)", "oops"]}],
        "clock": 0.0,
        "foreign_keys": False,
    }
    built = answered(Build(recipe))
    assert (built.tables, built.rows) == (1, 1)
    assert [row[4] for row in built.problems] == ["warning"]
    assert isinstance(answered(Digest(built.image)), Digested)
    assert answered(Compare(built.image, built.image)) == Compared([])


@pytest.mark.parametrize(
    "request_", [Call(1, 1, "t", "{}"), Open(1, 0, b"", b""), Close(1), Done()], ids=repr
)
def test_a_worker_without_a_world_refuses_what_needs_one(request_):
    reply = answered(request_)
    assert isinstance(reply, Failed)
    assert type(request_).__name__ in reply.what


def test_a_damaged_database_is_a_failed_request_and_not_the_end_of_the_worker():
    reply = answered(Digest(b"garbage" * 1000))
    assert isinstance(reply, Failed)
    assert "DatabaseError" in reply.what
