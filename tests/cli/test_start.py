"""`awm env start`, as processes and sockets: what it serves, what it leaves, how it ends."""

import json
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from awm.runtime import Runtime
from awm.serve.client import connect
from awm.serve.listening import bind
from awm.worlds import open_worlds, write_worlds
from tests.cli.running import all_gone, command, descendants, environment
from tests.conftest import make_world
from tests.serve.raw_client import BOTH, HELLO, RawClient
from tests.serve.serving import until


def titles(path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM notes ORDER BY id")]


async def test_a_session_is_served_and_its_states_are_kept(start, notes):
    server = start("--scenario", "NOTES", "--envs_load_path", notes / "gen_envs.jsonl")
    async with connect(server.url) as one, connect(server.url) as two:
        assert [tool.name for tool in await one.list_tools()] == ["add_note", "list_notes"]
        await one.call_tool("add_note", {"title": "second"})
        assert "second" not in (await two.call_tool("list_notes", {})).text
    below = descendants(server.process.pid)
    assert len(below) >= 2  # the zygote and a worker
    assert server.stop() == "Stopped.\n"
    assert server.process.returncode == 130
    assert all_gone(below)
    assert titles(server.run / "initial.db") == ["first"]
    finals = [titles(path) for path in sorted(server.run.glob("sessions/*/final.db"))]
    assert sorted(finals) == [["first"], ["first", "second"]]
    assert titles(server.run / "final.db") in finals
    assert not list(server.run.rglob("*.tmp"))


async def test_ctrl_c_ends_open_sessions_and_keeps_their_states(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes)
    async with RawClient(server.url) as client:
        await client.call("add_note", title="second")
        async with client.http.stream("GET", server.url, timeout=None) as stream:
            below = descendants(server.process.pid)
            assert server.stop(signal.SIGINT) == "Stopped.\n"
            assert not [line async for line in stream.aiter_lines() if line.strip(": ")]
    assert all_gone(below)
    assert titles(server.run / "sessions/001/final.db") == ["first", "second"]
    assert titles(server.run / "final.db") == ["first", "second"]


async def test_one_instance_is_shared_if_asked_for(start, notes):
    server = start("--scenario", "notes", "--envs-load-path", notes, "--shared")
    assert "one for all sessions" in server.banner
    async with connect(server.url) as one, connect(server.url) as two:
        await one.call_tool("add_note", {"title": "ours"})
        assert "ours" in (await two.call_tool("list_notes", {})).text
    server.stop(signal.SIGTERM)
    assert server.process.returncode == 128 + signal.SIGTERM
    assert titles(server.run / "final.db") == ["first", "ours"]
    assert not (server.run / "sessions").exists()


async def test_a_database_to_start_from_is_not_changed(start, notes, tmp_path):
    async with Runtime() as runtime, await runtime.launch(open_worlds(notes)["notes"]) as instance:
        await instance.call_tool("add_note", {"title": "earlier"})
        database = tmp_path / "mine.db"
        database.write_bytes(await instance.database_image())
    before = database.read_bytes()
    server = start("--scenario", "notes", "--envs_load_path", notes, "--db_path", database)
    assert str(database) in server.banner
    async with connect(server.url) as client:
        assert "earlier" in (await client.call_tool("list_notes", {})).text
        await client.call_tool("add_note", {"title": "later"})
    server.stop()
    assert database.read_bytes() == before
    assert titles(server.run / "final.db") == ["first", "earlier", "later"]


async def test_a_client_that_vanishes_is_let_go_after_the_idle_time(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes, "--idle_minutes", "0.005")
    async with RawClient(server.url) as client:
        await client.call("add_note", title="second")
    final = server.run / "sessions/001/final.db"
    await until(final.exists)
    assert titles(final) == ["first", "second"]
    server.stop()


async def test_whoever_serves_everybody_is_told_so(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes, "--host", "0.0.0.0")
    async with httpx.AsyncClient(headers={"accept": BOTH}, trust_env=False) as http:
        # The server cannot know by which names it is reached.
        answer = await http.post(server.url, json=HELLO, headers={"host": "some.name"})
        assert answer.status_code == 200
    assert "everybody who can reach 0.0.0.0 can use this server" in server.stop()


async def test_instances_may_have_a_process_each(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes, "--process_per_instance")
    async with connect(server.url) as one, connect(server.url) as two:
        await one.call_tool("list_notes", {})
        before = len(descendants(server.process.pid))
        await two.call_tool("list_notes", {})
        assert len(descendants(server.process.pid)) == before + 1
    server.stop()


def test_a_second_signal_ends_it_at_once(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes)
    below = descendants(server.process.pid)
    for _ in range(2):
        server.process.send_signal(signal.SIGINT)
    server.end()
    assert server.process.returncode == 130
    assert all_gone(below)


def test_a_killed_server_leaves_no_process(start, notes):
    server = start("--scenario", "notes", "--envs_load_path", notes)
    below = descendants(server.process.pid)
    server.process.kill()
    assert all_gone(below)


def test_a_run_folder_of_ones_own_is_used_once(start, awm, notes, tmp_path):
    world = ("--scenario", "notes", "--envs_load_path", notes)
    server = start(*world, "--output_dir", "mine")
    server.stop()
    assert server.run == tmp_path / "mine"
    assert titles(tmp_path / "mine/final.db") == ["first"]
    outcome = awm("env", "start", *world, "--port", 0, "--output_dir", "mine")
    assert outcome.code == 2
    assert "mine already holds a run" in outcome.err


def test_the_options_of_the_published_tool_are_not_ignored_in_silence(start, notes):
    server = start(
        "--scenario", "notes", "--envs_load_path", notes, "--temp_server_path", "server.py"
    )
    assert "--temp_server_path has no effect" in server.stop()


def test_a_port_that_is_taken_is_told_before_anything_is_started(awm, notes, tmp_path):
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        outcome = awm(
            "env", "start", "--scenario", "notes", "--envs_load_path", notes, "--port", port
        )
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: port {port} of 127.0.0.1 is in use.\n")
    assert not (tmp_path / "outputs").exists()


def test_an_unknown_world_is_told_with_those_that_are_like_it(awm, notes):
    outcome = awm("env", "start", "--scenario", "note", "--envs_load_path", notes)
    assert outcome.code == 2
    assert outcome.err.endswith("Did you mean notes?\n")


def test_a_line_that_broke_off_is_told_with_the_world_it_belongs_to(awm, tmp_path):
    write_worlds([make_world()], tmp_path / "torn")
    code = tmp_path / "torn/gen_envs.jsonl"
    code.write_bytes(code.read_bytes()[:-10])
    outcome = awm("env", "start", "--scenario", "notes", "--envs_load_path", "torn", "--port", "0")
    assert outcome.code == 1
    assert "gen_envs.jsonl: line 1" in outcome.err
    assert "it has no code" in outcome.err


def test_a_world_that_does_not_come_to_life_is_told_and_leaves_nothing(awm, mixed, tmp_path):
    outcome = awm(
        "env", "start", "--scenario", "broken code", "--envs_load_path", mixed, "--port", 0
    )
    assert outcome.code == 1
    assert outcome.err.startswith("error: world 'broken_code': its code does not come to life.\n")
    assert "ValueError: no" in outcome.err
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--db_path", "none.db"], "the database none.db is not there"),
        (["--db_schema_path", "none.jsonl"], "none.jsonl is not there"),
        (["--envs_load_path", "none.jsonl"], "none.jsonl is not there"),
    ],
)
def test_a_file_that_is_not_there_is_named(awm, notes, options, said):
    outcome = awm("env", "start", "--scenario", "notes", "--envs_load_path", notes, *options)
    assert outcome.code == 2
    assert said in outcome.err


def test_files_of_a_world_belong_to_worlds_from_files(awm):
    outcome = awm("env", "start", "--scenario", "online_pharmacy", "--sample_path", "s.jsonl")
    assert outcome.code == 2
    assert "Give --envs_load_path too." in outcome.err


def test_schema_and_rows_may_lie_elsewhere(start, notes, tmp_path):
    for name in ("gen_envs.jsonl", "gen_db.jsonl"):
        shutil.copy(notes / name, tmp_path / f"my_{name}")
    (tmp_path / "rows.jsonl").write_text(
        json.dumps(
            {
                "scenario": "Notes",
                "sample_data": {
                    "tables": [
                        {
                            "table_name": "notes",
                            "insert_statements": ["INSERT INTO notes (title) VALUES ('other');"],
                        }
                    ]
                },
            }
        )
    )
    server = start(
        "--scenario", "notes", "--envs_load_path", "my_gen_envs.jsonl",
        "--db_schema_path", "my_gen_db.jsonl", "--sample_path", "rows.jsonl",
    )  # fmt: skip
    server.stop()
    assert titles(server.run / "initial.db") == ["other"]


async def test_standard_streams_carry_the_protocol_and_nothing_else(notes, tmp_path):
    arguments = command(
        "env", "start", "--stdio", "--scenario", "notes", "--envs_load_path", str(notes)
    )
    parameters = StdioServerParameters(
        command=arguments[0], args=arguments[1:], env=environment(), cwd=tmp_path
    )
    with (tmp_path / "messages").open("w") as messages:
        async with (
            stdio_client(parameters, messages) as (incoming, outgoing),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            await session.call_tool("add_note", {"title": "second"})
            result = await session.call_tool("list_notes", {})
            assert json.loads(result.content[0].text) == ["first", "second"]
    (run,) = (tmp_path / "outputs/servers").iterdir()
    assert titles(run / "final.db") == ["first", "second"]
    assert "standard input and output" in (tmp_path / "messages").read_text()


def test_a_pipe_of_messages_is_answered_to_the_end(notes, tmp_path):
    asked = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "pipe", "version": "0"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "list_notes", "arguments": {}}},
    ]  # fmt: skip
    done = subprocess.run(
        command("env", "start", "--stdio", "--scenario", "notes", "--envs_load_path", str(notes)),
        input="".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in asked),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert "first" in answers[1]["result"]["content"][0]["text"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_a_server_on_standard_streams_that_nobody_talks_to(notes, tmp_path, number):
    process = subprocess.Popen(
        command("env", "start", "--stdio", "--scenario", "notes", "--envs_load_path", str(notes)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    while "Ctrl-C stops it" not in process.stderr.readline():
        pass
    below = descendants(process.pid)
    process.send_signal(number)
    assert process.wait(timeout=20) == 128 + number
    assert all_gone(below)
    assert process.stdout.read() == ""
    process.communicate()


@pytest.mark.parametrize(
    "arguments",
    [
        ("env", "start", "--scenario", "online_pharmacy"),
        ("mcp", "config", "bundled", "--world", "online_pharmacy"),
        ("serve", "mcp", "bundled", "--stdio", "--world", "online_pharmacy"),
    ],
)
def test_a_seed_of_more_than_64_bits_is_refused_before_anything_is_served(awm, arguments):
    outcome = awm(*arguments, "--seed", 1 << 64)
    assert outcome.code == 2
    assert f"{1 << 64} is more than" in outcome.err
