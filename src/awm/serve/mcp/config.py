"""What MCP clients have to be told to find a world: the block that goes into their settings.

Claude Desktop, `claude_desktop_config.json`, knows servers that it starts itself and no others:
https://modelcontextprotocol.io/docs/develop/connect-local-servers. Cursor, `.cursor/mcp.json`, and
VS Code, `.vscode/mcp.json`, know servers that run somewhere, too: https://cursor.com/docs/mcp and
https://code.visualstudio.com/docs/copilot/reference/mcp-configuration.

No block holds a token. VS Code asks its user for it, Cursor takes it from the environment.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args
from urllib.parse import quote, urlencode

from awm.errors import UsageError
from awm.worlds import normalise

__all__ = ["CLIENTS", "VARIABLE", "Client", "Place", "Running", "Started", "client_block"]

Client: TypeAlias = Literal["claude-desktop", "cursor", "vscode"]
CLIENTS: Final[tuple[Client, ...]] = get_args(Client)

VARIABLE: Final = "AWM_TOKEN"
"""The variable from which Cursor takes a token."""
_ASKED: Final = "awm-token"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client wants to be.

    Attributes:
        world: The world's name, in any spelling.
        task_idx: The number of the task to be done in it; None for no particular one.
        seed: What the randomness of calls is derived from.
    """

    world: str
    task_idx: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """A server that the client starts, and talks to over standard streams.

    Attributes:
        source: The folder of worlds, absolute, as clients start servers wherever they like; or
            `bundled`.
        program: How this package is started; absolute too, as clients have no virtual environment.
    """

    source: str
    program: Sequence[str] = (sys.executable, "-m", "awm")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs already.

    Attributes:
        url: Its address, such as `http://127.0.0.1:8001`, without a path of a world.
        with_token: Whether it asks for a token.
    """

    url: str
    with_token: bool = False


def client_block(client: Client, place: Place, server: Started | Running) -> dict[str, Any]:
    """What goes into a client's settings, as JSON.

    Args:
        client: Whose.
        place: The world, and perhaps the task.
        server: Who serves it.

    Raises:
        UsageError: The client cannot reach such a server by its settings.
    """
    if isinstance(server, Started):
        entry = _command(place, server)
        typed: Mapping[str, Any] = {"type": "stdio", **entry}
    elif client == "claude-desktop":
        raise UsageError(
            "Claude Desktop takes only servers that it starts itself from its settings file.",
            "Name a folder of worlds instead of a URL, or add the URL under Settings, Connectors.",
        )
    else:
        entry = {"url": _url(place, server), **_headers(client, server)}
        typed = {"type": "http", **entry}
    name = _name(place)
    if client != "vscode":
        return {"mcpServers": {name: entry}}
    asked = isinstance(server, Running) and server.with_token
    return {**({"inputs": [_asked_token()]} if asked else {}), "servers": {name: typed}}


def _name(place: Place) -> str:
    task = "" if place.task_idx is None else f"_task_{place.task_idx}"
    return f"awm_{normalise(place.world)}{task}"


def _command(place: Place, server: Started) -> dict[str, Any]:
    program, *first = server.program
    chosen = ["--world", normalise(place.world)]
    if place.task_idx is not None:
        chosen += ["--task", str(place.task_idx)]
    if place.seed:
        chosen += ["--seed", str(place.seed)]
    return {
        "command": program,
        "args": [*first, "serve", "mcp", server.source, "--stdio", *chosen],
    }


def _url(place: Place, server: Running) -> str:
    query: dict[str, int] = {} if place.task_idx is None else {"task": place.task_idx}
    if place.seed:
        query["seed"] = place.seed
    base = server.url.rstrip("/")
    path = f"/worlds/{quote(normalise(place.world))}/mcp"
    return f"{base}{path}{f'?{urlencode(query)}' if query else ''}"


def _headers(client: Client, server: Running) -> dict[str, Any]:
    if not server.with_token:
        return {}
    kept = f"${{input:{_ASKED}}}" if client == "vscode" else f"${{env:{VARIABLE}}}"
    return {"headers": {"Authorization": f"Bearer {kept}"}}


def _asked_token() -> dict[str, Any]:
    return {
        "type": "promptString",
        "id": _ASKED,
        "description": "The token of the AWM server",
        "password": True,
    }
