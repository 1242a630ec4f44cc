"""Connections to a server, for very many requests at once.

`httpx` looks at every connection of a client for each request, and asks the system about each that
is idle, so that a client with 256 of them computes longer than the model does. Here each client has
a few, and there are as many clients as that takes.
"""

import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from awm.llm.endpoint import Endpoint

__all__ = ["Connections"]

_EACH: Final = 8
"""How many requests a client has under way."""


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

    async def post(self, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send a request to the endpoint and read all of the response.

        Raises:
            httpx.RequestError: It did not get through.
        """
        at = self._with_room()
        self._under_way[at] += 1
        try:
            return await self._clients[at].post(
                self._endpoint.url, content=content, headers=headers
            )
        finally:
            self._under_way[at] -= 1

    async def get(self, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Response:
        """Read something at the same server.

        Raises:
            httpx.RequestError: It did not get through.
        """
        return await self._clients[self._with_room()].get(url, headers=headers)

    async def aclose(self) -> None:
        """Close them; closing twice is all right."""
        for client in self._clients:
            await client.aclose()

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
