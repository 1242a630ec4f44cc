"""A server of chat completions on a real socket, with the faults that real ones have."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["Answer", "ChatServer", "Request", "Script", "chat_server", "completion", "refusing"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent; header names in lower case. The body is None where there is none."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back.

    Attributes:
        body: JSON, or text that is sent as it is.
        promised: How many more bytes the header promises than come.
        hangs_up: Close the connection without a word.
        stalls: Say nothing until the client goes.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int = 0
    hangs_up: bool = False
    stalls: bool = False


Script: TypeAlias = Callable[[Request], Answer] | Iterable[Answer]


def completion(text: str | None, **choice: Any) -> Answer:
    """An answer of a model that says `text`."""
    message = {"role": "assistant", "content": text, **choice.pop("message", {})}
    return Answer(
        {
            "object": "chat.completion",
            "model": "test-model",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
    )


def refusing(*words: str, then: Answer) -> Callable[[Request], Answer]:
    """A server that does not know some words of a request, and names the first that it meets."""

    def answer(request: Request) -> Answer:
        for word in words:
            if word in request.body:
                message = f"Unsupported parameter: '{word}' is not supported with this model."
                return Answer({"error": {"message": message, "param": word}}, status=400)
        return then

    return answer


class ChatServer:
    """A running server.

    Attributes:
        url: Its base URL, version included.
        requests: What came in, in order.
    """

    def __init__(self, script: Script) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self._script = script if callable(script) else _in_order(script)
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        try:
            request = await _read(reader)
            self.requests.append(request)
            answer = self._script(request)
            if answer.stalls:
                await reader.read()
            elif not answer.hangs_up:
                writer.write(_written(answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as some tests have it
        finally:
            self._connections.discard(connection)
            writer.close()

    async def stop(self) -> None:
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def chat_server(script: Script) -> AsyncIterator[ChatServer]:
    """Serve a script: a function of the request, or answers of which the last is repeated."""
    chat = ChatServer(script)
    server = await asyncio.start_server(chat.serve, "127.0.0.1", 0)
    chat.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield chat
        await chat.stop()


def _in_order(script: Iterable[Answer]) -> Callable[[Request], Answer]:
    left = list(script)

    def answer(_: Request) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    lines = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in lines}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, json.loads(body) if body else None)


def _written(answer: Answer) -> bytes:
    body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body.encode()) + answer.promised),
        "connection": "close",
        **answer.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Whatever\r\n{head}\r\n{body}".encode()
