"""Streamable HTTP, asked by hand: what begins a session, whose it is, what it can be told."""

import asyncio
import json

import pytest

from awm.errors import InfrastructureError, WorldFileError
from awm.serve.mcp.application import application
from tests.serve.mcp.gateway import MCP, asking, client_of, lodging_of, notebook, owned_by
from tests.serve.raw_client import HELLO

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602


def code_of(answer: dict) -> int:
    return answer["error"]["code"]


# What begins a session.


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_the_version_is_the_clients_where_it_is_known(app, version):
    async with client_of(app) as client:
        answer = await client.begin(version=version)
        assert answer.json()["result"]["protocolVersion"] == version


async def test_the_version_is_the_latest_where_the_clients_is_not_known(app):
    async with client_of(app) as client:
        answer = await client.begin(version="1999-01-01")
        assert answer.json()["result"]["protocolVersion"] == "2025-11-25"


async def test_a_world_that_is_not_there_is_404_and_not_where_it_was_looked_for(app):
    async with client_of(app, "/worlds/nowhere/mcp") as client:
        answer = await client.begin()
        assert answer.status_code == 404
        assert "there is no world 'nowhere' here" in answer.json()["error"]["message"]
        assert "secret" not in answer.text
        assert len(app.sessions) == 0


async def test_a_beginning_without_what_it_has_to_say_opens_no_session(app):
    async with client_of(app) as client:
        answer = await client.post(asking("initialize", protocolVersion="2025-06-18"))
        assert code_of(answer.json()) == INVALID_PARAMS
        assert "params.capabilities" in answer.json()["error"]["message"]
        notified = {key: value for key, value in HELLO.items() if key != "id"}
        assert (await client.post(notified)).status_code == 400
        assert len(app.sessions) == 0


async def test_a_session_begins_once(client):
    answer = await client.post(HELLO)
    assert "initialized already" in answer.json()["error"]["message"]


async def test_where_there_is_no_room_one_is_told_to_come_back_later(lodging):
    app = application(lodging, most_sessions=1)
    async with client_of(app) as first, client_of(app) as second:
        await first.begin()
        answer = await second.begin()
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        await first.http.delete(MCP)
        assert (await second.begin()).status_code == 200
        await second.http.delete(MCP)


async def test_a_server_that_drains_opens_no_session_and_serves_those_there_are(app, client):
    app.sessions.drain()
    assert await client.titles() == ["first"]
    async with client_of(app) as late:
        assert (await late.begin()).status_code == 503


async def test_a_world_that_cannot_be_read_opens_no_session(app, lodging, monkeypatch):
    async def fail(*_):
        raise WorldFileError("notebook", "its files do not describe a world.")

    monkeypatch.setattr(lodging, "world", fail)
    async with client_of(app) as client:
        answer = await client.begin()
        assert answer.json()["error"]["code"] == -32603
        assert len(app.sessions) == 0


async def test_a_worlds_title_of_another_script_is_told(runtime, pool):
    app = application(lodging_of(runtime, pool, notebook("Café Zürich")))
    async with client_of(app, "/worlds/Caf%C3%A9%20Z%C3%BCrich/mcp") as client:
        answer = await client.begin()
        assert answer.json()["result"]["serverInfo"]["name"] == "awm: Café Zürich"
        await client.http.delete(client.url)


# Whose a session is.


async def test_a_session_is_not_there_for_another_owner(app):
    async with owned_by(app, "me") as mine, owned_by(app, "you") as theirs:
        await mine.begin()
        theirs.http.headers["mcp-session-id"] = mine.http.headers["mcp-session-id"]
        unknown = await theirs.post(asking("ping"))
        stream = await theirs.http.get(MCP)
        ended = await theirs.http.delete(MCP)
        assert {answer.status_code for answer in (unknown, stream, ended)} == {404}
        theirs.http.headers["mcp-session-id"] = "f" * 32
        assert (await theirs.post(asking("ping"))).text == unknown.text  # which tells nothing
        assert await mine.titles() == ["first"]


async def test_a_session_is_not_there_in_another_world(app, client):
    elsewhere = await client.http.post("/worlds/other_book/mcp", json=asking("ping"))
    assert elsewhere.status_code == 404


async def test_two_clients_in_one_session_share_its_instance(app, client):
    async with client_of(app) as other:
        other.http.headers["mcp-session-id"] = client.http.headers["mcp-session-id"]
        adds = (
            one.call("add_note", number, title="x") for number, one in enumerate((client, other))
        )
        await asyncio.gather(*adds)
        assert await client.titles() == await other.titles() == ["first", "x", "x"]


async def test_no_session_no_answer(app):
    async with client_of(app) as client:
        assert (await client.post(asking("ping"))).status_code == 400
        assert (await client.http.get(MCP)).status_code == 400
        assert (await client.http.delete(MCP)).status_code == 400


async def test_an_ended_session_is_gone(app, client):
    assert (await client.http.delete(MCP)).status_code == 204
    assert len(app.sessions) == 0
    assert (await client.post(asking("ping"))).status_code == 404
    assert (await client.http.delete(MCP)).status_code == 404


# What HTTP says around the messages.


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json, text/event-stream", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/*;q=0.5", 200),
        ("", 200),
        ("text/event-stream", 406),
        ("text/html", 406),
    ],
)
async def test_answers_are_json_for_those_who_take_it(client, accept, status):
    client.http.headers["accept"] = accept
    answer = await client.post(asking("ping"))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"


async def test_questions_are_json(client):
    body = json.dumps(asking("ping")).encode()
    plain = await client.say(body, **{"content-type": "text/plain"})
    assert plain.status_code == 415
    named = await client.say(body, **{"content-type": "application/json; charset=utf-8"})
    assert named.status_code == 200


async def test_a_version_that_nobody_knows_is_refused(client):
    client.http.headers["mcp-protocol-version"] = "2025-06-18"
    assert (await client.post(asking("ping"))).status_code == 200
    client.http.headers["mcp-protocol-version"] = "2099-01-01"
    answer = await client.post(asking("ping"))
    assert answer.status_code == 400
    assert "'2099-01-01'" in answer.json()["error"]["message"]


async def test_other_methods_are_named_those_that_there_are(client):
    answer = await client.http.put(MCP, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, DELETE")


async def test_both_spellings_of_the_path_are_served_without_a_redirect(app):
    async with client_of(app, f"{MCP}/") as client:
        assert (await client.begin()).status_code == 200
        assert await client.titles() == ["first"]


# Messages.


async def test_what_is_told_and_what_answers_nobody_is_taken_without_an_answer(client):
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/of_no_kind", "params": {"any": 1}},
        {"jsonrpc": "2.0", "id": 5, "result": {}},
        {"jsonrpc": "2.0", "id": 5, "error": {"code": 1, "message": "no"}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": [1]}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled"},
    ):
        answer = await client.post(message)
        assert (answer.status_code, answer.content) == (202, b"")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", PARSE_ERROR),
        (b"{", PARSE_ERROR),
        (b"\xff", PARSE_ERROR),
        (b"[" * 100_000, PARSE_ERROR),
        (rb'{"jsonrpc":"2.0","id":"\ud800","method":"ping"}', PARSE_ERROR),
        (b"7", INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (b"[]", INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', INVALID_REQUEST),
    ],
)
async def test_what_is_no_message_is_an_error_of_the_protocol_and_the_session_goes_on(
    client, body, code
):
    answer = await client.say(body)
    assert answer.status_code == 400
    assert code_of(answer.json()) == code
    assert await client.titles() == ["first"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tools/fly", {}, METHOD_NOT_FOUND),
        ("", {}, METHOD_NOT_FOUND),
        ("x" * 10_000, {}, METHOD_NOT_FOUND),
        ("logging/setLevel", {"level": "debug"}, METHOD_NOT_FOUND),
        ("tools/call", {}, INVALID_PARAMS),
        ("tools/call", {"name": 7}, INVALID_PARAMS),
        ("tools/call", {"name": "list_notes", "arguments": [1]}, INVALID_PARAMS),
        ("tools/list", {"cursor": "more"}, INVALID_PARAMS),
        ("resources/read", {}, INVALID_PARAMS),
        ("resources/read", {"uri": "no uri"}, INVALID_PARAMS),
        ("resources/read", {"uri": "file:///etc/passwd"}, -32002),
        ("resources/read", {"uri": "awm://session/../../etc/passwd"}, -32002),
    ],
)
async def test_what_cannot_be_carried_out_is_an_error_with_the_requests_id(
    client, method, params, code
):
    answer = await client.ask(method, "mine", **params)
    assert (answer["id"], code_of(answer)) == ("mine", code)
    assert len(answer["error"]["message"]) < 400


async def test_arguments_that_cannot_be_said_in_json_are_the_agents_doing(client):
    # A number that comes in as JSON and is too large to go out again.
    call = asking("tools/call", name="add_note", arguments={"title": 0})
    body = json.dumps(call).replace(": 0}", ": 1e999}").encode()
    result = (await client.say(body)).json()["result"]
    assert result["isError"]
    assert "not JSON" in result["content"][0]["text"]


async def test_ids_are_given_back_as_they_came(client):
    for number in (0, -1, 2**70, "", "2", "ü", "x" * 1000):
        assert (await client.ask("ping", number)) == {"jsonrpc": "2.0", "id": number, "result": {}}


async def test_texts_of_all_scripts_come_back_as_they_went(client):
    for title in ("日本語", "\N{GRINNING FACE}", 'quote " back \\ slash', "\u2028", "x" * 100_000):
        answer = await client.call("add_note", title=title)
        assert json.loads(answer["result"]["content"][0]["text"])["title"] == title


async def test_half_a_surrogate_pair_in_a_worlds_answer_does_not_end_anything(client):
    answer = await client.call("say_half")
    assert "half: ?" in answer["result"]["content"][0]["text"]


async def test_a_fault_of_the_machinery_is_an_error_of_the_protocol_and_the_session_goes_on(
    app, client, monkeypatch, caplog
):
    (session,) = app.sessions
    instance = await session.instance()
    for fault, told in (
        (InfrastructureError("every worker is lost."), "every worker is lost."),
        (ZeroDivisionError("a secret"), "the server failed over the request."),
    ):

        async def fail(*_, fault=fault):
            raise fault

        with monkeypatch.context() as patch:
            patch.setattr(instance, "call_tool", fail)
            answer = await client.call("list_notes")
        assert answer["error"] == {"code": -32603, "message": told}
    assert "a secret" in caplog.text  # for who can mend it
    assert await client.titles() == ["first"]
