"""Nodes that follow a script, in this process: no Ray, no worker."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from ray.exceptions import ActorUnavailableError

from awm import __version__
from awm.ray.link import NodeLink
from awm.ray.terms import Welcome
from awm.runtime.placement import Census
from awm.runtime.prepared import PreparedWorld
from awm.runtime.sandbox import Isolation
from awm.runtime.wire import Called, Load

ORDER = Load("w", "", b"", b"", 0.0, False, 1.0, 1 << 20, 1 << 20)
WORLD = PreparedWorld("w", "key", ORDER, b"", "hash", (), frozenset(), ())
ANSWER = Called("fine", False, 200, None, None, b"pages", b"memory", False)
FULL = Isolation("full", 7, True, ())
UNAVAILABLE = ActorUnavailableError("the network", None)


class ScriptedActor:
    """Answers each request with the next line of its script, and kindly where that is silent.

    A line is an answer, an error to raise, or None for no answer until the request is cancelled.
    """

    def __init__(self, **scripts: Sequence[object]) -> None:
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.killed = False
        self._scripts = {method: list(script) for method, script in scripts.items()}
        self._kind = {
            "open": Welcome(FULL, __version__, 1),
            "learn": WORLD,
            "admit": True,
            "call": ANSWER,
            "census": Census(1, 1, 1, 0),
        }

    def count(self, method: str) -> int:
        """How often it was asked for something."""
        return Counter(name for name, _ in self.heard)[method]

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)
        return SimpleNamespace(remote=lambda *arguments: self._hear(method, arguments))

    def _hear(self, method: str, arguments: tuple[Any, ...]) -> asyncio.Future[Any]:
        self.heard.append((method, arguments))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        script = self._scripts.get(method)
        line = script.pop(0) if script else self._kind.get(method, True)
        if isinstance(line, Exception) and not hasattr(line, "hint"):
            future.set_exception(line)
            future.exception()
        elif line is not None:
            future.set_result(line)
        return future


def ray_of_scripts(nodes: Callable[[], list[dict[str, Any]]] = list) -> SimpleNamespace:
    """As much of Ray as is used beside actors."""

    def kill(actor: ScriptedActor) -> None:
        actor.killed = True

    def cancel(reference: asyncio.Future[Any], *, recursive: bool) -> None:
        assert not recursive
        if not reference.done():
            reference.set_exception(UNAVAILABLE)  # any error will do: nobody reads it
            reference.exception()

    return SimpleNamespace(kill=kill, cancel=cancel, nodes=nodes, put=lambda world: [world])


def link_to(actor: ScriptedActor, name: str = "n", processors: float = 1.0) -> NodeLink:
    return NodeLink(name, name, processors, actor)
