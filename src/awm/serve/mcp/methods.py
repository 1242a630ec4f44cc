"""What a session can be asked, whichever way the question came in.

Arguments of tools are not compared with their schemas first: that is the world's own business, as
agents are trained on its 422 answers.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import mcp.types as wire
from mcp.shared.version import SUPPORTED_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError

from awm import __version__
from awm.errors import AwmError, InstanceClosedError, UsageError
from awm.serve.mcp.house import House
from awm.serve.mcp.messages import RefusedError, Request, encoded, failure, success
from awm.serve.mcp.session import Session

__all__ = ["CANCELLED", "RESOURCE_NOT_FOUND", "SESSION", "TASK", "Methods"]

_log: Final = logging.getLogger(__name__)

CANCELLED: Final = 0
"""What a cancelled request is answered with, as by the SDK: HTTP has to say something."""
RESOURCE_NOT_FOUND: Final = -32002

TASK: Final = "awm://session/task"
"""The resource that says what there is to do, in words."""
SESSION: Final = "awm://session"
"""The resource that says what the session is about, in JSON."""

_Result: TypeAlias = Mapping[str, Any]
_Method: TypeAlias = Callable[[Session, Mapping[str, Any]], Awaitable[_Result]]
_M = TypeVar("_M", bound=BaseModel)


class Methods:
    """Answers requests.

    Args:
        house: Where the worlds of the sessions live.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: Mapping[str, _Method] = {
            "initialize": self._initialize,
            "ping": self._ping,
            "tools/list": self._list_tools,
            "tools/call": self._call_tool,
            "resources/list": self._list_resources,
            "resources/templates/list": self._list_templates,
            "resources/read": self._read_resource,
            "prompts/list": self._list_prompts,
        }

    async def answer(self, session: Session, request: Request) -> dict[str, Any]:
        """Carry a request out.

        Args:
            session: Whose it is.
            request: What is asked.

        Returns:
            What JSON-RPC answers, be it a result or an error.
        """
        if session.is_under_way(request.id):
            said = f"a request of the id {request.id!r} is under way."
            return failure(request.id, wire.INVALID_REQUEST, said)
        cancelled = failure(request.id, CANCELLED, "the request was cancelled.")
        return await session.carry_out(request.id, self._answer(session, request), cancelled)

    async def _answer(self, session: Session, request: Request) -> dict[str, Any]:
        try:
            return success(request.id, await self._result(session, request))
        except RefusedError as error:
            return failure(request.id, error.code, error.message)
        except InstanceClosedError:
            return failure(request.id, wire.INVALID_REQUEST, "the session has ended.")
        except AwmError as error:
            # A fault of the machinery is no result, so that no agent takes it for a tool's answer.
            _log.error("%s of %r: %s", request.method, session, error, extra=session.known_by)
            return failure(request.id, wire.INTERNAL_ERROR, str(error))
        except Exception:  # noqa: BLE001 - a fault of ours costs this request, and not the session
            _log.exception("%s of %r", request.method, session, extra=session.known_by)
            return failure(request.id, wire.INTERNAL_ERROR, "the server failed over the request.")

    async def _result(self, session: Session, request: Request) -> _Result:
        method = self._known.get(request.method)
        if method is None:
            said = f"there is no method {request.method[:80]!r} here."
            raise RefusedError(wire.METHOD_NOT_FOUND, said)
        if not session.version and request.method not in {"initialize", "ping"}:
            raise RefusedError(wire.INVALID_REQUEST, "the session is not initialized yet.")
        return await method(session, request.params)

    async def _initialize(self, session: Session, params: Mapping[str, Any]) -> _Result:
        if session.version:
            raise RefusedError(wire.INVALID_REQUEST, "the session is initialized already.")
        asked = str(_read(wire.InitializeRequestParams, params).protocolVersion)
        known = asked in SUPPORTED_PROTOCOL_VERSIONS
        # Before anything is waited for: the next message may be under way already.
        session.version = asked if known else wire.LATEST_PROTOCOL_VERSION
        world = await self._house.world(session.terms.world)
        task = await self._instruction(session)
        told = [world.description, f"The task of this session: {task}" if task else ""]
        return _plain(
            wire.InitializeResult(
                protocolVersion=session.version,
                capabilities=wire.ServerCapabilities(
                    tools=wire.ToolsCapability(listChanged=False),
                    resources=wire.ResourcesCapability(subscribe=False, listChanged=False),
                ),
                serverInfo=wire.Implementation(name=f"awm: {world.scenario}", version=__version__),
                instructions="\n\n".join(filter(None, told)) or None,
            )
        )

    async def _ping(self, _: Session, __: Mapping[str, Any]) -> _Result:
        return {}

    async def _list_tools(self, session: Session, params: Mapping[str, Any]) -> _Result:
        _require_first_page(params)
        ready = await self._house.prepared(session.terms.world)
        tools = [
            wire.Tool(name=each.name, description=each.description, inputSchema={})
            for each in ready.tools
        ]
        shown = _plain(wire.ListToolsResult(tools=tools))
        for tool, each in zip(shown["tools"], ready.tools, strict=True):
            tool["inputSchema"] = each.input_schema  # as it is, also where it says null
        return shown

    async def _call_tool(self, session: Session, params: Mapping[str, Any]) -> _Result:
        call = _read(wire.CallToolRequestParams, params)
        instance = await session.instance()
        try:
            result = await instance.call_tool(call.name, call.arguments or {})
        except UsageError as error:  # what was asked for cannot be said in JSON
            return _tool_answer(str(error), is_error=True)
        return _tool_answer(result.text, is_error=result.is_error)

    async def _list_resources(self, session: Session, params: Mapping[str, Any]) -> _Result:
        _require_first_page(params)
        about = _resource(SESSION, "session", "What this session is about.", "application/json")
        task = _resource(TASK, "task", "What there is to do in this session.", "text/plain")
        with_task = session.terms.task_idx is not None
        return {"resources": [task, about] if with_task else [about]}

    async def _list_templates(self, _: Session, params: Mapping[str, Any]) -> _Result:
        _require_first_page(params)
        return {"resourceTemplates": []}

    async def _list_prompts(self, _: Session, params: Mapping[str, Any]) -> _Result:
        _require_first_page(params)
        return {"prompts": []}

    async def _read_resource(self, session: Session, params: Mapping[str, Any]) -> _Result:
        uri = str(_read(wire.ReadResourceRequestParams, params).uri)
        task = await self._instruction(session)
        if uri == TASK and task is not None:
            return _contents(uri, "text/plain", task)
        if uri == SESSION:
            about = {
                "world": session.terms.world,
                "task": session.terms.task_idx,
                "seed": session.seed,
                "instruction": task,
            }
            return _contents(uri, "application/json", encoded(about).decode())
        hint = " No task was named when the session began." if uri == TASK else ""
        raise RefusedError(RESOURCE_NOT_FOUND, f"there is no resource {uri[:200]!r}.{hint}")

    async def _instruction(self, session: Session) -> str | None:
        """What there is to do; None where no task was agreed on."""
        if session.terms.task_idx is None:
            return None
        world = await self._house.world(session.terms.world)
        return world.sentence(session.terms.task_idx)


def _read(model: type[_M], params: Mapping[str, Any]) -> _M:
    """The parameters of a request.

    Raises:
        RefusedError: They are not as the protocol has them.
    """
    try:
        return model.model_validate(params)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in ("params", *first["loc"]))
        raise RefusedError(wire.INVALID_PARAMS, f"{where}: {first['msg']}.") from None


def _require_first_page(params: Mapping[str, Any]) -> None:
    """Check that a list is asked for from its beginning, as all of it is on one page.

    Raises:
        RefusedError: It is not.
    """
    if _read(wire.PaginatedRequestParams, params).cursor is not None:
        raise RefusedError(wire.INVALID_PARAMS, "there is no such cursor: all is on one page.")


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def _tool_answer(text: str, *, is_error: bool) -> _Result:
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def _resource(uri: str, name: str, description: str, kind: str) -> _Result:
    return {"uri": uri, "name": name, "description": description, "mimeType": kind}


def _contents(uri: str, kind: str, text: str) -> _Result:
    return {"contents": [{"uri": uri, "mimeType": kind, "text": text}]}
