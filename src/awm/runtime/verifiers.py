"""The pool that runs verifier programs, in jailed processes of their own.

A verifier is generated code, and what it says becomes a reward. So it never shares a process with a
world, with a secret or with another world's verifiers. Code can alter the process that it runs in
whatever anybody does about it; the programs of one world may share one, because whoever wrote them
decides on all of their verdicts anyway (`process_per_program` keeps even those apart). A worker is
given up after any fault, after a run that left something behind, and after a while in any case.
A world gets another worker where those that it has are not done soon.

A fault in a worker that has run something before is confirmed in a fresh one, so what a run gives
does not depend on those before it.
"""

import asyncio
import hashlib
import json
import os
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from awm.errors import InfrastructureError
from awm.runtime.control import WorkerTerms
from awm.runtime.examiner import Examiner
from awm.runtime.limits import Limits
from awm.runtime.nursery import Nursery
from awm.runtime.sandbox import Isolation
from awm.runtime.slot import WorkerSlot
from awm.runtime.turns import Turns
from awm.runtime.wire import Verified, Verify
from awm.runtime.worker import Worker, WorkerDiedError

__all__ = ["ProgramFault", "ProgramReport", "ProgramRun", "VerifierLimits", "VerifierPool"]

_MODULE: Final = "awm.runtime.inside.verifier_zygote"
_OPEN_FILES: Final = 16
_MB: Final = 1 << 20
_ATTEMPTS: Final = 3
_MOST_RUNS: Final = 256
_REMEMBERED: Final = 1024
_BYTES_A_SECOND: Final = 50e6
"""How fast databases reach a worker on a busy machine, at least."""
_SEAL_BYTES: Final = 16
_PATIENCE: Final = 0.1
"""Seconds that another process takes until its first report, on a busy machine."""
_LONGEST: Final = 600  # characters of a fault in words

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
        world: Whose program it is; programs of two worlds never share a process.
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
    """A worker and whose programs it runs."""

    owner: str
    worker: Worker
    runs: int = 0


class VerifierPool:
    """Runs verifier programs. Use it as an asynchronous context manager.

    Args:
        limits: What each run may take.
        processes: How many run at the same time; by default one for each core.
        process_per_program: Never let two programs share a process, not even two of one world.
        idle_workers: How many workers wait for another run of their world, of some 10 MB each.
        allow_weak: Run on platforms that cannot jail code (see `Isolation`).
    """

    def __init__(
        self,
        *,
        limits: VerifierLimits | None = None,
        processes: int | None = None,
        process_per_program: bool = False,
        idle_workers: int = 64,
        allow_weak: bool = False,
    ) -> None:
        self.limits = limits or VerifierLimits()
        self._processes = processes or os.cpu_count() or 1
        self._alone = process_per_program
        self._most_idle = idle_workers
        self._running = asyncio.Semaphore(self._processes)
        self._turns = Turns(_PATIENCE)
        terms = WorkerTerms(self.limits.memory_mb * _MB, _OPEN_FILES)
        self._nursery = Nursery(terms, "the verifier pool", module=_MODULE, allow_weak=allow_weak)
        self._fresh: deque[asyncio.Task[Worker]] = deque()
        self._idle: deque[_Member] = deque()
        # Databases that were found readable, by hash: to check them anew takes longer than most
        # programs do.
        self._sound: dict[int, None] = {}
        self._examiner_slot = WorkerSlot(self._start_examiner)
        self._examiner = Examiner(self._examiner_slot, Limits())

    async def __aenter__(self) -> "VerifierPool":
        await self._nursery.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._nursery.shut()
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
        await self._nursery.close()

    @property
    def isolation(self) -> Isolation:
        """How well the programs are jailed on this machine."""
        return self._nursery.isolation

    @property
    def examiner(self) -> Examiner:
        """Builds, measures and compares databases."""
        self._nursery.require_open()
        return self._examiner

    async def run(self, program: ProgramRun) -> ProgramReport:
        """Run a program once.

        Whatever the program does comes back in the report.

        Raises:
            InfrastructureError: No process can be started.
            IsolationError: No process can be jailed.
            RuntimeClosedError: The pool is not running.
        """
        owner = self._owner(program)
        async with self._turns.turn(owner, at_once=self._idle_of(owner) is not None), self._running:
            member = await self._take(owner)
            again = member.runs > 0
            report = await self._run_in(member, program)
            # A timeout is the program's however it came about, and would only take as long again.
            if report is None or (again and report.fault not in (None, "timeout")):
                report = await self._run_afresh(program)
        return report

    async def _run_afresh(self, program: ProgramRun) -> ProgramReport:
        for _ in range(_ATTEMPTS):
            member = _Member(self._owner(program), await self._fresh_worker())
            report = await self._run_in(member, program)
            if report is not None:
                return report
        return ProgramReport(None, "crash", "its process was killed, perhaps for lack of memory")

    async def _run_in(self, member: _Member, program: ProgramRun) -> ProgramReport | None:
        """The report of one run; None where its worker was lost, and not by its own doing."""
        self._nursery.require_open()
        order = self._order(program)
        size = len(program.initial) + len(program.final)
        patience = self.limits.seconds + self.limits.grace_seconds + size / _BYTES_A_SECOND
        try:
            reply = await member.worker.send(order, patience)
        except WorkerDiedError as death:
            if death.cause == "killed" or not death.guilty:
                return None  # perhaps not its own doing: another process will tell
            return _dead(death)
        except BaseException:
            member.worker.retire()
            raise
        report = _report(reply, order)
        if report.fault is None:
            self._note_sound(program.initial, program.final)
        member.runs += 1
        spent = report.fault is not None or not isinstance(reply, Verified) or reply.spent
        if spent or member.runs >= _MOST_RUNS or not self._nursery.is_open:
            member.worker.retire()
        else:
            self._keep(member)
        return report

    def _order(self, program: ProgramRun) -> Verify:
        return Verify(
            mode=program.mode,
            code=program.code,
            initial=program.initial,
            final=program.final,
            answer=program.answer,
            clock=program.clock,
            seconds=self.limits.seconds,
            result_bytes=self.limits.result_mb * _MB,
            seal=secrets.token_bytes(_SEAL_BYTES),
            initial_sound=hash(program.initial) in self._sound,
            final_sound=hash(program.final) in self._sound,
        )

    def _note_sound(self, *images: bytes) -> None:
        for image in images:
            self._sound[hash(image)] = None
        while len(self._sound) > _REMEMBERED:
            del self._sound[next(iter(self._sound))]

    def _owner(self, program: ProgramRun) -> str:
        """Whose programs a worker may run that runs this one."""
        if not self._alone:
            return program.world
        text = f"{program.world}\0{program.mode}\0{program.code}"
        return hashlib.blake2b(text.encode(errors="surrogatepass")).hexdigest()

    async def _take(self, owner: str) -> _Member:
        """A worker that has run programs of this owner before, or one that has run nothing."""
        self._nursery.require_open()
        member = self._idle_of(owner)
        if member is None:
            return _Member(owner, await self._fresh_worker())
        self._idle.remove(member)
        return member

    def _idle_of(self, owner: str) -> _Member | None:
        idle = reversed(self._idle)  # the last one used has most of it in its caches
        return next((one for one in idle if one.owner == owner and not one.worker.lost), None)

    def _keep(self, member: _Member) -> None:
        self._idle.append(member)
        if len(self._idle) > self._most_idle:
            self._idle.popleft().worker.retire()  # the one that was not used for the longest time

    async def _fresh_worker(self) -> Worker:
        self._nursery.require_open()
        while len(self._fresh) < self._processes:
            self._fresh.append(asyncio.create_task(self._start_worker()))
        task = self._fresh.popleft()
        try:
            worker = await task
        except asyncio.CancelledError:
            task.add_done_callback(_retire)
            raise
        return worker if not worker.lost else await self._start_worker()

    async def _start_worker(self) -> Worker:
        return await self._nursery.start(self.limits.result_mb * 4 * _MB, flat=True)

    async def _start_examiner(self) -> Worker:
        return await self._nursery.start(Limits().frame_bytes, flat=False)


def _retire(task: asyncio.Task[Worker]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().retire()


def _report(reply: object, order: Verify) -> ProgramReport:
    if not isinstance(reply, Verified) or not secrets.compare_digest(reply.seal, order.seal):
        return ProgramReport(None, "crash", "its process broke the protocol")
    if reply.kind is not None:
        return ProgramReport(None, _FAULTS.get(reply.kind, "crash"), _sayable(reply.what))
    return _read(reply.result, order)


def _read(text: str, order: Verify) -> ProgramReport:
    """Read a result. It was written beside hostile code, so it is a stranger's text like any."""
    try:
        result = json.loads(text, parse_constant=_no_constant)
        size = len(json.dumps(result, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        return ProgramReport(None, "wrong_type", "it returned what is no JSON")
    if not isinstance(result, dict):
        return ProgramReport(None, "wrong_type", "it returned what is no JSON object")
    if order.mode == "code" and result.get("result") not in ("complete", "others"):
        return ProgramReport(None, "wrong_type", "its result is neither complete nor others")
    if size > order.result_bytes:
        return ProgramReport(
            None, "too_large", f"it returned more than {order.result_bytes:,} bytes"
        )
    return ProgramReport(result)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _sayable(what: str) -> str:
    """A fault in words that can be written to any file."""
    text = what[:_LONGEST].encode(errors="replace").decode()
    return f"{text}..." if len(what) > _LONGEST else text


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
