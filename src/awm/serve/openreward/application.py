"""The Open Reward Standard over HTTP: an ASGI application."""

import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import awm
from awm.errors import AwmError, UsageError
from awm.serve.gate import is_draining, owner_of
from awm.serve.lodging import Lodging
from awm.serve.openreward.answers import Json, failed, faulty, unfound
from awm.serve.openreward.refusals import FullError, NotThereError
from awm.serve.openreward.stay import Stay
from awm.serve.openreward.streams import events, stream, unknown_call
from awm.serve.openreward.table import Key, SessionTable
from awm.serve.openreward.tasks import Errand, TaskLists, errand_of
from awm.serve.openreward.terms import OpenRewardTerms
from awm.serve.openreward.tools import tools_told
from awm.serve.openreward.wire import (
    CallBody,
    CreateBody,
    RangeBody,
    SplitBody,
    TaskBody,
    TaskSpec,
    read_body,
    text_block,
)
from awm.serve.table import Clock

__all__ = ["NAME", "application"]

NAME: Final = "agentworldmodel"
"""What the one environment is called that is served here."""

_SESSION: Final = "x-session-id"
_LONGEST_SESSION: Final = 256
_SHOWN: Final = 8

Beginning: TypeAlias = Callable[[Errand, str], Stay]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def application(
    lodging: Lodging,
    terms: OpenRewardTerms | None = None,
    *,
    clock: Clock = time.monotonic,
) -> Starlette:
    """Make the server's application. Its life span has to be run.

    How many sessions are open is told by `len(app.state.sessions)`.

    Args:
        lodging: Where the worlds live; it has been entered.
        terms: What is offered, and within which limits.
        clock: Tells the time in seconds.
    """
    terms = OpenRewardTerms() if terms is None else terms
    table = SessionTable(terms.sessions, terms.idle_seconds)
    lists = TaskLists(lodging.worlds, terms)

    @contextlib.asynccontextmanager
    async def life_span(_: Starlette) -> AsyncIterator[None]:
        async with table.swept():
            lists.begin()
            try:
                yield
            finally:
                await lists.close()

    def begin(errand: Errand, name: str) -> Stay:
        return Stay(lodging, errand, terms, name, clock)

    ours = _Sessions(lodging, begin, table, lists)
    app = Starlette(
        routes=[*_about(), *_offers(lists, terms), *ours.routes],
        exception_handlers={HTTPException: unfound, AwmError: failed, Exception: faulty},
        lifespan=life_span,
    )
    app.router.redirect_slashes = False  # a redirect would name whatever host it was asked by
    app.state.sessions = table
    return app


def _about() -> list[Route]:
    """What is asked of the server itself."""

    async def health(_: Request) -> Response:
        return Json({"status": "ok"})

    async def version(_: Request) -> Response:
        return Json({"version": awm.__version__, "build_sha": None})

    async def environments(_: Request) -> Response:
        return Json([NAME])

    return [
        Route("/health", health),
        Route("/version", version),
        Route("/list_environments", environments),
    ]


def _offers(lists: TaskLists, terms: OpenRewardTerms) -> list[Route]:
    """What is asked of the environment, without a session."""

    async def splits(_: Request) -> Response:
        return Json([{"name": split, "type": split} for split in terms.offered])

    async def tools(_: Request) -> Response:
        return Json(tools_told())

    async def tasks(request: Request) -> Response:
        body = read_body(await request.body(), SplitBody)
        return Json({"tasks": await lists.of(body.split), "env_name": NAME})

    async def num_tasks(request: Request) -> Response:
        body = read_body(await request.body(), SplitBody)
        return Json({"num_tasks": len(await lists.of(body.split))})

    async def task(request: Request) -> Response:
        body = read_body(await request.body(), TaskBody)
        return Json({"task": await lists.at(body.split, body.index), "env_name": NAME})

    async def task_range(request: Request) -> Response:
        body = read_body(await request.body(), RangeBody)
        some = (await lists.of(body.split))[body.start : body.stop]
        return Json({"tasks": some, "env_name": NAME})

    return [
        *_both("/splits", splits, "GET"),
        *_both("/tools", tools, "GET"),
        *_both("/tasks", tasks, "POST"),
        *_both("/num_tasks", num_tasks, "POST"),
        *_both("/task", task, "POST"),
        *_both("/task_range", task_range, "POST"),
    ]


class _Sessions:
    """What is asked of sessions.

    Args:
        lodging: Where worlds live.
        begin: Begins a session, given what to call it in the log.
        table: Those that are open.
        lists: Finds tasks by their places.
    """

    def __init__(
        self, lodging: Lodging, begin: Beginning, table: SessionTable, lists: TaskLists
    ) -> None:
        self._lodging = lodging
        self._begin = begin
        self._table = table
        self._lists = lists

    @property
    def routes(self) -> list[Route]:
        """Where they are asked."""
        return [
            Route("/create_session", self._name, methods=["POST"]),
            Route("/create", self._create, methods=["POST"]),
            Route("/ping", self._ping, methods=["POST"]),
            Route("/delete", self._delete, methods=["POST"]),
            Route("/delete_session", self._delete, methods=["POST"]),
            *_both("/task_tools", self._task_tools, "GET"),
            *_both("/prompt", self._prompt, "GET"),
            *_both("/messages", self._messages, "GET"),
            *_both("/call", self._call, "POST"),
        ]

    async def _name(self, _: Request) -> Response:
        """A name for a session, of which nothing is kept before it is created."""
        return events(("task_id", str(uuid.uuid4())), ("end", ""))

    async def _create(self, request: Request) -> Response:
        key = _key(request)
        if is_draining(request.scope):
            raise FullError("the server is about to end.", "Ask another one.")
        body = read_body(await request.body(), CreateBody)
        _require_environment(body.env_name)
        if body.toolset_name is not None:
            raise UsageError("there are no toolsets here.", "Leave toolset_name out.")
        errand = await errand_of(self._lodging, await self._spec(body))
        # Without tokens the whole name would open the session to whoever reads the log.
        name = key[1][:_SHOWN]
        self._table.open(key, errand, lambda: self._begin(errand, name))
        return Json({"sid": key[1]})

    async def _spec(self, body: CreateBody) -> TaskSpec:
        if body.task_spec is not None:
            return body.task_spec
        assert body.split is not None
        assert body.index is not None
        return TaskSpec.model_validate(await self._lists.at(body.split, body.index))

    async def _ping(self, request: Request) -> Response:
        self._table.find(_key(request))
        return Json({"status": "ok"})

    async def _delete(self, request: Request) -> Response:
        key = _key(request)
        await self._table.end(key)
        return Json({"sid": key[1]})

    async def _task_tools(self, request: Request) -> Response:
        self._table.find(_key(request))
        return Json(tools_told())

    async def _prompt(self, request: Request) -> Response:
        return Json([await self._prompt_block(request)])

    async def _messages(self, request: Request) -> Response:
        blocks = [await self._prompt_block(request)]
        return Json([{"role": "user", "blocks": blocks, "detail": None}])

    async def _prompt_block(self, request: Request) -> dict[str, Any]:
        stay = self._table.find(_key(request))
        await stay.ready()
        return text_block(stay.prompt)

    async def _call(self, request: Request) -> Response:
        stay = self._table.find(_key(request))
        body = read_body(await request.body(), CallBody)
        await stay.ready()
        name = body.task_id or stay.begin(body.name, body.input or {})
        call = stay.call_named(name)
        return unknown_call() if call is None else await stream(name, call)


def _both(path: str, endpoint: Endpoint, method: str) -> list[Route]:
    """An endpoint of the environment: under its name, and without it for clients that have none."""

    async def named(request: Request) -> Response:
        _require_environment(request.path_params["environment"])
        return await endpoint(request)

    bare = Route(path, endpoint, methods=[method])
    return [bare, Route(f"/{{environment}}{path}", named, methods=[method])]


def _require_environment(name: str | None) -> None:
    if name is not None and name.lower() != NAME:
        raise NotThereError(f"unknown environment {name!r}.", f"There is {NAME}.")


def _key(request: Request) -> Key:
    name = request.headers.get(_SESSION, "").strip()
    if not name:
        raise UsageError("X-Session-ID header is required.", "Ask /create_session for one.")
    if len(name) > _LONGEST_SESSION:
        raise UsageError(f"X-Session-ID has at most {_LONGEST_SESSION} characters.")
    return owner_of(request.scope), name
