"""An application that needs no command: the worlds of the package, as OpenEnv's.

    uvicorn --lifespan on awm.serve.openenv.standalone:app

It is what `openenv.yaml` names. It asks for no token, and so answers to this machine only, by the
names that this machine has for itself. `awm serve openenv FOLDER` serves others too, and worlds of
one's own.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from awm.runtime import Runtime, VerifierPool
from awm.serve.counters import Counters
from awm.serve.gate import Gate, GateTerms
from awm.serve.lodging import Lodging
from awm.serve.openenv.application import application
from awm.serve.web import LOOPBACK_NAMES
from awm.worlds import bundled_worlds

__all__ = ["Standalone", "app"]


class Standalone:
    """Opens the worlds when its life span begins, and closes them at its end; see ASGI."""

    def __init__(self) -> None:
        self._door: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._door is None:
            raise RuntimeError("the life span of the application is not run: uvicorn --lifespan on")
        else:
            await self._door(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with Lodging(bundled_worlds(), Runtime(), VerifierPool()) as lodging:
            counters = Counters(lodging.runtime)
            terms = GateTerms(hosts=LOOPBACK_NAMES)
            self._door = Gate(application(lodging, counters=counters), terms, counters)
            try:
                await self._door(scope, receive, send)
            finally:
                self._door = None


app: Final = Standalone()
"""For servers of ASGI applications. Nothing lives before its life span begins."""
