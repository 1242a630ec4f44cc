"""MCP over HTTP, as clients of all kinds see it."""

import asyncio
import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from awm.errors import InfrastructureError, UsageError
from awm.serve.client import connect
from awm.serve.listening import bind, is_loopback, url_of
from tests.conftest import make_world
from tests.serve.raw_client import BOTH, HELLO, RawClient
from tests.serve.serving import serving, until

JSON = {"content-type": "application/json"}


async def test_the_tools_are_the_worlds_tools_exactly(served):
    async with connect(served.url) as client:
        assert tuple(await client.list_tools()) == served.service.ready.tools


async def test_a_call_gives_the_worlds_answer_as_text(served):
    async with connect(served.url) as client:
        result = await client.call_tool("add_note", {"title": "milk"})
        assert not result.is_error
        assert json.loads(result.text) == {"id": 2, "title": "milk"}


async def test_each_session_has_an_instance_of_its_own(served):
    async with connect(served.url) as one, connect(served.url) as two:
        await one.call_tool("add_note", {"title": "mine"})
        assert "mine" not in (await two.call_tool("list_notes", {})).text
        assert "mine" in (await one.call_tool("list_notes", {})).text


async def test_a_new_session_starts_over(served):
    async with connect(served.url) as client:
        await client.call_tool("add_note", {"title": "gone"})
    async with connect(served.url) as client:
        assert "gone" not in (await client.call_tool("list_notes", {})).text


async def test_a_shared_instance_is_seen_by_every_session(runtime, tmp_path):
    async with (
        serving(runtime, tmp_path / "run", share=True) as served,
        connect(served.url) as one,
        connect(served.url) as two,
    ):
        await one.call_tool("add_note", {"title": "ours"})
        assert "ours" in (await two.call_tool("list_notes", {})).text


async def test_arguments_are_checked_by_the_world_and_not_before(served):
    async with connect(served.url) as client:
        result = await client.call_tool("add_note", {})
        assert result.is_error
        assert result.text.startswith("Error calling add_note. Status code: 422.")


async def test_an_unknown_tool_is_an_error_result(served):
    async with connect(served.url) as client:
        result = await client.call_tool("fly", {})
        assert (result.text, result.is_error) == ("Unknown tool: fly", True)


async def test_a_handler_that_takes_its_process_down_costs_its_call_and_not_the_session(
    runtime, tmp_path
):
    world = make_world(
        '\n\n@app.post("/die", operation_id="die")\nasync def die():\n    os._exit(1)\n'
    )
    async with (
        serving(runtime, tmp_path / "run", world) as served,
        connect(served.url) as client,
    ):
        await client.call_tool("add_note", {"title": "kept"})
        result = await client.call_tool("die", {})
        assert result.is_error
        assert "took its process down" in result.text
        assert "kept" in (await client.call_tool("list_notes", {})).text


async def test_a_fault_of_the_machinery_is_a_protocol_error_and_the_session_goes_on(
    served, runtime, monkeypatch
):
    async with connect(served.url) as client:
        await client.call_tool("list_notes", {})
        (instance,) = served.service.instances

        async def fail(*_):
            raise InfrastructureError("every worker is lost")

        with monkeypatch.context() as patch:
            patch.setattr(instance, "call_tool", fail)
            with pytest.raises(InfrastructureError, match="every worker is lost"):
                await client.call_tool("list_notes", {})
        assert not (await client.call_tool("list_notes", {})).is_error


async def test_a_call_that_the_client_cancels_ends_there(runtime, tmp_path):
    world = make_world(
        "\n\nimport time\n"
        '@app.post("/wait", operation_id="wait")\ndef wait():\n    time.sleep(30)\n'
    )
    async with (
        serving(runtime, tmp_path / "run", world) as served,
        RawClient(served.url) as client,
    ):
        waiting = asyncio.create_task(client.call("wait"))
        await until(lambda: served.service.instances)
        cancel = {"method": "notifications/cancelled", "params": {"requestId": 2}}
        await client.post({"jsonrpc": "2.0", **cancel})
        assert "error" in await waiting


async def test_both_spellings_of_the_path_are_served_without_a_redirect(served):
    for url in (served.url, f"{served.url}/"):
        async with RawClient(url) as client:
            assert "result" in await client.call("list_notes")


async def test_a_session_that_calls_nothing_leaves_nothing(served):
    async with connect(served.url) as client:
        await client.list_tools()
        assert served.service.instances == ()
    assert not (served.service.folder.path / "sessions").exists()


async def test_sessions_have_the_services_seed_unless_they_name_another(runtime, tmp_path):
    async with (
        serving(runtime, tmp_path / "run", seed=7) as served,
        RawClient(served.url) as one,
        RawClient(f"{served.url}?seed=0") as two,
    ):
        await one.call("list_notes")
        await two.call("list_notes")
        assert [instance.seed for instance in served.service.instances] == [7, 0]


async def test_delete_ends_the_session_and_keeps_its_state(served):
    async with RawClient(served.url) as client:
        await client.call("add_note", title="kept")
        answer = await client.http.delete(served.url)
        assert answer.is_success
        assert not served.service.instances
        folder = served.service.folder.path
        assert b"kept" in (folder / "sessions/001/final.db").read_bytes()
        assert b"kept" in (folder / "final.db").read_bytes()
        late = await client.post({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
        assert late.status_code == 404


async def test_a_client_that_vanishes_is_let_go_after_a_while(runtime, tmp_path):
    async with serving(runtime, tmp_path / "run", idle_seconds=0.2) as served:
        async with RawClient(served.url) as client:
            await client.call("add_note", title="kept")
        final = tmp_path / "run/sessions/001/final.db"
        await until(final.exists)
        await until(lambda: not served.service.instances)
        assert b"kept" in final.read_bytes()


async def test_probes_that_do_not_speak_the_protocol_leave_nothing(served):
    async with httpx.AsyncClient(headers={"accept": BOTH}, trust_env=False) as http:
        assert (await http.post(served.url, json={"hello": 1})).status_code == 400
        assert (await http.post(served.url, content=b"{", headers=JSON)).status_code == 400
        assert (await http.get(served.url)).status_code == 400
        unknown = {"mcp-session-id": "nobody"}
        assert (await http.post(served.url, json=HELLO, headers=unknown)).status_code == 404
        assert (await http.get(f"{served.address}/health")).json()["sessions"] == 0


async def test_a_page_of_another_site_cannot_use_a_local_server(served):
    async with httpx.AsyncClient(headers={"accept": BOTH}, trust_env=False) as http:
        for headers, status in (
            ({"host": "evil.example"}, 403),
            ({"origin": "http://evil.example"}, 403),
            ({"origin": "http://localhost:3000"}, 200),
        ):
            answer = await http.post(served.url, json=HELLO, headers=headers)
            assert answer.status_code == status


async def test_health_says_what_is_served(served):
    async with httpx.AsyncClient(trust_env=False) as http, connect(served.url) as client:
        await client.list_tools()
        answer = await http.get(f"{served.address}/health")
        assert answer.json() == {"status": "healthy", "world": "notes", "tools": 2, "sessions": 1}
        assert (await http.get(f"{served.address}/elsewhere")).status_code == 404


async def test_stopping_ends_open_streams_keeps_states_and_closes_the_port(served):
    folder = served.service.folder.path
    async with RawClient(served.url) as client:
        await client.call("add_note", title="kept")
        async with client.http.stream("GET", served.url, timeout=None) as stream:
            assert stream.status_code == 200
            served.task.cancel()
            async with asyncio.timeout(3):
                assert [line async for line in stream.aiter_lines() if line.strip(": ")] == []
                await asyncio.wait({served.task})
    assert b"kept" in (folder / "sessions/001/final.db").read_bytes()
    with pytest.raises(InfrastructureError, match="there is no MCP server"):
        async with connect(served.url):
            pass


async def test_a_call_that_is_under_way_does_not_hold_up_the_end(runtime, tmp_path):
    world = make_world(
        "\n\nimport time\n"
        '@app.post("/wait", operation_id="wait")\ndef wait():\n    time.sleep(30)\n'
    )
    async with serving(runtime, tmp_path / "run", world) as served, RawClient(served.url) as client:
        await client.call("add_note", title="kept")
        calling = asyncio.create_task(client.call("wait"))
        await until(served.service.instances[0]._turn.locked)
        served.task.cancel()
        async with asyncio.timeout(3):
            await asyncio.wait({served.task})
        await asyncio.gather(calling, return_exceptions=True)
    assert b"kept" in (tmp_path / "run/sessions/001/final.db").read_bytes()


def test_a_port_that_is_taken_is_named():
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 is in use"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "\0", "a" * 300, "203.0.113.1"])
def test_a_host_that_is_not_this_machines_is_named(host):
    with pytest.raises(UsageError, match="--host"):
        bind(host, 0).close()


@pytest.mark.parametrize("port", [-1, 65536, 10**30])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(UsageError):
        bind("127.0.0.1", port).close()


def test_a_name_with_both_kinds_of_address_means_ipv4():
    with bind("localhost", 0) as listener:
        assert listener.family is socket.AF_INET


@pytest.mark.parametrize(
    ("host", "named"),
    [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "localhost")],
)
def test_the_url_is_one_that_clients_can_use(host, named):
    with bind(host, 0) as listener:
        port = listener.getsockname()[1]
        assert url_of(listener, host, "/mcp") == f"http://{named}:{port}/mcp"


def test_an_ipv6_address_stands_in_brackets():
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    try:
        listener = bind("::1", 0)
    except UsageError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert urlsplit(url_of(listener, "::1", "/mcp")).hostname == "::1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_loopback_addresses_are_this_machines_alone(address, expected):
    assert is_loopback(address) is expected
