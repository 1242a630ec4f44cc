"""The same work for many names, a few at a time."""

import asyncio

import pytest

from awm.errors import InfrastructureError
from awm.lanes import for_each


async def test_never_more_at_a_time_than_asked_for():
    active, most, done = set(), 0, []

    async def work(name: str) -> None:
        nonlocal most
        active.add(name)
        most = max(most, len(active))
        await asyncio.sleep(0)
        active.remove(name)
        done.append(name)

    names = [str(number) for number in range(20)]
    await for_each(work, names, jobs=3)
    assert most == 3
    assert sorted(done) == sorted(names)


async def test_the_first_failure_ends_the_rest_and_comes_as_it_is():
    done = []

    async def work(name: str) -> None:
        if name == "1":
            raise InfrastructureError("no")
        done.append(name)

    with pytest.raises(InfrastructureError):
        await for_each(work, ["0", "1", "2", "3"], jobs=1)
    assert done == ["0"]


async def test_no_work_is_done_at_once():
    await for_each(pytest.fail, [], jobs=2)
