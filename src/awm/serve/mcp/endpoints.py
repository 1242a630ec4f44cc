"""What else there is over HTTP: the worlds for anybody, and a session's state for its owner.

    GET  /worlds                        the worlds' names, page by page
    GET  /worlds/{name}                 a world's tools, its description, how many tasks it has
    GET  /worlds/{name}/session         the state of a session
    POST /worlds/{name}/session/reset   back to the start, with another seed if one is given
    GET  /worlds/{name}/session/database   the database, as SQLite writes it to a file
    GET  /worlds/{name}/session/diff    the rows that differ from the start
    POST /worlds/{name}/session/snapshot   have the state kept; its name comes back
    POST /worlds/{name}/session/restore    go back to a state that was kept

A session is named by the header `mcp-session-id`, as in MCP. Nothing here tells what a verifier or
an oracle says.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from awm.errors import AwmError, InstanceClosedError, UsageError
from awm.serve.lodging import Lodging
from awm.serve.mcp.messages import RefusedError, encoded, parsed
from awm.serve.mcp.session import Session
from awm.serve.mcp.sessions import Sessions
from awm.serve.mcp.terms import number_in
from awm.serve.mcp.transport import JsonResponse, require_world, session_of
from awm.types import ToolSpec

__all__ = ["PAGE", "Endpoints"]

_log: Final = logging.getLogger(__name__)

PAGE: Final = 100
"""How many worlds are listed at a time, unless a client asks for fewer or for more."""
_LARGEST_PAGE: Final = 1000
_SQLITE: Final = "application/vnd.sqlite3"
_ENDED: Final = "the session has ended."

_Operation: TypeAlias = Callable[[Session, Request], Awaitable[Response]]
_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class Endpoints:
    """See the module.

    Args:
        lodging: Where the worlds live.
        sessions: Those that are open.
    """

    def __init__(self, lodging: Lodging, sessions: Sessions) -> None:
        self._lodging = lodging
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Where all of this is reached."""
        one = "/worlds/{name}"
        return [
            Route("/worlds", _guarded(self._worlds)),
            Route(one, _guarded(self._world)),
            Route(f"{one}/session", self._owned(_state)),
            Route(f"{one}/session/database", self._owned(_database)),
            Route(f"{one}/session/diff", self._owned(_diff)),
            Route(f"{one}/session/snapshot", self._owned(_snapshot), methods=["POST"]),
            Route(f"{one}/session/restore", self._owned(_restore), methods=["POST"]),
            Route(f"{one}/session/reset", self._owned(_reset), methods=["POST"]),
        ]

    async def _worlds(self, request: Request) -> Response:
        first = number_in("offset", request.query_params.getlist("offset")) or 0
        count = number_in("limit", request.query_params.getlist("limit"))
        count = PAGE if count is None else count
        if first < 0 or not 1 <= count <= _LARGEST_PAGE:
            raise UsageError(f"offset is at least 0, limit between 1 and {_LARGEST_PAGE}.")
        worlds = self._lodging.worlds
        names = list(islice(worlds, first, first + count))
        return JsonResponse(
            {
                "worlds": [{"name": name, "title": worlds.title(name)} for name in names],
                "total": len(worlds),
                "next": first + count if first + count < len(worlds) else None,
            }
        )

    async def _world(self, request: Request) -> Response:
        name = request.path_params["name"]
        require_world(self._lodging, name)
        world = await self._lodging.world(name)
        ready = await self._lodging.prepared(name)
        return JsonResponse(
            {
                "name": world.name,
                "title": world.scenario,
                "description": world.description,
                "tasks": len(world.tasks),
                "tools": [_tool(tool) for tool in ready.tools],
            }
        )

    def _owned(self, operation: _Operation) -> _Endpoint:
        """What only the owner of a session may do with it."""

        async def endpoint(request: Request) -> Response:
            session = session_of(request, self._sessions)
            ended = _failed(404, _ENDED)
            return await session.carry_out(object(), operation(session, request), ended)

        return _guarded(endpoint)


def _guarded(endpoint: _Endpoint) -> _Endpoint:
    """An endpoint that says in JSON why it does not do what was asked."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as error:
            return _failed(error.status, error.message)
        except InstanceClosedError:
            return _failed(404, _ENDED)
        except UsageError as error:
            return _failed(400, str(error))
        except AwmError as error:
            _log.error("%r: %s", request.url.path, error)
            return _failed(500, str(error))

    return guarded


async def _state(session: Session, _: Request) -> Response:
    return JsonResponse(_told(session))


async def _database(session: Session, _: Request) -> Response:
    image = await (await session.instance()).database_image()
    saved = f'attachment; filename="{session.terms.world}.db"'
    return Response(image, media_type=_SQLITE, headers={"content-disposition": saved})


async def _diff(session: Session, _: Request) -> Response:
    diff = await (await session.instance()).diff()
    # In a thread: it may be as large as the database.
    said = await asyncio.to_thread(lambda: encoded(diff.to_json()))
    return Response(said, media_type=JsonResponse.media_type)


async def _snapshot(session: Session, _: Request) -> Response:
    snapshot = await (await session.instance()).snapshot()
    return JsonResponse({"id": session.snapshots.add(snapshot), "steps": snapshot.step}, 201)


async def _restore(session: Session, request: Request) -> Response:
    name = (await _body(request)).get("id")
    snapshot = session.snapshots.get(name) if isinstance(name, str) else None
    if snapshot is None:
        return _failed(404, f"no snapshot has that id; these are kept: {list(session.snapshots)}.")
    await (await session.instance()).restore(snapshot)
    return JsonResponse(_told(session))


async def _reset(session: Session, request: Request) -> Response:
    seed = (await _body(request)).get("seed")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise UsageError("a seed is an integer.")
    await (await session.instance()).reset(seed)
    return JsonResponse(_told(session))


async def _body(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request brings; an empty one where it brings nothing.

    Raises:
        RefusedError: It is something else.
        UsageError: It is JSON, and no object.
    """
    body = await request.body()
    said = parsed(body) if body else {}
    if not isinstance(said, Mapping):
        raise UsageError("the body is a JSON object.")
    return said


def _told(session: Session) -> dict[str, Any]:
    return {
        "world": session.terms.world,
        "task": session.terms.task_idx,
        "seed": session.seed,
        "steps": session.steps,
        "idle_seconds": round(session.rested_seconds, 3),
        "snapshots": list(session.snapshots),
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.input_schema,
    }


def _failed(status: int, why: str) -> Response:
    return JsonResponse({"error": why}, status)
