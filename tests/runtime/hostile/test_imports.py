"""Code that is broken or hostile at import is a named error, or a world; never a harm."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from awm.errors import WorldLoadError
from awm.runtime import Instance, Runtime
from awm.worlds import World
from tests.conftest import make_world
from tests.runtime.hostile.imports import ATTEMPTS, BARE, Attempt
from tests.runtime.world_code import (
    SHORT,
    descriptors,
    forget_peak,
    peak_mb,
    resident_mb,
    workers_of,
    zygotes,
)

SECRET = "open-sesame-3e5a"
BOUND_MB = 200


@pytest.fixture(scope="module")
async def arena() -> AsyncIterator[Runtime]:
    """A runtime whose process holds a secret, at the end of which nothing of it is left."""
    before = zygotes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWM_TEST_API_KEY", SECRET)
        async with Runtime(limits=SHORT) as running:
            (zygote,) = zygotes() - before
            yield running
    assert zygotes() == before
    assert workers_of(zygote) == set()


@pytest.fixture(scope="module")
async def bystander(arena: Runtime) -> Instance:
    """An instance of another world in the same runtime."""
    return await arena.launch(make_world(name="Bystander"))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name.replace(" ", "-"))
async def test_hostile_code_at_import_is_a_named_error_or_a_world(
    arena: Runtime, bystander: Instance, attempt: Attempt
) -> None:
    world = _world(attempt.code)
    before, state = descriptors(), await bystander.state_hash()
    memory_before = resident_mb()
    forget_peak()

    if attempt.says is None:
        async with await arena.launch(world) as instance:
            tools = await instance.list_tools()
            assert tools
            if attempt.answers is not None:
                assert (await instance.call_tool("outcome")).text == f'"{attempt.answers}"'
            else:
                answer = await instance.call_tool(tools[0].name)
                assert (answer.is_error, answer.fault) == (False, None), answer
    else:
        with pytest.raises(WorldLoadError) as caught:
            await arena.launch(world)
        assert caught.value.world == "hostile"
        assert attempt.says in str(caught.value)
        (problem,) = caught.value.problems
        assert problem.hint

    assert await bystander.state_hash() == state
    assert not (await bystander.call_tool("list_notes")).is_error
    assert peak_mb() - memory_before < BOUND_MB
    assert descriptors() <= before + 1  # of a world that works the worker is kept


async def test_a_world_that_failed_to_load_is_tried_anew_each_time(arena: Runtime) -> None:
    for _ in range(2):
        with pytest.raises(WorldLoadError, match="not today"):
            await arena.launch(_world("raise ValueError('not today')", name="Stubborn"))


async def test_nothing_of_the_gateways_environment_reaches_a_world(arena: Runtime) -> None:
    assert os.environ["AWM_TEST_API_KEY"] == SECRET
    look = f"""{BARE}
import ctypes, gc, os
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
inherited, at = [], 0
while environ and environ[at]:
    inherited.append(environ[at].decode())
    at += 1
known = sorted(os.environ) + inherited
known += [text for text in gc.get_objects() if isinstance(text, str)]
@app.get("/look", operation_id="look")
async def look(): return known
"""
    async with await arena.launch(_world(look, name="Curious")) as instance:
        seen = await instance.call_tool("look")
    assert "DATABASE_PATH" in seen.text
    assert SECRET not in seen.text
    assert "AWM_TEST_API_KEY" not in seen.text


def test_nothing_of_the_gateways_environment_reaches_the_zygote(arena: Runtime) -> None:
    environments = [Path(f"/proc/{zygote}/environ").read_bytes() for zygote in zygotes()]
    assert environments
    assert not any(SECRET.encode() in environment for environment in environments)


def _world(code: str, name: str = "Hostile") -> World:
    return make_world(header=code, name=name)
