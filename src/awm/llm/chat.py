"""Models behind an HTTP endpoint that speaks chat completions.

A question is one POST, so this is `httpx` and not a vendor's package. What can go wrong on the way
is mended here as far as asking again mends it: servers that are busy, failing, gone or slow are
asked again with patience, and a word that a server does not know is left out.
"""

import asyncio
import json
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Final, TypeAlias

import httpx
from pydantic import SecretStr

from awm.errors import LLMError, LLMUnavailableError
from awm.llm.dialect import Dialect
from awm.llm.endpoint import Endpoint, azure_endpoint, openai_endpoint
from awm.llm.patience import DEFAULT_PATIENCE, Patience, told_wait
from awm.llm.question import Question, Reply
from awm.llm.response import BadResponseError, Complaint, read_complaint, read_reply

__all__ = ["Azure", "ChatCompletions", "OpenAICompatible", "Sleep"]

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for some seconds."""

_BUSY: Final = frozenset({408, 409, 425, 429})
_NOT_IMPLEMENTED: Final = 501
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class _FailedError(Exception):
    """An attempt failed in a way that another may not.

    Attributes:
        what: What happened, as the end of a sentence about the server.
        told: After how many seconds the server wants to be asked again, if it says so.
        hopeless: Whether another attempt would fail as this one did.
    """

    def __init__(self, what: str, *, told: float | None = None, hopeless: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.told = told
        self.hopeless = hopeless


class _RefusedError(Exception):
    """The server will not answer this request."""

    def __init__(self, status: int, complaint: Complaint) -> None:
        super().__init__(status)
        self.status = status
        self.complaint = complaint


class ChatCompletions:
    """A model behind an endpoint; it belongs to the event loop in which it is first asked.

    Args:
        endpoint: Where it is.
        patience: How long a question may take.
        sleep: How to wait between attempts.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._patience = patience
        self._sleep = sleep
        self._dialect = Dialect()
        self._chance = random.Random()  # noqa: S311 - spreads waits, hides nothing
        self._http = httpx.AsyncClient(
            timeout=patience.deadline_seconds,  # each attempt is timed as a whole; see _attempt
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=endpoint.url.host not in _LOCAL,  # no proxy reaches this machine
        )

    async def ask(self, question: Question) -> Reply:
        """Return the model's answer (see `LLM.ask`)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience.deadline_seconds
        dialect = self._dialect
        failures = 0
        while True:
            try:
                reply = await self._attempt(question, dialect, deadline - loop.time())
            except _RefusedError as refused:
                dialect = self._narrower(question, dialect, refused)
            except _FailedError as failed:
                failures += 1
                await self._wait(failures, failed, deadline - loop.time())
            else:
                # Others may have learnt something else meanwhile.
                self._dialect &= dialect
                return reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _attempt(self, question: Question, dialect: Dialect, seconds: float) -> Reply:
        body = dialect.body(question, self._endpoint.model)
        limit = min(seconds, self._patience.timeout_seconds)
        try:
            async with asyncio.timeout(limit):
                response = await self._http.post(
                    self._endpoint.url,
                    # A lone surrogate, which JSON can carry and UTF-8 cannot, becomes "?".
                    content=json.dumps(body, ensure_ascii=False).encode(errors="replace"),
                    headers={"content-type": "application/json", **self._endpoint.headers},
                )
        except TimeoutError:
            raise _FailedError(f"did not answer in {limit:g} s") from None
        except httpx.RequestError as error:
            reason = self._endpoint.without_secrets(str(error)) or type(error).__name__
            raise _FailedError(
                f"cannot be reached: {reason}", hopeless=_is_certificate(error)
            ) from None  # the request it holds carries the key
        return self._read(response)

    def _read(self, response: httpx.Response) -> Reply:
        status = response.status_code
        if response.is_success:
            try:
                return read_reply(response.content)
            except BadResponseError as bad:
                said = self._endpoint.without_secrets(str(bad))
                raise _FailedError(f"answered with {said}") from None
        complaint = read_complaint(response.content)
        failing = status in _BUSY or (status >= 500 and status != _NOT_IMPLEMENTED)
        if failing and complaint.code != "insufficient_quota":  # a 429 that only money mends
            said = self._endpoint.without_secrets(complaint.text)
            told = told_wait(response.headers, datetime.now(UTC))
            raise _FailedError(f"answered {status}: {said}".rstrip(": "), told=told)
        raise _RefusedError(status, complaint)

    def _narrower(self, question: Question, dialect: Dialect, refused: _RefusedError) -> Dialect:
        status, complaint = refused.status, refused.complaint
        narrower = dialect.without_refused(question, status, complaint.whole)
        if narrower is None:
            said = self._endpoint.without_secrets(complaint.text)
            message = f"{self._endpoint.shown} refuses with {status}: {said}".rstrip(": ")
            raise LLMError(_sentence(message), self._hint(status)) from None
        return narrower

    async def _wait(self, failures: int, failed: _FailedError, left: float) -> None:
        """Wait for the next attempt, or say that there is none."""
        wait = self._patience.wait_seconds(failures, failed.told, self._chance.random())
        if not failed.hopeless and failures < self._patience.attempts and wait < left:
            await self._sleep(wait)
            return
        times = f" (asked {failures} times)" if failures > 1 else ""
        raise LLMUnavailableError(
            _sentence(f"{self._endpoint.shown} {failed.what}{times}"),
            f"Check {self._endpoint.variables[0]}, or try again later.",
        ) from None

    def _hint(self, status: int) -> str:
        url, key, model = self._endpoint.variables
        if status in {401, 403}:
            return f"Check the key in {key}."
        if status == 404 or 300 <= status < 400:
            return f"Check {url} and the model's name in {model}."
        return ""


class OpenAICompatible(ChatCompletions):
    """A model on OpenAI or on any server that speaks its protocol, such as vLLM or llama.cpp.

    Args:
        base_url: With the version, such as `http://localhost:8000/v1`.
        api_key: None where none is needed.
        model: Which model.
        patience: How long a question may take.
        sleep: How to wait between attempts.

    Raises:
        UsageError: The URL or the key is none.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        model: str,
        *,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(openai_endpoint(base_url, api_key, model), patience, sleep)


class Azure(ChatCompletions):
    """A deployment on Azure.

    Args:
        endpoint: The resource's address, or a deployment's; see `azure_endpoint`.
        api_key: The resource's key.
        deployment: Its name; it stands for the model.
        api_version: Of the API; None for the one in the address, or else a recent one.
        patience: How long a question may take.
        sleep: How to wait between attempts.

    Raises:
        UsageError: The address or the key is none.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: SecretStr,
        deployment: str,
        *,
        api_version: str | None = None,
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        found = azure_endpoint(endpoint, api_key, deployment, api_version)
        super().__init__(found, patience, sleep)


def _is_certificate(error: BaseException) -> bool:
    """Whether a connection failed over a certificate, which does not mend itself."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "...")) else f"{text}."
