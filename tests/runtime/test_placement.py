from dataclasses import dataclass, field
from typing import Any

import pytest

from awm.runtime.placement import Census, Placement


@dataclass(eq=False, frozen=True)
class World:
    """As much of a `PreparedWorld` as a placement looks at."""

    fingerprint: str


NOTES, SHOP = World("notes"), World("shop")


@dataclass(eq=False)
class Host:
    """As much of a `WorldHost` as a placement looks at."""

    world: Any
    members: set[int] = field(default_factory=set)
    used: bool = False
    full: bool = False
    awake: bool = True
    busy: bool = False
    last_use: float = 0.0
    losses: int = 0

    def rest(self) -> bool:
        self.awake = self.busy
        return not self.busy

    def admit(self, number: int) -> "Host":
        self.members.add(number)
        self.used = True
        return self


def shared(*hosts: Host, hosts_per_world: int = 1, idle: int = 1) -> Placement:
    return filled(Placement(hosts_per_world=hosts_per_world, idle=idle, exclusive=False), hosts)


def exclusive(*hosts: Host, idle: int = 1) -> Placement:
    return filled(Placement(hosts_per_world=1, idle=idle, exclusive=True), hosts)


def filled(placement: Placement, hosts: tuple[Host, ...]) -> Placement:
    for host in hosts:
        placement.add(host)
    return placement


def test_the_first_instance_of_a_world_needs_a_new_host():
    assert shared().find(NOTES) is None
    assert shared(Host(SHOP)).find(NOTES) is None


def test_instances_of_a_world_share_its_host():
    host = Host(NOTES)
    placement = shared(host, Host(SHOP))
    assert placement.find(NOTES) is host
    host.admit(1)
    assert placement.find(NOTES) is host


def test_a_second_host_is_made_only_when_the_first_has_instances():
    host = Host(NOTES)
    placement = shared(host, hosts_per_world=2)
    assert placement.find(NOTES) is host
    host.admit(1)
    assert placement.find(NOTES) is None


def test_instances_are_spread_evenly_once_all_hosts_are_there():
    hosts = [Host(NOTES), Host(NOTES), Host(NOTES)]
    placement = shared(*hosts, hosts_per_world=3)
    for number in range(9):
        found = placement.find(NOTES)
        found.admit(number)
    assert [len(host.members) for host in hosts] == [3, 3, 3]


def test_an_exclusive_host_never_serves_a_second_instance():
    spent = Host(NOTES, used=True)
    fresh = Host(NOTES)
    placement = exclusive(spent, fresh)
    assert placement.find(NOTES) is fresh
    fresh.admit(1)
    assert placement.find(NOTES) is None


def test_hosts_without_instances_are_kept_up_to_the_limit_and_the_longest_unneeded_go():
    first, second, third = Host(NOTES), Host(NOTES), Host(SHOP)
    placement = shared(first, second, third, idle=2, hosts_per_world=2)
    assert placement.find(NOTES) is first
    assert placement.take_surplus() == [second]
    assert placement.take_surplus() == []
    assert placement.take_all() == [third, first]


def test_a_host_with_instances_is_never_surplus():
    placement = shared(Host(NOTES).admit(1), Host(SHOP).admit(2), idle=0)
    assert placement.take_surplus() == []


def test_a_spent_exclusive_host_is_surplus_at_once():
    spent, fresh, busy = Host(NOTES, used=True), Host(NOTES), Host(NOTES).admit(1)
    placement = exclusive(spent, fresh, busy, idle=5)
    assert placement.take_surplus() == [spent]
    assert placement.take_all() == [fresh, busy]


@pytest.mark.parametrize("make", [shared, exclusive])
def test_taking_all_leaves_nothing(make):
    hosts = [Host(NOTES), Host(SHOP).admit(1)]
    placement = make(*hosts)
    assert placement.take_all() == hosts
    assert placement.take_all() == []
    assert placement.find(NOTES) is None


def test_a_full_host_takes_no_more_however_many_hosts_a_world_may_have():
    full = Host(NOTES, {1}, used=True, full=True)
    assert shared(full).find(NOTES) is None
    assert shared(full, roomy := Host(NOTES, {2, 3}, used=True)).find(NOTES) is roomy


def test_a_world_is_known_as_long_as_it_has_a_host():
    placement = shared(Host(NOTES), idle=0)
    assert placement.has(NOTES)
    assert not placement.has(SHOP)
    placement.take_surplus()
    assert not placement.has(NOTES)


def resting(*hosts: Host, awake: int | None) -> list[bool]:
    placement = filled(Placement(hosts_per_world=1, idle=9, exclusive=False, awake=awake), hosts)
    placement.make_room()
    return [not host.awake for host in hosts]


def test_room_for_one_more_process_is_made_by_those_that_were_not_asked_for_the_longest_time():
    def hosts() -> list[Host]:
        return [Host(NOTES, last_use=3), Host(NOTES, last_use=1), Host(SHOP, last_use=2)]

    assert resting(*hosts(), awake=None) == [False, False, False]
    assert resting(*hosts(), awake=4) == [False, False, False]
    assert resting(*hosts(), awake=3) == [False, True, False]
    assert resting(*hosts(), awake=2) == [False, True, True]
    assert resting(*hosts(), awake=1) == [True, True, True]


def test_hosts_that_are_being_asked_stay_awake_and_others_rest_for_them():
    hosts = [Host(NOTES, busy=True, last_use=1), Host(NOTES, last_use=2), Host(SHOP, awake=False)]
    assert resting(*hosts, awake=2) == [False, True, True]


def test_a_census_counts_what_is_there_and_what_was_lost():
    placement = shared(
        Host(NOTES, losses=2).admit(1).admit(2), Host(SHOP, awake=False, losses=1), idle=0
    )
    assert placement.census() == Census(worlds=2, instances=2, workers=1, losses=3)
    placement.take_surplus()
    assert placement.census() == Census(worlds=1, instances=2, workers=1, losses=3)
