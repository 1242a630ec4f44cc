"""What clients are told, to the letter."""

import pytest

from awm.errors import UsageError
from awm.serve.mcp.config import CLIENTS, Place, Running, Started, client_block

STARTED = Started("/worlds", ("/usr/bin/python3", "-m", "awm"))
RUNNING = Running("https://worlds.example/")
COMMAND = {
    "command": "/usr/bin/python3",
    "args": [
        "-m",
        "awm",
        "serve",
        "mcp",
        "/worlds",
        "--stdio",
        "--world",
        "online_pharmacy",
        "--task",
        "6",
        "--seed",
        "2",
    ],
}
PLACE = Place("Online Pharmacy", 6, 2)
NAME = "awm_online_pharmacy_task_6"
URL = "https://worlds.example/worlds/online_pharmacy/mcp?task=6&seed=2"


@pytest.mark.parametrize("client", ["claude-desktop", "cursor"])
def test_a_program_that_the_client_starts(client):
    assert client_block(client, PLACE, STARTED) == {"mcpServers": {NAME: COMMAND}}


def test_a_program_that_vs_code_starts():
    assert client_block("vscode", PLACE, STARTED) == {
        "servers": {NAME: {"type": "stdio", **COMMAND}}
    }


def test_a_server_that_runs_for_cursor():
    assert client_block("cursor", PLACE, RUNNING) == {"mcpServers": {NAME: {"url": URL}}}


def test_a_server_that_runs_for_vs_code():
    assert client_block("vscode", PLACE, RUNNING) == {
        "servers": {NAME: {"type": "http", "url": URL}}
    }


def test_a_token_is_taken_from_the_environment_by_cursor_and_asked_for_by_vs_code():
    server = Running("https://worlds.example", with_token=True)
    assert client_block("cursor", PLACE, server) == {
        "mcpServers": {NAME: {"url": URL, "headers": {"Authorization": "Bearer ${env:AWM_TOKEN}"}}}
    }
    assert client_block("vscode", PLACE, server) == {
        "inputs": [
            {
                "type": "promptString",
                "id": "awm-token",
                "description": "The token of the AWM server",
                "password": True,
            }
        ],
        "servers": {
            NAME: {
                "type": "http",
                "url": URL,
                "headers": {"Authorization": "Bearer ${input:awm-token}"},
            }
        },
    }


def test_claude_desktop_is_not_told_of_servers_that_it_would_not_find():
    with pytest.raises(UsageError, match="only servers that it starts itself"):
        client_block("claude-desktop", PLACE, RUNNING)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_not_chosen_is_not_mentioned(client):
    block = client_block(client, Place("bank"), STARTED)
    (entry,) = block["servers" if client == "vscode" else "mcpServers"].values()
    assert entry["args"][-2:] == ["--world", "bank"]
    assert "awm_bank" in str(block)


def test_the_url_of_a_world_without_a_task_has_no_query():
    block = client_block("cursor", Place("bank"), RUNNING)
    assert block["mcpServers"]["awm_bank"]["url"] == "https://worlds.example/worlds/bank/mcp"
