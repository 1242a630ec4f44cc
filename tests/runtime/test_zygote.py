"""The zygote is clean, forks on request, tells how each worker ended, and takes all along."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from awm.errors import InfrastructureError
from awm.runtime import zygote as module
from awm.runtime.control import WorkerTerms
from awm.runtime.zygote import Zygote
from tests.runtime.world_code import descriptors, eventually, workers_of

TERMS = WorkerTerms(memory_bytes=1 << 30, open_files=64)


@pytest.fixture
async def zygote() -> AsyncIterator[Zygote]:
    running = await Zygote.start(TERMS)
    yield running
    await running.close()
    assert workers_of(running._process.pid) == set()


def test_it_inherits_nothing_but_what_it_needs(zygote: Zygote) -> None:
    process = Path(f"/proc/{zygote._process.pid}")
    environment = (process / "environ").read_bytes()
    names = {entry.partition(b"=")[0] for entry in environment.split(b"\0") if entry}
    assert names <= {b"PYTHONHASHSEED", b"PYTHONPATH", b"LC_ALL", b"LC_CTYPE", b"TZ"}
    held = [str(entry.readlink()) for entry in (process / "fd").iterdir()]
    sockets = [name for name in held if name.startswith("socket:")]
    assert len(sockets) == 1


async def test_hundreds_may_be_asked_for_at_once_and_each_gets_its_own(zygote: Zygote) -> None:
    before = descriptors()
    spawned = await asyncio.gather(*(zygote.spawn() for _ in range(150)))
    assert len({worker for _, worker in spawned}) == 150
    connection, worker = spawned[75]
    zygote.kill(worker)
    assert await zygote.ending(worker) == -signal.SIGKILL
    assert connection.recv(1) == b""
    for other, _ in spawned:
        other.close()
    for _, each in spawned:
        while (code := await zygote.ending(each)) is None:
            continue  # it is waited for a few seconds only, and the machine may be busy
        assert code == (0 if each != worker else -signal.SIGKILL)
        zygote.forget(each)
    assert await zygote.ending(worker) is None
    assert descriptors() == before
    assert not zygote._endings


async def test_one_who_gives_up_gets_no_worker_and_upsets_no_other(zygote: Zygote) -> None:
    requests = [asyncio.create_task(zygote.spawn()) for _ in range(3)]
    await asyncio.sleep(0)
    requests[0].cancel()
    requests[1].cancel()
    connection, worker = await requests[2]
    await eventually(lambda: workers_of(zygote._process.pid) == {worker})
    connection.close()
    assert await zygote.ending(worker) == 0


async def test_killing_one_that_has_ended_or_never_was_does_nothing(zygote: Zygote) -> None:
    connection, worker = await zygote.spawn()
    connection.close()
    assert await zygote.ending(worker) == 0
    zygote.kill(worker)
    zygote.kill(os.getpid())
    zygote.kill(1)
    again, _ = await zygote.spawn()
    again.close()


async def test_workers_die_with_it_even_if_they_were_only_just_forked() -> None:
    zygote = await Zygote.start(TERMS)
    spawned = [await zygote.spawn() for _ in range(8)]
    os.kill(zygote._process.pid, signal.SIGKILL)
    await zygote.close()
    await eventually(lambda: not workers_of(zygote._process.pid))
    for connection, _ in spawned:
        connection.close()


async def test_when_it_is_killed_everyone_who_waits_is_told() -> None:
    zygote = await Zygote.start(TERMS)
    connection, worker = await zygote.spawn()
    ending = asyncio.create_task(zygote.ending(worker))
    os.kill(zygote._process.pid, signal.SIGSTOP)
    spawning = asyncio.create_task(zygote.spawn())
    await asyncio.sleep(0)
    os.kill(zygote._process.pid, signal.SIGKILL)
    with pytest.raises(InfrastructureError, match="zygote has ended"):
        await spawning
    assert await ending is None
    assert zygote.closed
    with pytest.raises(InfrastructureError, match="cannot be reached"):
        await zygote.spawn()
    zygote.kill(worker)
    await zygote.close()
    await eventually(lambda: not workers_of(zygote._process.pid))
    connection.close()


async def test_closing_takes_the_workers_along_even_those_that_are_stopped() -> None:
    zygote = await Zygote.start(TERMS)
    connections = [await zygote.spawn() for _ in range(3)]
    os.kill(connections[0][1], signal.SIGSTOP)
    await zygote.close()
    await zygote.close()
    assert workers_of(zygote._process.pid) == set()
    for connection, _ in connections:
        connection.close()


async def test_a_fork_that_the_system_refuses_costs_that_worker_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = f"{module._ENVIRONMENT['PYTHONPATH']}:{Path(__file__).parents[2]}"
    monkeypatch.setitem(module._ENVIRONMENT, "PYTHONPATH", path)
    monkeypatch.setattr(module, "_MODULE", "tests.runtime.barren_zygote")
    zygote = await Zygote.start(TERMS)
    before = descriptors()
    outcomes = await asyncio.gather(*(zygote.spawn() for _ in range(3)), return_exceptions=True)
    assert isinstance(outcomes[0], InfrastructureError)
    assert "starts no further process" in str(outcomes[0])
    for connection, worker in outcomes[1:]:
        connection.close()
        assert await zygote.ending(worker) == 0
    assert descriptors() == before
    await zygote.close()


@pytest.mark.parametrize("name", ["no.such.module", "json.tool"])
async def test_one_that_does_not_start_says_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(module, "_MODULE", name)
    with pytest.raises(InfrastructureError, match=r"the zygote did not start: .+"):
        await Zygote.start(TERMS)
    assert descriptors() == before


async def test_one_that_does_not_come_up_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_START_SECONDS", 0.01)
    with pytest.raises(InfrastructureError, match="did not start"):
        await Zygote.start(TERMS)
