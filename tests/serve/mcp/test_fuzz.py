"""Whatever comes in is answered, and harms nobody."""

import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serve.mcp.frames import near_messages, values
from tests.serve.mcp.gateway import client_of
from tests.serve.raw_client import HELLO


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=near_messages | values | st.lists(near_messages, max_size=4))
async def test_whatever_json_comes_in_is_answered_and_harms_nobody(client, app, said):
    answer = await client.say(json.dumps(said).encode())
    assert answer.status_code in {200, 202, 400}
    if answer.content:
        for one in answer.json() if isinstance(answer.json(), list) else [answer.json()]:
            assert one["jsonrpc"] == "2.0"
            assert ("result" in one) != ("error" in one)
    assert len(app.sessions) == 1
    assert (await client.ask("ping"))["result"] == {}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["tools/call", "tools/list", "resources/read", "initialize", "ping"]),
    params=st.dictionaries(
        st.sampled_from(["name", "arguments", "cursor", "uri", "_meta", "task", "protocolVersion"]),
        values | st.just("add_note"),
        max_size=4,
    ),
)
async def test_whatever_parameters_come_in_are_answered_and_harm_nobody(client, method, params):
    answer = await client.ask(method, 3, **params)
    assert answer["id"] == 3
    assert ("result" in answer) != ("error" in answer)
    assert "failed over" not in json.dumps(answer)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=100))
async def test_whatever_bytes_come_in_are_answered_and_harm_nobody(client, body):
    assert (await client.say(body)).status_code in {200, 202, 400}
    assert (await client.ask("ping"))["result"] == {}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=30), name=st.text(min_size=1, max_size=30))
async def test_whatever_is_asked_of_whatever_path_nothing_fails(app, query, name):
    async with client_of(app) as client:
        client.url = f"/worlds/{quote(name, safe='')}/mcp"
        answer = await client.http.post(client.url, params={"task": query}, json=HELLO)
        assert answer.status_code < 500
