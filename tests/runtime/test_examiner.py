import pytest

from awm.errors import SnapshotError
from awm.runtime import DanglingReference
from tests.verify.databases import database


async def test_a_jailed_worker_describes_a_database(runtime):
    image = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, o REFERENCES gone (id));",
        "INSERT INTO t VALUES (1, 'N1', NULL), (2, 'N2', 5), (3, 'N3', 6);",
    )
    schema = await runtime.examiner.describe("notes", image)
    assert schema.numbered == {"t": "id"}
    assert schema.tables["t"].serial == ("n",)
    assert schema.dangling == (DanglingReference("t", ("o",), "gone", 2),)


async def test_a_damaged_database_is_told_with_its_world(runtime):
    with pytest.raises(SnapshotError, match=r"world 'notes': its database cannot be read"):
        await runtime.examiner.describe("notes", b"damaged" * 1000)
