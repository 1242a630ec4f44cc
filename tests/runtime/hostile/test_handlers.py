"""A hostile handler costs its own call a clear error, and nobody else anything."""

import asyncio
from collections.abc import AsyncIterator

import pytest

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


async def _goes_on(instance: Instance, note: str) -> None:
    listed = await instance.call_tool("list_notes")
    added = await instance.call_tool("add_note", {"title": "afterwards"})
    assert (listed.is_error, added.is_error) == (False, False), (listed, added)
    assert note in listed.text
    assert listed.text.count('"') == 4
