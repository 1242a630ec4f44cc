"""What every `awm serve` does: worlds made ready, a gate in front, served until told to stop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import TypeAlias

from pydantic import SecretStr
from rich.text import Text
from starlette.types import ASGIApp

from awm.cli.console import stderr, stdout
from awm.cli.context import new_runtime
from awm.cli.judging import NOBODY, Judging, hired
from awm.cli.outcome import show_problems
from awm.cli.policies import model_settings
from awm.cli.signals import StoppedError, run
from awm.errors import UsageError
from awm.rollout.room import room_for_worlds
from awm.runtime.chosen import pool_from_settings
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind, is_loopback, url_of
from awm.serve.lodging import Lodging
from awm.serve.tokens import Tokens, read_tokens
from awm.serve.web import hosts_of, serve_door
from awm.settings import Settings
from awm.worlds import WorldFolder, open_worlds

__all__ = ["Door", "Opened", "Serving", "serve"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A door that clients can come through.

    Attributes:
        app: The application behind it.
        draining: Called once no session should begin; what is open and silent can end at once.
    """

    app: ASGIApp
    draining: Callable[[], None] = lambda: None


MakeDoor: TypeAlias = Callable[[Lodging, Counters], Opened]


@dataclass(frozen=True, slots=True)
class Door:
    """A way in.

    Attributes:
        name: What it is, for people.
        path: Where clients are sent, below the server's address.
        make: Makes the application; called once worlds can be launched.
        notes: What else to say about it, as pairs.
        judging: How the attempts of its clients are graded.
    """

    name: str
    path: str
    make: MakeDoor
    notes: tuple[tuple[str, str], ...] = ()
    judging: Judging = NOBODY


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, where and to whom; see the options of the commands."""

    folder: str
    host: str
    port: int
    token_file: Path | None
    allow_anyone: bool
    requests_per_second: float | None
    live_worlds: int | None
    ray: str | None
    drain_seconds: float
    allow_weak_isolation: bool | None


def serve(serving: Serving, door: Door) -> None:
    """Serve until a signal comes.

    Raises:
        AwmError: The worlds, the port, the tokens or the judge are not as they have to be.
        StoppedError: A signal came.
    """
    judging = door.judging
    chosen = model_settings(
        judging.api_url,
        llm_budget_usd=judging.budget,
        allow_weak_isolation=serving.allow_weak_isolation,
    )
    worlds = open_worlds(serving.folder)
    show_problems(worlds.problems)
    tokens = Tokens(_secrets(serving, chosen))
    listener = bind(serving.host, serving.port)
    try:
        _check_reach(serving, listener, tokens)
        run(_serve(serving, chosen, worlds, tokens, listener, door))
    except StoppedError:
        stderr().print("Stopped.")
        raise
    finally:
        listener.close()


def _secrets(serving: Serving, chosen: Settings) -> Iterable[SecretStr]:
    if serving.token_file is not None:
        return read_tokens(serving.token_file)
    written = chosen.serve_tokens
    words = [] if written is None else written.get_secret_value().split(",")
    return [SecretStr(word.strip()) for word in words if word.strip()]


def _check_reach(serving: Serving, listener: socket, tokens: Tokens) -> None:
    """Refuse to let others in by mistake."""
    address = listener.getsockname()[0]
    if tokens or serving.allow_anyone or is_loopback(address):
        return
    raise UsageError(
        f"everybody who can reach {address} could use this server.",
        "Set AWM_SERVE_TOKENS, give --token_file, or say --allow_anyone.",
    )


async def _serve(
    serving: Serving,
    chosen: Settings,
    worlds: WorldFolder,
    tokens: Tokens,
    listener: socket,
    door: Door,
) -> None:
    alive = serving.live_worlds or room_for_worlds()
    runtime = new_runtime(chosen, idle_workers=alive, live_workers=alive, ray=serving.ray)
    async with (
        hired(door.judging, chosen) as judge,
        Lodging(
            worlds, runtime, pool_from_settings(chosen), judge=judge, mode=door.judging.mode
        ) as lodging,
    ):
        counters = Counters(runtime)
        terms = GateTerms(tokens, hosts_of(listener), per_second=serving.requests_per_second)
        place = url_of(listener, serving.host, door.path)
        isolation = runtime.isolation.describe()
        opened = door.make(lodging, counters)
        await serve_door(
            opened.app,
            listener,
            terms=terms,
            counters=counters,
            drain_seconds=serving.drain_seconds,
            ready=lambda: _announce(door, worlds, _open_to(tokens, listener), place, isolation),
            draining=opened.draining,
        )


def _announce(door: Door, worlds: WorldFolder, guests: str, place: str, isolation: str) -> None:
    told = {
        door.name: place,
        "Worlds": f"{len(worlds):,} of {worlds.path}",
        "Open to": guests,
        **dict(door.notes),
        **({} if door.judging.model is None else {"Judge": door.judging.model}),
    }
    for name, value in told.items():
        # Not a table: a URL or a path that is broken over two lines cannot be copied.
        line = Text(f"{name:<12} ", style="bold").append(value, style="default")
        stdout().print(line, soft_wrap=True)
    stdout().print(isolation, markup=False, soft_wrap=True)
    stdout().print("Ctrl-C stops it: what is under way comes to its end first.")


def _open_to(tokens: Tokens, listener: socket) -> str:
    """Who may come in, for people."""
    if tokens:
        return "those who show a token"
    return "this machine" if is_loopback(listener.getsockname()[0]) else "everybody"
