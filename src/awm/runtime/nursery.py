"""Where workers come from: a zygote that is replaced when it dies, and workers that are greeted."""

import asyncio
from typing import Final

from awm.errors import InfrastructureError, IsolationError, RuntimeClosedError, UsageError
from awm.runtime.control import WorkerTerms
from awm.runtime.sandbox import Isolation
from awm.runtime.wire import Failed, Hello
from awm.runtime.worker import Worker, WorkerDiedError
from awm.runtime.zygote import Zygote

__all__ = ["Nursery"]

_HELLO_SECONDS: Final = 30.0


class Nursery:
    """Starts jailed workers for as long as it is open.

    Args:
        terms: What every worker is bound by.
        whose: Whose it is, for messages, such as `the runtime`.
        module: What its zygote runs; the zygote of worlds by default.
        allow_weak: Open on platforms that cannot jail code.

    Attributes:
        is_open: Whether it starts workers.
        zygote: The one that forks them; None before the first.
    """

    def __init__(
        self, terms: WorkerTerms, whose: str, *, module: str = "", allow_weak: bool = False
    ) -> None:
        self._terms = terms
        self._whose = whose
        self._module = module
        self._allow_weak = allow_weak
        self.is_open = False
        self._starting = asyncio.Lock()
        self.zygote: Zygote | None = None

    async def open(self) -> Isolation:
        """Start the zygote.

        Returns:
            How well its workers are jailed on this machine.

        Raises:
            UsageError: It is open already.
            IsolationError: Code cannot be jailed here.
            InfrastructureError: The zygote does not start.
        """
        if self.is_open:
            raise UsageError(f"{self._whose} is running already.", "Enter each one once.")
        zygote = self.zygote = await self._new_zygote()
        if zygote.isolation.level == "weak" and not self._allow_weak:
            await zygote.close()
            raise IsolationError(
                f"this platform cannot jail generated code: {zygote.isolation.describe()}",
                "Run on Linux with seccomp, or pass allow_weak=True to accept the risk.",
            )
        self.is_open = True
        return zygote.isolation

    def shut(self) -> None:
        """Start no further worker."""
        self.is_open = False

    async def close(self) -> None:
        """End the zygote, and with it every worker that is left."""
        self.shut()
        async with self._starting:
            if self.zygote is not None:
                await self.zygote.close()

    @property
    def isolation(self) -> Isolation:
        """How well the workers are jailed on this machine."""
        self.require_open()
        assert self.zygote is not None
        return self.zygote.isolation

    def require_open(self) -> None:
        """Check that it is open.

        Raises:
            RuntimeClosedError: It is not.
        """
        if not self.is_open:
            raise RuntimeClosedError(
                f"{self._whose} is not running.", "Use it inside `async with ... as ...`."
            )

    async def start(self, reply_limit: int, *, flat: bool) -> Worker:
        """Fork a worker, and have it say that its jail holds.

        Args:
            reply_limit: The largest reply accepted of it, in bytes.
            flat: Whether replies hold nothing but fields; see `FrameReader`.

        Raises:
            IsolationError: It could not be jailed.
            InfrastructureError: It did not come up.
            RuntimeClosedError: The nursery is not open.
        """
        worker = await Worker.start(await self._living_zygote(), reply_limit, flat=flat)
        try:
            reply = await worker.send(Hello(), _HELLO_SECONDS)
        except WorkerDiedError as death:
            raise InfrastructureError(f"a worker did not come up: {death}") from death
        except BaseException:
            worker.retire()
            raise
        if isinstance(reply, Failed):
            worker.retire()
            raise IsolationError(reply.what, reply.hint)
        return worker

    async def _living_zygote(self) -> Zygote:
        async with self._starting:
            self.require_open()  # or one would be started that nobody ends
            if self.zygote is None or self.zygote.closed:
                if self.zygote is not None:
                    await self.zygote.close()  # reaps it
                self.zygote = await self._new_zygote()
            return self.zygote

    async def _new_zygote(self) -> Zygote:
        return await Zygote.start(self._terms, self._module)
