"""A door with a judge: clients are paid by what it says, and never learn who or where it is."""

import json
from pathlib import Path

import httpx
import pytest

from awm.cli.journals import JOURNAL
from awm.serve.openenv.client import AwmEnvClient
from awm.worlds import WorldFile, write_worlds
from tests.cli.playing import MODEL, noted_world, serving
from tests.cli.running import PATIENCE, Door, descendants
from tests.llm.chat_server import Answer, Request, completion
from tests.serve.openreward.doors import Session

KEY = "sk-a-key-of-the-test"
SAID = {"reason": "The note is half there.", "evidence": [], "classification": "partial"}
LISTED = Answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})


@pytest.fixture(scope="module")
def gathered(tmp_path_factory) -> Path:
    """A world whose programs only gather evidence."""
    folder = tmp_path_factory.mktemp("worlds") / "judged"
    write_worlds([noted_world(mode=WorldFile.VERIFIER_SQL)], folder)
    return folder


def judging(request: Request) -> Answer:
    return LISTED if request.method == "GET" else completion(json.dumps(SAID))


def failing(request: Request) -> Answer:
    """Lists its models, and then takes no key any more."""
    if request.method == "GET":
        return LISTED
    return Answer({"error": {"message": f"{KEY} was revoked"}}, status=401)


async def submitted(door: Door) -> dict:
    """What an attempt at the first task comes to through the door of OpenReward."""
    async with httpx.AsyncClient(base_url=door.url, trust_env=False, timeout=PATIENCE) as http:
        session = Session(http)
        assert (await session.create("notes")).status_code == 200
        await session.use("add_note", {"title": "milk"})
        return await session.submit("Done.")


def environments(door: Door) -> bytes:
    """The environments of all processes below a server."""
    found = b""
    for process, _ in descendants(door.process.pid):
        found += Path(f"/proc/{process}/environ").read_bytes()
    return found


async def test_what_a_judge_finds_done_in_part_is_paid_in_part(door, gathered, tmp_path):
    with serving(judging) as server:
        opened = door(
            "openreward", gathered, "--reward", "partial", "--judge_model", MODEL,
            "--api_url", server.url, "--output_dir", "kept",
            OPENAI_API_KEY=KEY,
        )  # fmt: skip
        output = await submitted(opened)
        assert (output["reward"], output["metadata"]["outcome"]) == (0.1, "partial")
        assert output["metadata"]["reason"] == "The note is half there."
        assert KEY.encode() not in environments(opened)
        _, said = opened.stop()
    assert f"Judge        {MODEL}" in opened.banner
    assert KEY not in opened.banner + said
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert (tmp_path / "kept" / JOURNAL).is_file()


async def test_where_the_judge_cannot_be_asked_there_is_no_reward_and_no_word_of_why(
    door, gathered
):
    with serving(failing) as server:
        opened = door(
            "openreward", gathered, "--judge_model", MODEL, "--api_url", server.url,
            OPENAI_API_KEY=KEY,
        )  # fmt: skip
        output = await submitted(opened)
        _, said = opened.stop()
    assert (output["reward"], output["finished"]) == (None, True)
    assert output["metadata"]["outcome"] == "infrastructure_error"
    assert server.url.removesuffix("/v1") not in json.dumps(output)
    assert "the judge did not vote" in said, "or nobody learns why"
    assert KEY not in json.dumps(output) + said


async def test_a_client_of_openenv_is_judged_where_it_asks_for_that_and_only_once(door, gathered):
    with serving(judging) as server:
        opened = door("openenv", gathered, "--judge_model", MODEL, "--max_calls", 1,
                      OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY)  # fmt: skip
        async with AwmEnvClient(opened.url) as env:
            await env.reset(scenario="notes", task_idx=0)
            called = await env.call_tool("add_note", title="milk")
            first, again = [await env.verify("sql", "Done.") for _ in range(2)]
        asked = sum(request.method == "POST" for request in server.requests)
    assert called.done, "it may have one call"
    assert (first.reward, first.observation.reward_type) == (0.1, "incomplete")
    assert (again.reward, again.observation.reward_type) == (0.0, "incomplete")
    assert asked == 1


def test_splits_are_those_of_the_options(door, gathered):
    opened = door("openreward", gathered, "--test_share", 1, "--validation_share", 0)
    asked = httpx.post(f"{opened.url}/num_tasks", json={"split": "test"}, trust_env=False)
    assert asked.json()["num_tasks"] == 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("openenv", "--budget", 1), "--judge_model"),
        (("openreward", "--mode", "sql"), "--judge_model"),
        (("openreward", "--judge_model", MODEL, "--budget", 1), "--output_dir"),
        (("openreward", "--test_share", 0.7, "--validation_share", 0.6), "shares of a whole"),
        (("openenv", "--max_calls", 0), "less than 1"),
    ],
)
def test_what_makes_no_sense_together_is_told_before_anybody_is_served(awm, notes, arguments, why):
    kind, *options = arguments
    outcome = awm("serve", kind, notes, "--port", 0, *options)
    assert outcome.code == 2
    assert why in " ".join(outcome.err.split())


def test_a_judge_that_cannot_be_reached_is_told_before_anybody_is_served(awm, notes):
    nowhere = ("--judge_model", MODEL, "--api_url", "http://127.0.0.1:9/v1")
    outcome = awm("serve", "openreward", notes, "--port", 0, *nowhere)
    assert (outcome.code, outcome.out) == (1, "")
    assert "cannot be reached" in outcome.err
