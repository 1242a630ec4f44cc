"""Connections to a server, for very many requests at once.

`httpx` looks at every connection of a client for each request, and asks the system about each that
is idle, so that a client with 256 of them computes longer than the model does. Here each client has
a few, and there are as many clients as that takes.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from awm.llm.endpoint import Endpoint

__all__ = ["MOST_BYTES", "Connections", "Received", "TooMuchError"]

_EACH: Final = 8
"""How many requests a client has under way."""

MOST_BYTES: Final = 64 * 2**20
"""The longest response that is read. The largest that means anything, the vectors of a batch of
texts, is a tenth of it; a server that sends on and on would fill the memory."""


class TooMuchError(Exception):
    """A server sent more than `MOST_BYTES`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A response, read to its end.

    Attributes:
        status_code: Of HTTP.
        headers: By name, whatever the case.
        content: The body, decompressed.
    """

    status_code: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status says that the request was answered."""
        return 200 <= self.status_code < 300


class Connections:
    """Connections to an endpoint; they belong to the event loop in which they are first used.

    Args:
        endpoint: Where to.
        seconds: How long the system may take over any part of a request.
    """

    def __init__(self, endpoint: Endpoint, seconds: float) -> None:
        self._endpoint = endpoint
        self._seconds = seconds
        self._trust_env = not endpoint.is_local  # no proxy reaches this machine
        self._certificates = self._authorities()
        self._clients: list[httpx.AsyncClient] = []
        self._under_way: list[int] = []

    async def post(
        self, content: bytes, headers: Mapping[str, str], heard: Callable[[], None] = lambda: None
    ) -> Received:
        """Send a request to the endpoint and read all of the response.

        Args:
            content: The body.
            headers: By name.
            heard: Called when the response begins to come.

        Raises:
            httpx.RequestError: It did not get through.
            TooMuchError: The response does not end.
        """
        return await self._sent("POST", self._endpoint.url, headers, content, heard)

    async def get(self, url: httpx.URL, headers: Mapping[str, str]) -> Received:
        """Read something at the same server.

        Raises:
            httpx.RequestError: It did not get through.
            TooMuchError: The response does not end.
        """
        return await self._sent("GET", url, headers, None)

    async def aclose(self) -> None:
        """Close them; closing twice is all right."""
        for client in self._clients:
            await client.aclose()

    async def _sent(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        heard: Callable[[], None] = lambda: None,
    ) -> Received:
        at = self._with_room()
        self._under_way[at] += 1
        try:
            async with self._clients[at].stream(
                method, url, headers=headers, content=content
            ) as response:
                heard()
                return Received(response.status_code, response.headers, await _body(response))
        finally:
            self._under_way[at] -= 1

    def _authorities(self) -> ssl.SSLContext:
        """Whom to trust; read once for all clients, which takes some 20 ms."""
        if self._endpoint.is_local and self._endpoint.url.scheme == "http":
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nobody: none is asked for
        return httpx.create_ssl_context(trust_env=self._trust_env)

    def _with_room(self) -> int:
        """The first client that has room: connections that are open already are used first."""
        for at, count in enumerate(self._under_way):
            if count < _EACH:
                return at
        self._clients.append(
            httpx.AsyncClient(
                timeout=self._seconds,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=_EACH),
                trust_env=self._trust_env,
                verify=self._certificates,
            )
        )
        self._under_way.append(0)
        return len(self._clients) - 1


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooMuchError
    return bytes(body)
