"""How many worlds are alive at a time follows from the memory of the machine."""

import pytest

from awm.rollout.room import room_for_worlds

GB = 2**30


@pytest.mark.parametrize(("memory", "worlds"), [(4 * GB, 20), (64 * GB, 64), (512 * GB, 512)])
def test_there_is_room_for_a_world_in_each_gb_and_for_twenty_in_any_case(memory, worlds):
    assert room_for_worlds(memory, ()) == worlds


def test_a_container_has_room_for_what_it_may_have(tmp_path):
    (tmp_path / "newer").write_text("max\n")
    (tmp_path / "older").write_text(f"{100 * GB}\n")
    limits = [tmp_path / name for name in ("newer", "older", "none")]
    assert room_for_worlds(512 * GB, limits) == 100
    assert room_for_worlds(64 * GB, limits) == 64


def test_this_machine_has_room_for_some():
    assert room_for_worlds() >= 20
