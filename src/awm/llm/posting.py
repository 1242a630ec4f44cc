"""Requests to a model's server, sent until they are answered or there is no hope.

What can go wrong on the way is mended here as far as asking again mends it: servers that are busy,
failing, gone or slow are asked again with patience, and through a gate, so that all requests to a
server share what it says about how busy it is.
"""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias, TypeVar

import httpx

from awm.errors import LLMError, LLMSetupError, UsageError
from awm.llm.connections import MOST_BYTES, Connections, Received, TooMuchError
from awm.llm.effort import Effort
from awm.llm.endpoint import Endpoint
from awm.llm.gate import Gate
from awm.llm.patience import DEFAULT_PATIENCE, Patience, told_wait
from awm.llm.refusals import error_of, is_final, is_too_long, may_be_about_one
from awm.llm.response import BadResponseError, Complaint, read_complaint
from awm.llm.standing import Standing
from awm.settings import load_settings, variable_of

__all__ = [
    "Poster",
    "Request",
    "Sleep",
    "certificate_hint",
    "is_certificate",
    "not_local",
]

Answer_co = TypeVar("Answer_co", covariant=True)
T = TypeVar("T")

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for some seconds."""

_TOO_MANY: Final = 429
_MAY_MEND: Final = frozenset({408, 409, 425, _TOO_MANY})
_NOT_IMPLEMENTED: Final = 501


class Request(Protocol[Answer_co]):
    """Something to ask a server, in words that may have to be changed on the way."""

    def body(self) -> bytes:
        """What is sent: JSON in UTF-8."""
        ...

    def read(self, content: bytes) -> Answer_co:
        """Read what came back.

        Raises:
            BadResponseError: It is no answer; asking again may bring one.
            LLMError: It is one that cannot be used.
        """
        ...

    def mended(self, status: int, complaint: Complaint) -> bool:
        """Change the request so that the server may take it; whether that was possible."""
        ...


class _FailedError(Exception):
    """An attempt failed in a way that another may not.

    Attributes:
        what: What happened, as the end of a sentence about the server.
        told: After how many seconds the server wants to be asked again, if it says so.
        is_limit: Whether the server said that it was asked too often.
        is_certificate: Whether it failed over a certificate, which does not mend itself.
    """

    def __init__(
        self,
        what: str,
        *,
        told: float | None = None,
        is_limit: bool = False,
        is_certificate: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.told = told
        self.is_limit = is_limit
        self.is_certificate = is_certificate


class _RejectedError(Exception):
    """The server will not answer this request."""

    def __init__(self, status: int, complaint: Complaint) -> None:
        super().__init__(status)
        self.status = status
        self.complaint = complaint


class Poster:
    """Sends requests to an endpoint; belongs to the event loop in which it is first used.

    Args:
        endpoint: Where to.
        patience: How long a request may take.
        sleep: How to wait between attempts.
        gate: Shared with all who ask the same server; None for one of its own.

    Raises:
        UsageError: The endpoint is not on this machine, and nothing else may be asked.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        if not endpoint.is_local and load_settings().llm_local_only:
            raise not_local(endpoint)
        self.endpoint = endpoint
        self._patience = patience
        self._sleep = sleep
        self._gate = gate or Gate()
        self._headers = {"content-type": "application/json", **endpoint.headers}
        self._chance = random.Random()  # noqa: S311 - spreads waits, hides nothing
        # Attempts are timed as a whole; see _post.
        self._connections = Connections(endpoint, patience.deadline_seconds)
        self._standing = Standing(endpoint, self._connections)

    async def send(self, request: Request[T]) -> T:
        """Send a request until it is answered.

        Whoever is cancelled meanwhile, say because a limit of time is reached, can tell from the
        cause of the `CancelledError` whose doing it is: an `LLMUnavailableError` where attempts
        failed or the server had questions wait, a `LLMSilentError` where nothing has come back,
        neither of this request nor of any other meanwhile, and nothing is known to be wrong; and
        none where the answer was coming, or others came and this one takes longer.

        Raises:
            LLMUnavailableError: The server cannot be reached, or kept failing.
            LLMSetupError: It would refuse every request.
            LLMError: It refuses this one, and would again.
        """
        effort, before = Effort(self.endpoint, self._gate.turn()), self._standing.answers
        try:
            return await self._answered(request, effort)
        except asyncio.CancelledError as cut:
            is_there = self._standing.answers > before
            raise cut from effort.cut_off(self._gate.trouble, is_there=is_there)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def _answered(self, request: Request[T], effort: Effort) -> T:
        while True:
            try:
                return await self._attempt(request, effort)
            except _RejectedError as rejected:
                if not request.mended(rejected.status, rejected.complaint):
                    raise await self._refusal(rejected) from None  # what it holds may carry the key
            except _FailedError as failed:
                await self._wait(effort, failed)

    async def _attempt(self, request: Request[T], effort: Effort) -> T:
        content = request.body()
        effort.queues = True
        await self._gate.enter(effort.turn)
        effort.queues = False
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            response = await self._post(content, effort)
        finally:
            effort.seconds += loop.time() - began
            self._gate.leave()
        return self._read(request, response)

    async def _post(self, content: bytes, effort: Effort) -> Received:
        def heard() -> None:
            effort.heard = True

        left = self._patience.deadline_seconds - effort.seconds
        limit = min(left, self._patience.timeout_seconds)
        try:
            async with asyncio.timeout(limit):
                return await self._connections.post(content, self._headers, heard)
        except TimeoutError:
            raise _FailedError(f"did not answer in {limit:g} s") from None
        except TooMuchError:
            raise _FailedError(f"answered with more than {MOST_BYTES // 2**20} MB") from None
        except httpx.RequestError as error:
            reason = self.endpoint.without_secrets(str(error)) or type(error).__name__
            raise _FailedError(
                f"cannot be reached: {reason}", is_certificate=is_certificate(error)
            ) from None  # the request it holds carries the key

    def _read(self, request: Request[T], response: Received) -> T:
        status = response.status_code
        if not response.is_success:
            complaint = read_complaint(response.content)
            self._raise_if_failing(response, complaint)
            self._gate.answered()
            raise _RejectedError(status, complaint)
        try:
            answer = request.read(response.content)
        except BadResponseError as bad:
            complaint = read_complaint(response.content)
            if is_too_long(complaint):  # some say so with a status that means success
                raise _RejectedError(status, complaint) from None
            said = self.endpoint.without_secrets(str(bad))
            raise _FailedError(f"answered with {said}") from None
        except LLMError:  # it did answer
            self._answers()
            raise
        self._answers()
        return answer

    def _answers(self) -> None:
        self._gate.answered()
        self._standing.answered()

    async def _refusal(self, rejected: _RejectedError) -> LLMError:
        status, complaint = rejected.status, rejected.complaint
        about_one = may_be_about_one(status, complaint) and await self._standing.is_good(status)
        return error_of(self.endpoint, status, complaint, about_one=about_one)

    def _raise_if_failing(self, response: Received, complaint: Complaint) -> None:
        status = response.status_code
        may_mend = status in _MAY_MEND or (status >= 500 and status != _NOT_IMPLEMENTED)
        if not may_mend or is_final(complaint):
            return
        said = self.endpoint.without_secrets(complaint.text)
        raise _FailedError(
            f"answered {status}: {said}".rstrip(": "),
            told=told_wait(response.headers, datetime.now(UTC)),
            is_limit=status == _TOO_MANY,
        )

    async def _wait(self, effort: Effort, failed: _FailedError) -> None:
        """Wait for the next attempt, or say that there is none."""
        effort.failed(failed.what, is_limit=failed.is_limit)
        all_fail = self._gate.failed(failed.what)
        wait = self._patience.wait_seconds(effort.failures, failed.told, self._chance.random())
        effort.seconds += wait
        if (
            failed.is_certificate
            or effort.counted >= self._patience.attempts
            or effort.seconds >= self._patience.deadline_seconds
        ):
            if all_fail and not failed.is_limit:
                self._gate.given_up()
            raise self._given_up(effort, failed) from None
        is_busy = failed.is_limit or failed.told is not None or all_fail
        if is_busy and not self._gate.is_silent:
            with self._gate.closed():
                await self._sleep(wait)
        else:
            await self._sleep(wait)

    def _given_up(self, effort: Effort, failed: _FailedError) -> LLMError:
        if failed.is_certificate:
            return LLMSetupError(effort.message, certificate_hint(self.endpoint.variables[0]))
        return effort.given_up()


def not_local(endpoint: Endpoint) -> UsageError:
    """The error that says that an endpoint is not on this machine."""
    return UsageError(
        f"{endpoint.shown} is not on this machine, and {variable_of('llm_local_only')} is set.",
        f"Unset it, or set {endpoint.variables[0]} to a server on this machine.",
    )


def certificate_hint(variable: str) -> str:
    """What to do about a certificate that is not trusted, at the address in a variable."""
    return f"Correct {variable}, or name the authority that signed it in SSL_CERT_FILE."


def is_certificate(error: BaseException) -> bool:
    """Whether a connection failed over a certificate, which does not mend itself."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
