"""A model behind OpenAI's protocol that solves bundled tasks, or says what it is told to."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from awm.worlds import Solution, bundled_worlds

__all__ = ["Reply", "oracle", "serving"]

Reply = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Answers the body of a request with a message."""


def oracle() -> Reply:
    """Solves what the worlds of the package have oracles for; gives up elsewhere."""
    worlds = bundled_worlds()
    known: dict[str, Solution] = {
        world.sentence(number): oracle.solution
        for world in (worlds[name] for name in worlds)
        for number, oracle in world.oracles.items()
    }

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        messages = body["messages"]
        asked = next(one["content"] for one in messages if one["role"] == "user")
        made = sum(len(one.get("tool_calls") or ()) for one in messages)
        solution = known.get(asked)
        if solution is None:
            return {"content": "I give up."}
        if made == len(solution.calls):
            return {"content": solution.answer or "Done."}
        call = solution.calls[made]
        function = {"name": call.name, "arguments": json.dumps(dict(call.arguments))}
        return {
            "content": None,
            "tool_calls": [{"id": f"c{made}", "type": "function", "function": function}],
        }

    return reply


@contextlib.contextmanager
def serving(reply: Reply) -> Iterator[str]:
    """Serve a model; its address."""

    async def chat(request: Request) -> JSONResponse:
        body = await request.json()
        message = {"role": "assistant", **reply(body)}
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        return JSONResponse(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [{"index": 0, "finish_reason": reason, "message": message}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            }
        )

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none")
    server, listener = uvicorn.Server(config), config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
