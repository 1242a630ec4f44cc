import pytest

from awm.runtime.inside.examining import examine
from awm.runtime.wire import Build, Call, Compare, Compared, Describe, Digest, Digested
from tests.runtime import programs


def test_databases_are_built_measured_compared_and_described():
    recipe = {
        "world": "notes",
        "tables": [{"name": "t", "ddl": "CREATE TABLE t (a)", "indexes": []}],
        "inserts": [{"table_name": "t", "statements": ["INSERT INTO t VALUES (1)", "oops"]}],
        "clock": 0.0,
        "foreign_keys": False,
    }
    built = examine(Build(recipe))
    assert (built.tables, built.rows) == (1, 1)
    assert [row[4] for row in built.problems] == ["warning"]
    assert isinstance(examine(Digest(built.image)), Digested)
    assert examine(Compare(built.image, built.image)) == Compared([])
    assert examine(Describe(built.image)).tables
    assert examine(Compare(programs.INITIAL, programs.FINAL)).tables


def test_nothing_else_is_asked_of_it():
    with pytest.raises(TypeError, match="does not serve Call"):
        examine(Call(1, 1, "t", "{}"))
