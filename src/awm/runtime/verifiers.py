"""The pool that runs verifier programs, in jailed processes of their own.

A verifier is generated code, and what it says becomes a reward. So it never shares a process with a
world, with a secret or with another world's verifiers. The programs of one world share workers:
whoever wrote them decides on all of their verdicts anyway, so there is nothing to be gained by
tampering with the next one. A worker is given up after any fault, and after a while in any case.
"""

import asyncio
import json
import os
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from awm.errors import InfrastructureError, IsolationError, RuntimeClosedError, UsageError
from awm.runtime.control import WorkerTerms
from awm.runtime.examiner import Examiner
from awm.runtime.limits import Limits
from awm.runtime.sandbox import Isolation
from awm.runtime.slot import WorkerSlot
from awm.runtime.wire import Failed, Hello, Verified, Verify
from awm.runtime.worker import Worker, WorkerDiedError
from awm.runtime.zygote import Zygote

__all__ = ["ProgramFault", "ProgramReport", "ProgramRun", "VerifierLimits", "VerifierPool"]

_MODULE: Final = "awm.runtime.inside.verifier_zygote"
_OPEN_FILES: Final = 16
_MB: Final = 1 << 20
_ATTEMPTS: Final = 3
_MOST_RUNS: Final = 256
_IDLE_PER_PROCESS: Final = 4
_HELLO_SECONDS: Final = 30.0

ProgramFault: TypeAlias = Literal[
    "bad_database",  # a state cannot be read
    "crash",  # it took its process down
    "forbidden",  # it tried to write, to open files, to reach the network, to start processes
    "memory",
    "missing_import",
    "no_function",
    "raised",
    "syntax",
    "timeout",
    "too_large",
    "wrong_type",  # it returned something else than its mode asks for
]
"""Why a program gave no result."""

_FAULTS: Final[dict[str, ProgramFault]] = {kind: kind for kind in get_args(ProgramFault)}


@dataclass(frozen=True, slots=True)
class VerifierLimits:
    """What one run of a program may take.

    Attributes:
        seconds: How long it may run before it is interrupted.
        grace_seconds: How much longer one that cannot be interrupted may run.
        memory_mb: Address space of its process, both databases and Python itself included.
        result_mb: The largest result, as JSON.
    """

    seconds: float = 5.0
    grace_seconds: float = 1.0
    memory_mb: int = 768
    result_mb: int = 4


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """A program and what it is run on.

    Attributes:
        world: Whose program it is; only programs of one world ever share a process.
        mode: `code` programs decide, `sql` programs gather evidence.
        code: Python source, untrusted.
        initial: The database before, as SQLite writes it to a file.
        final: The database after.
        answer: What the agent said in the end; None where it said nothing.
        clock: The time that the program sees, seconds since the epoch.
    """

    world: str
    mode: Literal["code", "sql"]
    code: str
    initial: bytes
    final: bytes
    answer: str | None
    clock: float


@dataclass(frozen=True, slots=True)
class ProgramReport:
    """How a run ended.

    Attributes:
        result: The object that the program returned; None where there is a fault. In mode `code`
            its `result` is `complete` or `others` and nothing else.
        fault: Why there is no result.
        what: The fault in words.
    """

    result: dict[str, Any] | None
    fault: ProgramFault | None = None
    what: str = ""


@dataclass(slots=True)
class _Member:
    """A worker and the world whose programs it has run so far."""

    world: str
    worker: Worker
    runs: int = 0


class VerifierPool:
    """Runs verifier programs. Use it as an asynchronous context manager.

    Args:
        limits: What each run may take.
        processes: How many run at the same time; by default one for each core.
        allow_weak: Run on platforms that cannot jail code (see `Isolation`).
    """

    def __init__(
        self,
        *,
        limits: VerifierLimits | None = None,
        processes: int | None = None,
        allow_weak: bool = False,
    ) -> None:
        self.limits = limits or VerifierLimits()
        self._processes = processes or os.cpu_count() or 1
        self._allow_weak = allow_weak
        self._running = asyncio.Semaphore(self._processes)
        self._zygote: Zygote | None = None
        self._starting_zygote = asyncio.Lock()
        self._fresh: deque[asyncio.Task[Worker]] = deque()
        self._idle: deque[_Member] = deque()
        self._examiner_slot = WorkerSlot(self._start_examiner)
        self._examiner = Examiner(self._examiner_slot, Limits())
        self._open = False

    async def __aenter__(self) -> "VerifierPool":
        if self._open:
            raise UsageError("this pool is running already.", "Enter each pool once.")
        zygote = self._zygote = await self._new_zygote()
        if zygote.isolation.level == "weak" and not self._allow_weak:
            await zygote.close()
            raise IsolationError(
                f"this platform cannot jail generated code: {zygote.isolation.describe()}",
                "Run on Linux with seccomp, or pass allow_weak=True to accept the risk.",
            )
        self._open = True
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._open = False
        waiting = list(self._fresh)
        self._fresh.clear()
        for task in waiting:
            task.cancel()
        for worker in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(worker, Worker):
                worker.retire()
        while self._idle:
            self._idle.popleft().worker.retire()
        await self._examiner_slot.close()
        async with self._starting_zygote:
            if self._zygote is not None:
                await self._zygote.close()

    @property
    def isolation(self) -> Isolation:
        """How well the programs are jailed on this machine."""
        self._require_open()
        assert self._zygote is not None
        return self._zygote.isolation

    @property
    def examiner(self) -> Examiner:
        """Builds, measures and compares databases."""
        self._require_open()
        return self._examiner

    async def run(self, program: ProgramRun) -> ProgramReport:
        """Run a program once.

        Whatever the program does comes back in the report.

        Raises:
            InfrastructureError: No process can be started.
        """
        order = Verify(
            mode=program.mode,
            code=program.code,
            initial=program.initial,
            final=program.final,
            answer=program.answer,
            clock=program.clock,
            seconds=self.limits.seconds,
            result_bytes=self.limits.result_mb * _MB,
        )
        async with self._running:
            self._require_open()
            for _ in range(_ATTEMPTS):
                member = await self._take(program.world)
                try:
                    report = _report(await member.worker.send(order, self._patience))
                except WorkerDiedError as death:
                    if death.cause == "killed" or not death.guilty:
                        continue  # perhaps not its own doing: another process will tell
                    return _dead(death)
                except BaseException:
                    member.worker.retire()
                    raise
                self._give_back(member, report)
                return report
        return ProgramReport(None, "crash", "its process was killed, perhaps for lack of memory")

    @property
    def _patience(self) -> float:
        return self.limits.seconds + self.limits.grace_seconds

    async def _take(self, world: str) -> "_Member":
        """A worker that has served this world before, or one that has served nobody."""
        for member in self._idle:
            if member.world == world and not member.worker.lost:
                self._idle.remove(member)
                return member
        while len(self._fresh) < self._processes:
            self._fresh.append(asyncio.create_task(self._start_worker()))
        task = self._fresh.popleft()
        try:
            worker = await task
        except asyncio.CancelledError:
            task.add_done_callback(_retire)
            raise
        return _Member(world, worker if not worker.lost else await self._start_worker())

    def _give_back(self, member: "_Member", report: ProgramReport) -> None:
        member.runs += 1
        if report.fault is not None or member.runs >= _MOST_RUNS or not self._open:
            member.worker.retire()
            return
        self._idle.append(member)
        if len(self._idle) > self._processes * _IDLE_PER_PROCESS:
            self._idle.popleft().worker.retire()

    async def _start_worker(self) -> Worker:
        zygote = await self._living_zygote()
        return await Worker.start(zygote, self.limits.result_mb * 4 * _MB, flat=True)

    async def _start_examiner(self) -> Worker:
        zygote = await self._living_zygote()
        worker = await Worker.start(zygote, Limits().frame_bytes)
        try:
            reply = await worker.send(Hello(), _HELLO_SECONDS)
        except WorkerDiedError as death:
            raise InfrastructureError(f"a worker did not come up: {death}") from death
        if isinstance(reply, Failed):
            worker.retire()
            raise IsolationError(reply.what, reply.hint)
        return worker

    async def _living_zygote(self) -> Zygote:
        async with self._starting_zygote:
            self._require_open()  # or one would be started that nobody ends
            if self._zygote is None or self._zygote.closed:
                if self._zygote is not None:
                    await self._zygote.close()  # reaps it
                self._zygote = await self._new_zygote()
            return self._zygote

    async def _new_zygote(self) -> Zygote:
        return await Zygote.start(WorkerTerms(self.limits.memory_mb * _MB, _OPEN_FILES), _MODULE)

    def _require_open(self) -> None:
        if not self._open:
            raise RuntimeClosedError(
                "the verifier pool is not running.",
                "Use it inside `async with awm.VerifierPool() as ...`.",
            )


def _retire(task: asyncio.Task[Worker]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().retire()


def _report(reply: object) -> ProgramReport:
    if isinstance(reply, Failed):
        raise IsolationError(reply.what, reply.hint)
    if not isinstance(reply, Verified):
        return ProgramReport(None, "crash", "its process broke the protocol")
    if reply.kind is not None:
        return ProgramReport(None, _FAULTS.get(reply.kind, "crash"), reply.what)
    # It was written beside hostile code, so it is read like any other text of a stranger's.
    try:
        result = json.loads(reply.result)
    except (ValueError, RecursionError):
        result = None
    if not isinstance(result, dict):
        return ProgramReport(None, "wrong_type", "it returned what is no JSON object")
    return ProgramReport(result)


def _dead(death: WorkerDiedError) -> ProgramReport:
    match death.cause:
        case "timeout":
            return ProgramReport(
                None, "timeout", f"{death.detail}, and it could not be interrupted"
            )
        case "protocol":
            return ProgramReport(None, "crash", f"its process misbehaved: {death.detail}")
        case "exit" | "signal":
            return ProgramReport(None, "crash", death.detail)
    raise InfrastructureError(f"a verifier's process is gone: {death.detail}")
