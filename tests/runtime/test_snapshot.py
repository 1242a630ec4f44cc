import dataclasses
import pickle

import pytest

from awm.runtime import Snapshot

SNAPSHOT = Snapshot("notes", "ab" * 32, 7, 3, b"d" * 2000, b"m" * 48)


def test_a_snapshot_survives_pickling():
    assert pickle.loads(pickle.dumps(SNAPSHOT)) == SNAPSHOT


def test_a_snapshot_is_little_larger_than_what_it_holds():
    assert len(pickle.dumps(SNAPSHOT)) < 2048 + 500


def test_a_snapshot_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SNAPSHOT.step = 4


def test_a_snapshot_shows_its_size_and_not_its_bytes():
    assert repr(SNAPSHOT) == "Snapshot('notes', seed=7, step=3, 2048 bytes)"
