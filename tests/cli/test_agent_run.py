"""A run of `awm agent` is kept and its end is told, whatever ends it."""

import json
from functools import partial

import pytest

from awm.agents import McpToolbox
from awm.errors import InfrastructureError
from awm.rollout import InstanceToolbox
from awm.runtime import Instance
from awm.serve import client
from tests.cli.playing import on_a_thread
from tests.serve.answering import DROPPED, ForeignServer, answering, http, text


@pytest.fixture
def play(awm, tmp_path):
    """Plays calls of `ping` through a foreign server; the outcome, and what is kept of it."""

    def played(server: ForeignServer, *calls: dict, options: tuple[str, ...] = ()):
        script = tmp_path / "script.jsonl"
        made = [{"tool": "ping", "arguments": arguments} for arguments in calls]
        row = {"scenario": "foreign", "task_idx": 0, "calls": made, "answer": "Done."}
        script.write_text(json.dumps(row))
        with on_a_thread(answering(server)) as url:
            outcome = awm(
                "agent", "--task", "Ping.", "--mcp_url", url, "--policy", f"script:{script}",
                "--output_dir", "run", *options,
            )  # fmt: skip
        return outcome, json.loads((tmp_path / "run" / "trajectory.json").read_text("utf-8"))

    return played


def heard(kept: dict) -> list[str]:
    return [result["text"] for turn in kept["trajectory"] for result in turn["results"]]


def test_a_call_that_fails_is_told_to_the_agent_who_goes_on(play):
    replies = iter([http("500 Oops"), DROPPED, {"content": 5}, text("pong")])
    outcome, kept = play(ForeignServer(call=lambda _: next(replies)), {}, {}, {}, {})
    assert (outcome.code, kept["stop"], kept["reason"]) == (0, "answered", None), outcome.err
    fails, drops, breaks, pong = heard(kept)
    assert fails == "Error: the server failed over ping: HTTP 500 Oops."
    assert drops.startswith("Error: the server failed over ping: Server disconnected")
    assert breaks.startswith("Error: the server failed over ping: 1 validation error")
    assert pong == "pong"


def test_a_result_that_breaks_its_tools_promise_does_not_end_the_run(play):
    outcome, kept = play(ForeignServer(tool={"outputSchema": {"type": "object"}}), {})
    assert (outcome.code, heard(kept)) == (0, ["pong"])


def test_a_call_that_cannot_be_said_is_told_to_the_agent_who_goes_on(play):
    outcome, kept = play(ForeignServer(), {"q": "\ud800"}, {"q": "fine"})
    assert outcome.code == 0
    refusal, pong = heard(kept)
    assert refusal.startswith("Error: a text in the arguments has half of a surrogate pair")
    assert pong == "pong"


def test_a_server_that_goes_away_ends_the_run_and_it_says_over_which_tool(play, monkeypatch):
    monkeypatch.setattr(client, "connect", partial(client.connect, pauses=(0.0, 0.0)))
    server = ForeignServer()

    def leave(arguments):
        if not arguments:
            return text("pong")
        server.overrides = dict.fromkeys(("initialize", "tools/list"), DROPPED)
        return DROPPED

    server.call = leave
    outcome, kept = play(server, {}, {"last": True})
    assert outcome.code == 3
    assert "error: the server failed over ping: Server disconnected" in outcome.err
    assert "What was done until now is in run" in outcome.err
    assert (kept["stop"], heard(kept)) == ("cancelled", ["pong"])
    assert "failed over ping" in kept["reason"]
    assert "Nor can it be reached again: there is no MCP server at http" in kept["reason"]


def test_what_nobody_foresaw_ends_the_run_in_one_message_and_it_is_kept(play, monkeypatch):
    called = McpToolbox.call

    async def fails(self, call):
        if call.arguments:
            raise KeyError("nobody foresaw it\nnor the rest")
        return await called(self, call)

    monkeypatch.setattr(McpToolbox, "call", fails)
    outcome, kept = play(ForeignServer(), {}, {"q": 1}, options=("--quiet",))
    assert outcome.code == 3
    assert outcome.err.splitlines() == [
        "What was done until now is in run",
        "error: the run broke off: KeyError: 'nobody foresaw it\\nnor the rest'.",
        "`awm --log_level debug agent` tells where.",
    ]
    assert (kept["stop"], heard(kept)) == ("cancelled", ["pong"])
    assert kept["reason"] == "KeyError: 'nobody foresaw it\\nnor the rest'."


def test_a_world_that_cannot_be_kept_does_not_hide_what_ended_the_run(awm, tmp_path, monkeypatch):
    def lost(*_):
        raise InfrastructureError("the world is gone.")

    monkeypatch.setattr(InstanceToolbox, "call", lost)
    monkeypatch.setattr(Instance, "database_image", lost)
    outcome = awm(
        "agent", "--scenario", "online_pharmacy", "--task_id", 0, "--policy", "oracle",
        "--output_dir", "run", "--quiet",
    )  # fmt: skip
    assert outcome.code == 3
    assert "error: the world is gone." in outcome.err
    assert "the databases could not be kept: the world is gone." in outcome.err
    kept = json.loads((tmp_path / "run" / "trajectory.json").read_text("utf-8"))
    assert (kept["reason"], kept["stop"]) == ("the world is gone.", "cancelled")
