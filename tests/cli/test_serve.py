"""`awm serve` and `awm mcp`, as processes and sockets: who may come in, and how it ends."""

import json
import signal
import subprocess

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

from awm.worlds import bundled_worlds
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment

TOKEN = "0123456789abcdef-test"


def asked(url: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return httpx.get(url, headers=headers, trust_env=False)


async def test_every_world_is_served_to_those_who_show_a_token(door, mixed):
    server = door("mcp", mixed, AWM_SERVE_TOKENS=TOKEN)
    assert "3 of" in server.banner
    assert asked(f"{server.url}/worlds").status_code == 401
    assert asked(f"{server.url}/ready").status_code == 200
    assert asked(f"{server.url}/worlds", TOKEN).json()["total"] == 3
    async with (
        httpx.AsyncClient(
            headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=30
        ) as http,
        streamable_http_client(f"{server.url}/worlds/notes/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        await session.initialize()
        assert [tool.name for tool in (await session.list_tools()).tools] == [
            "add_note",
            "list_notes",
        ]
        result = await session.call_tool("add_note", {"title": "milk"})
        assert not result.isError
        metrics = asked(f"{server.url}/metrics", TOKEN).text
        assert "awm_sessions 1.0" in metrics
        assert "awm_instances 1.0" in metrics
    below = descendants(server.process.pid)
    code, said = server.stop()
    assert (code, said) == (128 + signal.SIGTERM, "Stopped.\n")
    assert all_gone(below)
    assert TOKEN not in server.banner


@pytest.mark.parametrize("kind", ["openenv", "openreward"])
def test_the_other_doors_answer_and_end(door, notes, kind):
    server = door(kind, notes)
    assert asked(f"{server.url}/health").json()["status"] in {"healthy", "ok"}
    assert asked(f"{server.url}/ready").json() == {"status": "ready"}
    assert "awm_sessions 0.0" in asked(f"{server.url}/metrics").text
    below = descendants(server.process.pid)
    code, said = server.stop(signal.SIGINT)
    assert (code, said) == (130, "Stopped.\n")
    assert all_gone(below)


def test_a_server_that_others_can_reach_needs_tokens_or_a_word(awm, notes):
    outcome = awm("serve", "mcp", notes, "--host", "0.0.0.0", "--port", "0")
    assert outcome.code == 2
    assert "--allow_anyone" in outcome.err


def test_tokens_come_from_a_file(door, notes, tmp_path):
    (tmp_path / "tokens").write_text(f"# of the test\n{TOKEN}\n")
    server = door("mcp", notes, "--token_file", tmp_path / "tokens")
    assert asked(f"{server.url}/worlds", TOKEN).status_code == 200
    assert asked(f"{server.url}/worlds", "0123456789abcdef-else").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("mcp", "nowhere"), "not there"),
        (("mcp", "bundled", "--world", "coworking_space"), "--stdio"),
        (("mcp", "bundled", "--stdio"), "--world"),
        (("mcp", "bundled", "--stdio", "--world", "mars"), "mars"),
        (("mcp", "bundled", "--stdio", "--world", "coworking_space", "--task", "99"), "99"),
        (("openenv", "bundled", "--token_file", "none"), "cannot be read"),
        (("openreward", "bundled", "--reward", "gold"), "gold"),
    ],
)
def test_what_makes_no_sense_is_told(arguments, why, tmp_path):
    ended = subprocess.run(
        command("serve", *arguments), env=environment(), cwd=tmp_path, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 2
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_token_that_is_too_short_is_refused_and_not_shown(tmp_path):
    ended = subprocess.run(
        command("serve", "mcp", "bundled"), env=environment(AWM_SERVE_TOKENS="hunter2"),
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "hunter2" not in ended.stderr + ended.stdout


async def test_what_config_prints_starts_a_server_that_desktop_clients_can_talk_to(awm):
    outcome = awm("mcp", "config", "--world", "coworking_space", "--task", "0")
    (block,) = json.loads(outcome.out)["mcpServers"].values()
    parameters = StdioServerParameters(
        command=block["command"], args=block["args"], env=environment()
    )
    async with (
        stdio_client(parameters) as (incoming, outgoing),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        assert not (await session.call_tool("get_my_profile", {})).isError
        parts = (await session.read_resource(AnyUrl("awm://session/task"))).contents
        assert bundled_worlds()["coworking_space"].sentence(0) in str(parts)


def test_config_for_a_server_that_runs_names_its_address_and_no_token(awm):
    outcome = awm("mcp", "config", "--world", "Coworking Space", "--client", "cursor",
                  "--url", "http://127.0.0.1:8000", "--with_token", "--task", "3")  # fmt: skip
    (block,) = json.loads(outcome.out)["mcpServers"].values()
    assert block["url"] == "http://127.0.0.1:8000/worlds/coworking_space/mcp?task=3"
    assert block["headers"] == {"Authorization": "Bearer ${env:AWM_TOKEN}"}
    assert awm("mcp", "config", "--world", "mars").code == 2
