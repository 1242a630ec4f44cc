"""The first signal ends the work in order; the second ends the process."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from awm.cli.signals import StoppedError, run
from tests.cli.running import PATIENCE, environment, read_until

ORDER = """
import asyncio
from awm.cli.signals import run

async def work():
    print("working", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("putting away", flush=True)
        {ending}

run(work())
"""


def start(ending: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ORDER.format(ending=ending)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    read_until(process.stdout, "working")
    return process


def test_what_the_work_returns_is_returned():
    async def work() -> int:
        return 7

    assert run(work()) == 7


def test_what_the_work_raises_is_raised():
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(work())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_the_work_and_is_told(number):
    order = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            order.append("put away")

    with pytest.raises(StoppedError) as stopped:
        run(work())
    assert order == ["put away"]
    assert stopped.value.exit_code == 128 + number


def test_work_that_is_done_all_the_same_is_not_lost():
    async def work() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done"
        return "never"

    assert run(work()) == "done"


def test_an_error_while_putting_away_is_not_hidden():
    async def work() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(work())


def test_signals_mean_afterwards_what_they_meant_before():
    async def work() -> None:
        pass

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run(work())
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_second_signal_does_not_wait_for_the_work_to_be_put_away():
    process = start(ending="await asyncio.Event().wait()")
    process.send_signal(signal.SIGINT)
    read_until(process.stdout, "putting away")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 130
    process.communicate()
