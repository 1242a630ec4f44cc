"""A hostile handler costs its own call a clear error, and nobody else anything."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from awm.errors import SnapshotError
from awm.runtime import Instance, Runtime
from tests.conftest import make_world
from tests.runtime.hostile.handlers import ATTACKS, Attack
from tests.runtime.world_code import (
    NOTEBOOK,
    SHORT,
    descriptors,
    forget_peak,
    peak_mb,
    resident_mb,
    workers_of,
    zygotes,
)

BOUND_MB = 100
"""How much the gateway may grow over one attack. Its frames may be 42 MB large under SHORT."""


@pytest.fixture(scope="module")
async def arena() -> AsyncIterator[Runtime]:
    """A runtime for the attacks alone, at the end of which nothing of it is left."""
    before = zygotes()
    async with Runtime(limits=SHORT) as running:
        (zygote,) = zygotes() - before
        yield running
    assert zygotes() == before
    assert workers_of(zygote) == set()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
async def test_a_hostile_handler_costs_only_its_own_call(arena: Runtime, attack: Attack) -> None:
    world = make_world(NOTEBOOK + attack.handler, name="hostile")
    siblings = [await arena.launch(world) for _ in range(2)]
    attacker = await arena.launch(world)
    for number, instance in enumerate((*siblings, attacker)):
        await instance.call_tool("add_note", {"title": f"of {number}"})
    hashes = [await instance.state_hash() for instance in (*siblings, attacker)]
    open_before, memory_before = descriptors(), resident_mb()
    forget_peak()

    result, *answers = await asyncio.gather(
        attacker.call_tool("attack"),
        *(sibling.call_tool("list_notes") for sibling in siblings),
    )

    assert (result.fault, result.text) == (attack.fault, result.text), result
    assert result.is_error == (attack.fault is not None or (result.status or 0) >= 400)
    if attack.status is not None:
        assert result.status == attack.status, result
    assert attack.says in result.text
    for number, answer in enumerate(answers):
        assert (answer.is_error, f"of {number}" in answer.text) == (False, True), answer
    assert [await sibling.state_hash() for sibling in siblings] == hashes[:-1]
    for number, sibling in enumerate(siblings):
        await _goes_on(sibling, f"of {number}")
    if attack.fault is not None:
        assert await attacker.state_hash() == hashes[-1]
        await _goes_on(attacker, "of 2")
    assert peak_mb() - memory_before < BOUND_MB
    assert descriptors() <= open_before
    for instance in (*siblings, attacker):
        await instance.close()


RUIN = {
    "a broken schema": """
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_schema SET sql = 'nonsense', rootpage = 99999",
    """,
    "rows that read as far more than they are": """
        "CREATE TABLE big (a, b TEXT AS (printf('%.*c', 3000000, 'x')))",
        "INSERT INTO big (a) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)",
        "INSERT INTO big (a) SELECT a FROM big",
    """,
    "a great many rows": """
        "CREATE TABLE many (a)",
        "INSERT INTO many WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
        " WHERE x < 500000) SELECT NULL FROM c",
    """,
}


@pytest.mark.parametrize("statements", RUIN.values(), ids=RUIN)
async def test_a_ruined_database_harms_only_who_asks_about_it(
    arena: Runtime, statements: str
) -> None:
    ruin = f"""
@app.post("/ruin", operation_id="ruin")
async def ruin():
    connection = SessionLocal().connection()
    for statement in ({statements}):
        connection.exec_driver_sql(statement)
    connection.commit()
"""
    world = make_world(NOTEBOOK + ruin, name="ruined")
    ruined, sibling = await arena.launch(world), await arena.launch(world)
    await sibling.call_tool("add_note", {"title": "of 0"})
    start, memory_before = await ruined.state_hash(), resident_mb()
    forget_peak()
    assert not (await ruined.call_tool("ruin")).is_error

    questions = (ruined.state_hash(), ruined.diff(), sibling.state_hash(), sibling.diff())
    outcomes = await asyncio.gather(*questions, return_exceptions=True)

    failures = {type(each) for each in outcomes[:2] if isinstance(each, BaseException)}
    assert failures <= {SnapshotError}
    assert outcomes[2] == await sibling.state_hash() != start
    (table,) = outcomes[3]
    assert [row["title"] for row in table.added] == ["of 0"]
    assert peak_mb() - memory_before < BOUND_MB
    await _goes_on(sibling, "of 0")
    await ruined.reset()
    assert await ruined.state_hash() == start
    await asyncio.gather(ruined.close(), sibling.close())


async def _goes_on(instance: Instance, note: str) -> None:
    listed = await instance.call_tool("list_notes")
    added = await instance.call_tool("add_note", {"title": "afterwards"})
    assert (listed.is_error, added.is_error) == (False, False), (listed, added)
    assert note in listed.text
    assert listed.text.count('"') == 4
