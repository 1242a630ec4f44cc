"""What agents were told of tools is kept with an evaluation, unless its records have it."""

import pytest

from awm.errors import TrajectoryError
from awm.rollout.analysis_tools import TOOLS, keep_tools, told_before
from awm.rollout.order import digest_of
from awm.types import ToolSpec
from tests.rollout.diaries import diary

PAY = ToolSpec("pay", "Pay order 8.\n\n### Responses\n\n200: order 9", {"type": "object"})


def ordered(*worlds, meta_tools=False):
    digests = {world.name: digest_of(world) for world in worlds}
    return {"worlds": digests, "conditions": {"meta_tools": meta_tools}}


async def test_tools_are_kept_as_agents_are_told_them(tmp_path, runtime, world):
    order = ordered(world)
    await keep_tools(tmp_path, order, {"diary": [PAY]}, {}, runtime)
    told = told_before(tmp_path, order)("diary")
    assert "Pay order 8." in told
    assert "order 9" not in told  # what a tool answers with is not told


async def test_what_is_not_known_is_asked_of_the_world_and_what_is_there_stays(
    tmp_path, runtime, world
):
    order = ordered(world)
    await keep_tools(tmp_path, order, {}, {"diary": world}, runtime)
    assert '"remove_note"' in told_before(tmp_path, order)("diary")
    before = (tmp_path / TOOLS).read_bytes()
    await keep_tools(tmp_path, order, {"diary": [PAY]}, {}, runtime)
    assert (tmp_path / TOOLS).read_bytes() == before


async def test_tools_of_a_world_that_changed_are_not_taken_for_its_own(tmp_path, runtime, world):
    await keep_tools(tmp_path, ordered(world), {"diary": [PAY]}, {}, runtime)
    changed = ordered(diary(code="# changed"))
    assert told_before(tmp_path, changed)("diary") is None
    await keep_tools(tmp_path, changed, {}, {"diary": world}, runtime)
    assert "Pay order 8." not in told_before(tmp_path, changed)("diary")


async def test_a_world_that_does_not_come_to_life_is_left_out(tmp_path, runtime, world):
    dead = diary("Dead", "raise ValueError('no')")
    order = ordered(dead, world)
    await keep_tools(tmp_path, order, {"diary": [PAY]}, {"dead": dead}, runtime)
    told = told_before(tmp_path, order)
    assert (told("dead"), told("diary") is None) == (None, False)


async def test_where_agents_list_the_tools_nothing_is_kept(tmp_path, runtime, world):
    order = ordered(world, meta_tools=True)
    await keep_tools(tmp_path, order, {"diary": [PAY]}, {}, runtime)
    assert list(tmp_path.iterdir()) == []
    assert told_before(tmp_path, order)("diary") == ""


def test_where_nothing_was_kept_nobody_knows(tmp_path, world):
    assert told_before(tmp_path, ordered(world))("diary") is None
    assert told_before(tmp_path, {})("diary") is None


@pytest.mark.parametrize("content", [b"{", b"[]\n", b"{}\n", b"\xff\n"])
def test_a_file_of_something_else_is_named(tmp_path, world, content):
    (tmp_path / TOOLS).write_bytes(content)
    with pytest.raises(TrajectoryError, match="holds no tools of worlds"):
        told_before(tmp_path, ordered(world))
