"""`awm env check`: exit code 0 and the tools, or 1 and the reason."""

import asyncio
import contextlib
import json
import threading

import pytest

from awm.runtime import Runtime
from awm.serve.listening import bind
from tests.conftest import make_world
from tests.serve.serving import serving


@pytest.fixture
def url(tmp_path):
    """A server on an event loop in a thread of its own, as commands run loops of theirs."""
    urls: list[str] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        async with Runtime() as runtime, serving(runtime, tmp_path / "run", make_world()) as served:
            urls.append(served.url)
            started.set()
            await stopped.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(20)
    yield urls[0]
    loop.call_soon_threadsafe(stopped.set)
    thread.join()
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    loop.close()


def test_a_server_is_shown_with_its_tools(awm, url):
    outcome = awm("env", "check", "--url", url)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        f"awm: Notes: 2 tools at {url}",
        "Tool         What it does",
        "─────────────────────────",
        "add_note     Add Note    ",
        "list_notes   List Notes  ",
    ]
    document = json.loads(awm("env", "check", "--url", url, "--json").out)
    assert document["ok"] is True
    assert document["server"] == "awm: Notes"
    assert [tool["name"] for tool in document["tools"]] == ["add_note", "list_notes"]
    assert document["tools"][0]["input_schema"]["required"] == ["title"]


def test_no_server_is_said_in_one_message(awm):
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    outcome = awm("env", "check", "--url", f"http://127.0.0.1:{port}/mcp")
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith(f"error: there is no MCP server at http://127.0.0.1:{port}/mcp")


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_asked(awm):
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}/mcp"
        outcome = awm("env", "check", "--url", url, "--timeout", "0.3", "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert document["ok"] is False
    assert document["url"] == url
    assert document["error"]


def test_what_is_no_url_is_a_usage_error(awm):
    assert awm("env", "check", "--url", "localhost").code == 2
