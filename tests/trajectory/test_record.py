import dataclasses
import pickle

import pytest

from awm.trajectory import VERSION, Trajectory, Turn


def test_a_trajectory_is_of_the_version_that_is_written_unless_it_was_read():
    assert Trajectory("w", 0, "t").version == VERSION


def test_a_trajectory_holds_neither_a_world_nor_a_reward():
    names = {field.name for field in dataclasses.fields(Trajectory)}
    assert names == {"world", "task_idx", "task", "turns", "final_answer", "stop", "version"}


def test_a_trajectory_cannot_be_changed_and_survives_pickling():
    trajectory = Trajectory("w", 0, "t", (Turn("assistant", "done"),), "done", "answered")
    with pytest.raises(dataclasses.FrozenInstanceError):
        trajectory.task_idx = 1
    assert pickle.loads(pickle.dumps(trajectory)) == trajectory
