"""What a host makes of its workers' answers and deaths, with workers that follow a script."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest

from awm.errors import InfrastructureError, InstanceClosedError, UsageError, WorkerLostError
from awm.runtime import Limits
from awm.runtime.host import Member, WorldHost
from awm.runtime.prepared import PreparedWorld
from awm.runtime.wire import Call, Called, Close, Done, Failed, Load, Loaded, Message, Open
from awm.runtime.worker import WorkerDiedError
from tests.runtime.world_code import eventually

Line: TypeAlias = Message | WorkerDiedError | None

ORDER = Load("w", "", b"", b"", 0.0, False, 1.0, 1 << 20, 1 << 20)
WORLD = PreparedWorld("w", "key", ORDER, b"", "hash", (), frozenset(), ())
LIMITS = Limits(response_mb=1)
ANSWER = Called("fine", False, 200, None, None, b"pages", b"memory", False)


def _died(cause: str, *, guilty: bool = True) -> WorkerDiedError:
    return WorkerDiedError(cause, f"it {cause}", guilty=guilty)


class ScriptedWorker:
    """Answers each call with the next line of its script; None is no answer at all."""

    process = 1

    def __init__(self, *calls: Line, opens: Sequence[Line] = ()) -> None:
        self.lost = False
        self.busy = False
        self.cause: str | None = None
        self.heard: list[Message] = []
        self._calls = list(calls)
        self._opens = list(opens)

    def send(self, message: Message, seconds: float, on_reply=None) -> asyncio.Future[Message]:
        self.heard.append(message)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        line = self._line(message)
        if isinstance(line, WorkerDiedError):
            self.lost, self.cause = True, line.cause
            future.set_exception(line)
            future.exception()
        elif line is not None:
            if on_reply is not None:
                on_reply(line)
            future.set_result(line)
        return future

    def retire(self) -> None:
        self.lost, self.cause = True, "retired"

    def _line(self, message: Message) -> Line:
        match message:
            case Load():
                return Loaded(b"", "[]", "[]")
            case Open():
                return self._opens.pop(0) if self._opens else Done()
            case Call():
                return _died("retired", guilty=False) if self.lost else self._calls.pop(0)
        return Done()


def _host(*workers: ScriptedWorker, limits: Limits = LIMITS) -> tuple[WorldHost, Member]:
    left = list(workers)

    async def start() -> ScriptedWorker:
        return left.pop(0)

    host, member = WorldHost(WORLD, limits, start), Member(1, 0)
    host.admit(member)
    return host, member


async def test_an_instance_is_opened_once_and_its_state_taken_over() -> None:
    worker = ScriptedWorker(ANSWER, replace(ANSWER, delta=None, memory=None))
    host, member = _host(worker)
    assert await host.call(member, "t", "{}") == ANSWER
    assert (member.step, member.delta, member.memory) == (1, b"pages", b"memory")
    await host.call(member, "t", "{}")
    assert (member.step, member.delta, member.memory) == (2, b"pages", b"memory")
    assert [type(each) for each in worker.heard] == [Load, Open, Call, Call]
    assert [each.step for each in worker.heard if isinstance(each, Call)] == [1, 2]


@pytest.mark.parametrize(
    ("deaths", "fault"),
    [
        (["exit"], None),
        (["signal"], None),
        (["protocol"], None),
        (["killed", "killed"], None),
        (["exit", "exit"], "crash"),
        (["exit", "signal"], "crash"),
        (["killed", "killed", "killed"], "crash"),
        (["timeout"], "timeout"),
        (["exit", "timeout"], "timeout"),
    ],
)
async def test_a_call_is_to_blame_only_if_workers_keep_dying_of_it(
    deaths: list[str], fault: str | None
) -> None:
    host, member = _host(*(ScriptedWorker(_died(each)) for each in deaths), ScriptedWorker(ANSWER))
    called = await host.call(member, "t", "{}")
    assert called.fault == fault
    assert (member.step, member.delta) == (1, b"" if fault else b"pages")
    if fault:
        assert called.text.startswith("Error calling t. The handler ")


async def test_a_call_is_made_again_as_often_as_its_worker_is_lost_over_another() -> None:
    lost = [ScriptedWorker(_died("timeout", guilty=False)) for _ in range(10)]
    host, member = _host(*lost, ScriptedWorker(ANSWER))
    assert await host.call(member, "t", "{}") == ANSWER
    assert member.step == 1


@pytest.mark.parametrize("reply", [Failed("KeyError", "", ""), Done()], ids=["failed", "done"])
async def test_a_worker_that_does_not_answer_calls_any_more_is_replaced(reply: Message) -> None:
    damaged = ScriptedWorker(reply)
    host, member = _host(damaged, ScriptedWorker(ANSWER))
    assert await host.call(member, "t", "{}") == ANSWER
    assert damaged.lost
    host, member = _host(ScriptedWorker(reply), ScriptedWorker(reply))
    assert (await host.call(member, "t", "{}")).fault == "crash"


async def test_an_answer_beyond_the_limit_is_not_believed() -> None:
    worker = ScriptedWorker(replace(ANSWER, text="x" * (2 << 20)))
    host, member = _host(worker)
    called = await host.call(member, "t", "{}")
    assert (called.fault, member.delta, worker.lost) == ("too_large", b"", True)
    assert len(called.text) < 100


async def test_a_worker_that_asks_to_be_recycled_is_retired_after_its_answer() -> None:
    worker = ScriptedWorker(replace(ANSWER, recycle=True))
    host, member = _host(worker)
    assert (await host.call(member, "t", "{}")).text == "fine"
    assert worker.lost


async def test_after_a_fault_the_instance_is_opened_anew_in_its_last_state() -> None:
    fault = Called("", True, None, "too_large", "", b"not kept", b"not kept", False)
    worker = ScriptedWorker(ANSWER, fault, ANSWER)
    host, member = _host(worker)
    for _ in range(3):
        await host.call(member, "t", "{}")
    opens = [each for each in worker.heard if isinstance(each, Open)]
    assert [each.delta for each in opens] == [b"", b"pages"]
    assert member.step == 3


async def test_a_call_given_up_is_not_counted_and_its_instance_opened_anew() -> None:
    worker = ScriptedWorker(None, ANSWER)
    host, member = _host(worker)
    call = asyncio.create_task(host.call(member, "t", "{}"))
    await eventually(lambda: len(worker.heard) == 3)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert (member.step, member.delta) == (0, b"")
    await host.call(member, "t", "{}")
    assert [type(each) for each in worker.heard] == [Load, Open, Call, Open, Call]
    assert member.step == 1


async def test_an_instance_that_cannot_be_opened_is_tried_again_the_next_time() -> None:
    worker = ScriptedWorker(ANSWER, ANSWER, opens=[Failed("no memory", "", ""), Done()])
    host, member = _host(worker)
    with pytest.raises(InfrastructureError, match="cannot be opened: no memory"):
        await host.call(member, "t", "{}")
    assert member.step == 0
    assert await host.call(member, "t", "{}") == ANSWER


@pytest.mark.parametrize("cause", ["killed", "exit", "timeout"])
async def test_a_worker_lost_over_an_opening_does_not_blame_the_call(cause: str) -> None:
    lost = [ScriptedWorker(ANSWER, opens=[_died(cause)]) for _ in range(3)]
    host, member = _host(*lost[:2], ScriptedWorker(ANSWER))
    assert await host.call(member, "t", "{}") == ANSWER
    host, member = _host(*(ScriptedWorker(ANSWER, opens=[_died(cause)]) for _ in range(3)))
    with pytest.raises(WorkerLostError, match="cannot be restored"):
        await host.call(member, "t", "{}")
    host, member = _host(*lost[2:], ScriptedWorker(ANSWER))
    await host.open(member)
    host, member = _host(*(ScriptedWorker(opens=[_died(cause)]) for _ in range(3)))
    with pytest.raises(WorkerLostError, match="cannot be opened"):
        await host.open(member)


async def test_openings_wait_as_long_as_workers_are_lost_over_something_else() -> None:
    innocent = _died("timeout", guilty=False)
    host, member = _host(*(ScriptedWorker(opens=[innocent]) for _ in range(10)), ScriptedWorker())
    await host.open(member)


async def test_one_that_is_let_go_is_closed_in_the_worker_and_not_served_again() -> None:
    worker = ScriptedWorker(ANSWER)
    host, member = _host(worker)
    await host.open(member)
    host.forget(member)
    host.forget(member)
    assert worker.heard[-1] == Close(1)
    assert len(worker.heard) == 3
    with pytest.raises(InstanceClosedError):
        await host.call(member, "t", "{}")
    assert len(worker.heard) == 3


async def test_a_host_is_full_before_its_worker_runs_out_of_memory() -> None:
    host, _ = _host(ScriptedWorker(), limits=Limits(memory_mb=10))
    admitted = 1
    while not host.full:
        admitted += 1
        host.admit(Member(admitted, 0))
    assert 5 < admitted < 20


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "1", None])
def test_a_seed_is_an_integer_of_64_bits(seed: object) -> None:
    with pytest.raises(UsageError, match="a seed"):
        Member(1, seed)


async def test_a_host_that_rests_opens_its_instances_in_another_worker() -> None:
    first, second = ScriptedWorker(ANSWER), ScriptedWorker(ANSWER)
    host, member = _host(first, second)
    assert not host.awake
    assert not host.rest(), "there is nothing to put to rest"
    await host.call(member, "t", "{}")
    assert host.awake
    assert host.rest()
    assert (first.lost, host.awake) == (True, False)
    await host.call(member, "t", "{}")
    opened = next(each for each in second.heard if isinstance(each, Open))
    assert (opened.delta, opened.memory) == (b"pages", b"memory")
    assert (host.awake, host.losses) == (True, 0)


async def test_a_host_that_is_being_asked_does_not_rest() -> None:
    worker = ScriptedWorker(ANSWER)
    host, member = _host(worker)
    await host.call(member, "t", "{}")
    worker.busy = True
    assert not host.rest()
    assert host.awake


async def test_losses_are_counted_and_retirements_are_not() -> None:
    host, member = _host(
        ScriptedWorker(_died("killed")), ScriptedWorker(Done()), ScriptedWorker(ANSWER)
    )
    await host.call(member, "t", "{}")
    assert host.losses == 2
