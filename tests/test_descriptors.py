"""As many connections as the system lets a process have, and descriptors for everything else."""

import resource

import pytest

from awm.descriptors import room_for


@pytest.fixture
def limits(monkeypatch):
    """What this process may have, as the system tells it: a soft and a hard limit."""
    known = {"now": (1024, 4096), "is_stubborn": False}

    def set_limits(_, wanted):
        if known["is_stubborn"]:
            raise ValueError("not allowed to raise maximum limit")
        assert wanted[0] <= wanted[1] or wanted[1] == resource.RLIM_INFINITY
        known["now"] = wanted

    monkeypatch.setattr(resource, "getrlimit", lambda _: known["now"])
    monkeypatch.setattr(resource, "setrlimit", set_limits)
    return known


def test_a_limit_with_room_stays_as_it_is(limits):
    assert room_for(500, 500) == 500
    assert limits["now"] == (1024, 4096)


def test_a_limit_is_raised_as_far_as_is_needed(limits):
    assert room_for(1500, 500) == 1500
    assert limits["now"] == (2000, 4096)
    limits["now"] = (1024, resource.RLIM_INFINITY)
    assert room_for(9000, 1000) == 9000
    assert limits["now"] == (10_000, resource.RLIM_INFINITY)


def test_where_it_cannot_be_raised_so_far_the_rest_is_for_connections(limits):
    assert room_for(9000, 1000) == 3096
    limits["now"] = (600, 600)
    assert room_for(9000, 1000) == 300


def test_a_system_that_has_another_limit_behind_it_is_taken_at_its_word(limits):
    limits["is_stubborn"] = True
    assert room_for(2000, 100) == 924
    assert limits["now"] == (1024, 4096)


def test_without_a_limit_there_is_room_for_all(limits):
    limits["now"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert room_for(10**6, 100) == 10**6
