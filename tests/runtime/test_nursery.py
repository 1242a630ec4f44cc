"""A nursery starts workers that hold still in their jail, and replaces its zygote when it dies."""

import os
import signal

import pytest

from awm.errors import InfrastructureError, IsolationError, RuntimeClosedError, UsageError
from awm.runtime.control import WorkerTerms
from awm.runtime.nursery import Nursery
from awm.runtime.sandbox import Isolation
from awm.runtime.zygote import Zygote
from tests.runtime.world_code import eventually

LEAN = "awm.runtime.inside.verifier_zygote"
TERMS = WorkerTerms(memory_bytes=1 << 30, open_files=16)


async def test_a_worker_that_was_started_lives_in_a_jail():
    nursery = Nursery(TERMS, "the test", module=LEAN)
    assert (await nursery.open()).level == nursery.isolation.level
    worker = await nursery.start(1000, flat=True)
    assert not worker.lost
    os.kill(worker.process, 0)  # raises where there is no such process
    await nursery.close()


async def test_a_zygote_that_dies_is_replaced():
    nursery = Nursery(TERMS, "the test", module=LEAN)
    await nursery.open()
    first = nursery.zygote
    assert first is not None
    os.kill(first._process.pid, signal.SIGKILL)
    await eventually(lambda: first.closed)
    worker = await nursery.start(1000, flat=True)
    assert nursery.zygote is not first
    assert not worker.lost
    await nursery.close()


async def test_it_starts_nothing_unless_it_is_open():
    nursery = Nursery(TERMS, "the test", module=LEAN)
    with pytest.raises(RuntimeClosedError, match="the test is not running"):
        await nursery.start(1000, flat=True)
    await nursery.open()
    with pytest.raises(UsageError, match="the test is running already"):
        await nursery.open()
    nursery.shut()
    with pytest.raises(RuntimeClosedError):
        await nursery.start(1000, flat=True)
    await nursery.close()


async def test_where_code_cannot_be_jailed_somebody_has_to_accept_that(monkeypatch):
    weak = Isolation("weak", 0, seccomp=False, reasons=("no such kernel",))
    start = Zygote.start

    async def start_weak(terms, module):
        zygote = await start(terms, module)
        zygote.isolation = weak
        return zygote

    monkeypatch.setattr(Zygote, "start", start_weak)
    with pytest.raises(IsolationError, match="no such kernel"):
        await Nursery(TERMS, "the test", module=LEAN).open()
    accepted = Nursery(TERMS, "the test", module=LEAN, allow_weak=True)
    assert await accepted.open() == weak
    await accepted.close()


async def test_a_zygote_that_does_not_start_is_told():
    with pytest.raises(InfrastructureError, match="did not start"):
        await Nursery(TERMS, "the test", module="awm.runtime.inside.nowhere").open()
