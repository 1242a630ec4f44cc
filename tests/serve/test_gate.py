"""What stands in front of every door, without a socket: an application asked by the test."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from awm.serve.counters import Counters
from awm.serve.gate import Gate, GateTerms, is_draining, owner_of
from awm.serve.tokens import Tokens

SECRET, OTHER = "0123456789abcdef-one", "0123456789abcdef-two"
GUARDED = GateTerms(Tokens([SecretStr(SECRET), SecretStr(OTHER)]))


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    said = {"owner": owner_of(request.scope), "draining": is_draining(request.scope)}
    return JSONResponse({**said, "body": len(body)})


async def _fail(_: Request) -> JSONResponse:
    raise ZeroDivisionError("the door is broken")


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            said = json.loads(await socket.receive_text())
            if said.get("fail"):
                raise ZeroDivisionError("the door is broken")
            await socket.send_text(json.dumps({"heard": said}))
    except WebSocketDisconnect:
        pass


DOOR = Starlette(
    routes=[
        Route("/echo", _echo, methods=["GET", "POST"]),
        Route("/health", _echo),
        Route("/fail", _fail, methods=["POST"]),
        WebSocketRoute("/ws", _talk),
    ]
)


class Asked:
    """A gate, and a client of it."""

    def __init__(self, terms: GateTerms, base_url: str = "http://localhost") -> None:
        self.counters = Counters()
        self.gate = Gate(DOOR, terms, self.counters)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.gate), base_url=base_url, trust_env=False
        )

    async def __aenter__(self) -> "Asked":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.client.aclose()


class Socket:
    """A WebSocket to a gate, frame by frame."""

    def __init__(self, gate: Gate, headers: Mapping[str, str] | None = None) -> None:
        self.said: asyncio.Queue[Any] = asyncio.Queue()
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.gone = False
        scope = {
            "type": "websocket",
            "path": "/ws",
            "raw_path": b"/ws",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
            "client": ("127.0.0.1", 1),
            "subprotocols": [],
            "extensions": {},
        }
        self.task = asyncio.create_task(gate(scope, self.said.get, self._send))
        self.said.put_nowait({"type": "websocket.connect"})

    async def _send(self, message: Any) -> None:
        if self.gone:
            raise OSError("the client left")
        await self.heard.put(message)

    def say(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    async def answer(self) -> Any:
        message = await asyncio.wait_for(self.heard.get(), 5)
        return json.loads(message["text"]) if "text" in message else message

    async def leave(self) -> None:
        self.gone = True
        self.said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 5)


# --- who


async def test_without_tokens_anybody_comes_in():
    async with Asked(GateTerms()) as asked:
        assert (await asked.client.get("/echo")).json()["owner"] == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-wrong-wrong-wrong"},
        {"authorization": f"Basic {SECRET}"},
        {"authorization": SECRET},
        {"x-api-key": ""},
        {"x-api-key": SECRET + "x"},
    ],
)
async def test_with_tokens_nobody_comes_in_without_one(headers):
    async with Asked(GUARDED) as asked:
        for path in ("/echo", "/metrics", "/fail", "/nowhere"):
            answer = await asked.client.post(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "token" in answer.json()["error"]


async def test_a_token_comes_in_by_either_header_and_tells_owners_apart():
    async with Asked(GUARDED) as asked:
        owners = [
            (await asked.client.get("/echo", headers=headers)).json()["owner"]
            for headers in (
                {"authorization": f"Bearer {SECRET}"},
                {"authorization": f"bearer  {SECRET}"},
                {"x-api-key": SECRET},
                {"x-api-key": OTHER},
            )
        ]
        assert owners[0] == owners[1] == owners[2] != owners[3]
        assert all(owners)


async def test_those_who_watch_over_servers_need_no_token():
    async with Asked(GUARDED) as asked:
        assert (await asked.client.get("/health")).status_code == 200
        assert (await asked.client.get("/ready")).json() == {"status": "ready"}


async def test_a_server_of_this_machine_is_called_by_its_names_and_by_no_other_sites_page():
    terms = GateTerms(hosts=frozenset({"localhost", "127.0.0.1", "::1"}))
    async with Asked(terms, "http://localhost:8000") as asked:
        good = [{}, {"origin": "http://127.0.0.1:3000"}, {"host": "[::1]:8000"}]
        evil = [{"host": "evil.com"}, {"origin": "http://evil.com"}, {"origin": "null"},
                {"host": "localhost.evil.com"}, {"host": "["}, {"host": ""}]  # fmt: skip
        for headers in good:
            assert (await asked.client.get("/echo", headers=headers)).status_code == 200
        for headers in evil:
            assert (await asked.client.get("/echo", headers=headers)).status_code == 403


# --- how much


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not():
    async with Asked(GateTerms(body_bytes=100)) as asked:
        assert (await asked.client.post("/echo", content=b"x" * 100)).json()["body"] == 100
        assert (await asked.client.post("/echo", content=b"x" * 101)).status_code == 413

        async def parts():
            for _ in range(200):
                yield b"x"

        assert (await asked.client.post("/echo", content=parts())).status_code == 413
        assert (
            await asked.client.post("/echo", headers={"content-length": "-1"})
        ).status_code == 413


async def test_a_body_that_does_not_come_in_time_is_refused():
    async with Asked(GateTerms(body_seconds=0.05)) as asked:

        async def slow():
            yield b"x"
            await asyncio.sleep(5)
            yield b"x"

        answer = await asked.client.post("/echo", content=slow())
        assert answer.status_code == 408
        assert answer.headers["connection"] == "close"


async def test_whoever_asks_too_often_is_told_when_to_ask_again():
    async with Asked(GateTerms(per_second=0.5, burst=2)) as asked:
        answers = [await asked.client.get("/echo") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        assert (await asked.client.get("/ready")).status_code == 200


# --- the way out


async def test_a_door_that_fails_costs_one_request():
    async with Asked(GateTerms()) as asked:
        answer = await asked.client.post("/fail")
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
        assert (await asked.client.get("/echo")).status_code == 200
        assert asked.gate.under_way == 0


async def test_a_server_that_is_about_to_end_says_so_and_still_answers():
    async with Asked(GateTerms()) as asked:
        asked.gate.draining = True
        assert (await asked.client.get("/ready")).status_code == 503
        assert (await asked.client.post("/echo")).json()["draining"] is True
        socket = Socket(asked.gate)
        assert (await socket.answer())["type"] == "websocket.close"
        await socket.task


async def test_what_is_counted_can_be_read():
    async with Asked(GateTerms(body_bytes=10)) as asked:
        await asked.client.post("/echo")
        await asked.client.post("/echo", content=b"x" * 11)
        text = (await asked.client.get("/metrics")).text
        assert 'awm_requests_total{method="POST",status="200"} 1.0' in text
        assert 'awm_refusals_total{reason="size"} 1.0' in text


async def test_methods_of_a_clients_own_making_do_not_fill_the_counts():
    async with Asked(GateTerms()) as asked:
        for number in range(20):
            await asked.client.request(f"ODD{number}", "/echo")
        text = (await asked.client.get("/metrics")).text
        assert "ODD" not in text
        assert 'awm_requests_total{method="other",status="405"} 20.0' in text


# --- messages


async def test_messages_pass_and_what_is_none_is_answered_at_the_gate():
    async with Asked(GateTerms(body_bytes=1000)) as asked:
        socket = Socket(asked.gate)
        assert (await socket.answer())["type"] == "websocket.accept"
        socket.say('{"a": 1}')
        assert await socket.answer() == {"heard": {"a": 1}}
        for bad in ("[]", "no", "[" * 900, '{"a": "' + "x" * 1000 + '"}', '{"a": "\\udcff"}'):
            socket.say(bad)
            assert (await socket.answer())["data"]["code"] == "INVALID_JSON"
        socket.said.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
        assert "not bytes" in (await socket.answer())["data"]["message"]
        socket.say('{"a": 2}')
        assert await socket.answer() == {"heard": {"a": 2}}
        await socket.leave()
        assert asked.gate.under_way == 0


async def test_a_socket_needs_a_token_too():
    async with Asked(GUARDED) as asked:
        socket = Socket(asked.gate)
        assert (await socket.answer())["type"] == "websocket.close"
        await socket.task
        socket = Socket(asked.gate, {"authorization": f"Bearer {SECRET}"})
        assert (await socket.answer())["type"] == "websocket.accept"
        await socket.leave()


async def test_a_client_that_vanishes_in_the_middle_of_a_message_harms_nobody():
    async with Asked(GateTerms()) as asked:
        socket = Socket(asked.gate)
        await socket.answer()
        socket.gone = True
        socket.say('{"a": 1}')
        await socket.leave()
        assert asked.gate.under_way == 0


async def test_a_session_that_fails_is_closed_as_an_error_of_the_server():
    async with Asked(GateTerms()) as asked:
        socket = Socket(asked.gate)
        await socket.answer()
        socket.say('{"fail": true}')
        assert (await socket.answer())["code"] == 1011
        await socket.task
        assert asked.gate.under_way == 0


async def test_messages_are_held_back_as_requests_are():
    async with Asked(GateTerms(per_second=0.001, burst=3)) as asked:
        socket = Socket(asked.gate)
        await socket.answer()
        socket.say("{}")
        socket.say("{}")
        socket.say("{}")
        answers = [await socket.answer() for _ in range(3)]
        assert [("heard" in each) for each in answers] == [True, True, False]
        await socket.leave()
