"""Whether a server that refuses one question would refuse every other one.

The statuses of a wrong key (403), a wrong address or a wrong model (404, redirects) are also those
with which gateways, filters and firewalls turn a single question away. So they are put down to the
question where the server answers others, as long as those that it refuses are not too many in a
row. Who is refused before anything was answered, or that often, may still have met a filter: it is
faster than the model, and where a run goes on after its end, what was refused is all that is left
to ask. So a 403 is put down to the question, too, where the server takes the key for its list of
models and the model is in it. That list says nothing of the address of questions.
"""

import asyncio
from typing import Final

import httpx

from awm.llm.connections import Connections, TooMuchError
from awm.llm.endpoint import Endpoint
from awm.llm.listing import is_among, listed_models

__all__ = ["Standing"]

_IN_A_ROW: Final = 20
"""At how many refusals without an answer between them a server counts as refusing everything."""
_FORBIDDEN: Final = 403
_SECONDS: Final = 10.0
"""How long the list of models may take."""


class Standing:
    """How an endpoint has treated those who ask it, as far as one client has seen.

    Args:
        endpoint: The endpoint.
        connections: To it.

    Attributes:
        answers: How many questions it has answered.
    """

    def __init__(self, endpoint: Endpoint, connections: Connections) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._refused = _IN_A_ROW  # nobody has been answered yet
        self.answers = 0

    def answered(self) -> None:
        """It answered a question."""
        self.answers += 1
        self._refused = 0

    async def is_good(self, status: int) -> bool:
        """Whether it would answer other questions; to be asked once after each refusal.

        Args:
            status: With which it refused, where that says nothing of whose fault it is.
        """
        self._refused += 1
        if self._refused < _IN_A_ROW:
            return True
        if status != _FORBIDDEN or not await self._lists_model():
            return False
        self._refused = 0
        return True

    async def _lists_model(self) -> bool:
        endpoint = self._endpoint
        if endpoint.model is None or not endpoint.lists_all:
            return False
        try:
            async with asyncio.timeout(_SECONDS):
                received = await self._connections.get(endpoint.listing, endpoint.headers)
        except (TimeoutError, TooMuchError, httpx.RequestError):
            return False
        return received.is_success and is_among(endpoint.model, listed_models(received.content))
