"""What `awm serve mcp` serves, and what `awm mcp config` prints."""

from pathlib import Path
from typing import BinaryIO

from awm.cli.context import new_runtime
from awm.cli.serving import Door, Opened
from awm.cli.signals import run
from awm.errors import UsageError
from awm.runtime.chosen import pool_from_settings
from awm.serve.counters import Counters
from awm.serve.lodging import Lodging
from awm.serve.mcp.application import application
from awm.serve.mcp.config import Client, Place, Running, Started, client_block
from awm.serve.mcp.stdio import serve_stdio
from awm.serve.mcp.terms import agree
from awm.serve.stdio import claim_streams
from awm.settings import load_settings
from awm.worlds import open_worlds
from awm.worlds.store import BUNDLED

__all__ = ["block", "check_no_world", "door", "serve_one"]


def door(idle_seconds: float, most_sessions: int) -> Door:
    """Every world of a folder behind MCP.

    Args:
        idle_seconds: After how long without use a session ends.
        most_sessions: How many may be open at a time.
    """

    def make(lodging: Lodging, counters: Counters) -> Opened:
        app = application(lodging, idle_seconds=idle_seconds, most_sessions=most_sessions)
        counters.sessions(lambda: len(app.sessions))
        return Opened(app, app.sessions.drain)

    return Door("MCP", "/worlds/NAME/mcp?task=N&seed=S", make)


def check_no_world(world: str | None, task: int | None) -> None:
    """Refuse what only `--stdio` takes.

    Raises:
        UsageError: A world or a task is given.
    """
    if world is not None or task is not None:
        raise UsageError(
            "--world and --task go with --stdio.",
            "Over HTTP a client says where it wants to be: /worlds/NAME/mcp?task=N&seed=S.",
        )


def serve_one(
    folder: str,
    world: str | None,
    task: int | None,
    seed: int,
    ray: str | None,
    allow_weak: bool | None,
) -> None:
    """Serve one session over standard streams, until the client closes its end.

    Raises:
        AwmError: There is no such world or task, or it does not come to life.
    """
    if world is None:
        raise UsageError("--stdio serves one world.", "Name it with --world.")
    chosen = load_settings(allow_weak_isolation=allow_weak)
    worlds = open_worlds(folder)
    incoming, outgoing = claim_streams()
    lodging = Lodging(worlds, new_runtime(chosen, ray=ray), pool_from_settings(chosen))
    run(_one(lodging, world, task, seed, incoming, outgoing))


def block(
    client: Client, place: Place, folder: str, url: str | None, *, with_token: bool
) -> dict[str, object]:
    """What goes into a client's settings.

    Args:
        client: Whose.
        place: The world, and perhaps the task.
        folder: Where the worlds are, for a server that the client starts.
        url: Of a server that runs; None for one that the client starts.
        with_token: Whether that server asks for a token.

    Raises:
        AwmError: There is no such world, or the client cannot reach such a server.
    """
    if url is not None:
        return client_block(client, place, Running(url, with_token))
    open_worlds(folder).named([place.world])
    source = folder if folder == BUNDLED else str(Path(folder).resolve())
    return client_block(client, place, Started(source))


async def _one(
    lodging: Lodging,
    world: str,
    task: int | None,
    seed: int,
    incoming: BinaryIO,
    outgoing: BinaryIO,
) -> None:
    async with lodging:
        terms = await agree(lodging, world, task_idx=task, seed=seed)
        await lodging.prepared(world)  # what keeps it from coming to life is told at once
        await serve_stdio(lodging, terms, incoming, outgoing)
