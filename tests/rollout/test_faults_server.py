"""The model's server dies, stalls or sends garbage: that costs the attempts that it does it to.

A server that answers one task soundly and another one never is what every test here has. The model
of that task is asked as often as patience has it; then its attempt is an `infrastructure_error`
that says what the server did, and all others are as they would have been.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from awm.agents import EpisodeLimits, model_policy
from awm.errors import LLMSetupError
from awm.llm import Message, OpenAICompatible, Patience, Question
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.order import order_of
from awm.rollout.playing import Player
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of
from awm.rollout.store import EpisodeStore, read_evaluation
from tests.cli.playing import in_awm, noted_world, solving
from tests.llm.chat_server import Answer, chat_server, completion

ATTEMPTS = 2
PATIENCE = Patience(attempts=ATTEMPTS, timeout_seconds=0.3, first_wait_seconds=0.0)
CONDITIONS = Conditions(limits=EpisodeLimits(turns=6))
TEA = 2
"""The task that the server fails at."""

CHUNK = json.dumps({"choices": [{"index": 0, "delta": {"content": "Hi"}}]})
NOTHING = {"usage": {"prompt_tokens": 11, "completion_tokens": 0}}


def with_body(answer, **parts):
    return replace(answer, body={**answer.body, **parts})


FAULTS = {
    "stalls": (Answer(stalls=True), "did not answer in 0.3 s"),
    "hangs up": (Answer(hangs_up=True), "cannot be reached: Server disconnected"),
    "is failing": (Answer("out of cows", status=503), "answered 503: out of cows"),
    "sends a page": (Answer("<html>Bad gateway</html>"), "answered with no JSON: '<html>Bad"),
    "sends text": (
        Answer("I am well.", headers={"content-type": "text/plain"}),
        "answered with no JSON: 'I am well.'",
    ),
    "sends nothing": (Answer(""), "answered with no JSON"),
    "sends half of it": (Answer('{"choices": [{"mess'), "answered with no JSON"),
    "breaks off": (Answer('{"choices": [', promised=100), "cannot be reached: peer closed"),
    "streams unasked": (Answer(f"data: {CHUNK}\n\ndata: [DONE]\n\n"), "answered with no JSON"),
    "sends brackets": (Answer("[" * 100_000), "answered with no JSON"),
    "chooses nothing": (
        with_body(completion("Hi"), choices=[]),
        "answered with no chat completion",
    ),
    "says null": (Answer(None), "answered with no chat completion"),
    "has no message": (
        with_body(completion("Hi"), choices=[{"message": None}]),
        "answered with no chat completion",
    ),
    "sends an empty message": (
        with_body(completion(""), **NOTHING),
        "answered with an empty message that no model wrote",
    ),
    "counts no tokens of null": (
        with_body(completion(None), usage=None),
        "answered with an empty message that no model wrote",
    ),
    "drops a request": (
        completion("Half an ans", finish_reason="abort"),
        "answered with half an answer, which ends in 'abort'",
    ),
}


def about_tea(request):
    return "titled tea" in str(request.body["messages"])


async def at_once(_seconds):
    """Do not wait."""


async def for_ever(_seconds):
    """Do not come back from waiting."""
    await asyncio.Event().wait()


@asynccontextmanager
async def asked(script, patience=PATIENCE, sleep=at_once):
    """A server and a policy that asks it, without waiting between two attempts at a question."""
    async with chat_server(script) as server:
        llm = OpenAICompatible(server.url, None, "m", patience=patience, sleep=sleep)
        try:
            yield server, model_policy(llm)
        finally:
            await llm.aclose()


async def evaluated(folder, policy, runtime, pool, retries=0, conditions=CONDITIONS):
    """Have three tasks tried by whoever asks the server; the episodes, by their tasks."""
    worlds = {"notes": noted_world()}
    jobs = jobs_of(worlds, TaskSelection(), 1)
    order = order_of(
        worlds,
        jobs,
        policy={"name": policy.name},
        conditions=conditions,
        selection=TaskSelection(),
        grading={"mode": "auto"},
    )
    player = Player(runtime, Grader(pool), conditions)
    with EpisodeStore.open(folder, order) as store:
        await evaluate(player, worlds, jobs, policy, store, concurrency=3, retries=retries)
    return tuple(read_evaluation(folder).episodes)


@pytest.mark.parametrize("name", FAULTS)
async def test_it_is_asked_again_and_then_that_attempt_alone_is_nobodys_doing(
    tmp_path, runtime, pool, name
):
    fault, reason = FAULTS[name]
    sound = solving(in_awm)
    async with asked(lambda one: fault if about_tea(one) else sound(one)) as (server, policy):
        milk, eggs, tea = await evaluated(tmp_path, policy, runtime, pool)
    assert (milk.outcome, eggs.outcome) == ("complete", "complete")
    assert (tea.outcome, tea.reward.total) == ("infrastructure_error", None)
    assert reason in tea.reason
    assert f"(asked {ATTEMPTS} times)" in tea.reason
    assert "OPENAI_BASE_URL" in tea.reason
    assert sum(map(about_tea, server.requests)) == ATTEMPTS


@pytest.mark.parametrize("name", FAULTS)
async def test_what_passes_leaves_no_trace(tmp_path, runtime, pool, name):
    fault, _ = FAULTS[name]
    sound, faults = solving(in_awm), []

    def script(request):
        if about_tea(request) and len(faults) < 1:
            faults.append(fault)
            return fault
        return sound(request)

    async with asked(script) as (_, policy):
        episodes = await evaluated(tmp_path / "faulty", policy, runtime, pool)
    async with asked(sound) as (_, policy):
        assert episodes == await evaluated(tmp_path / "sound", policy, runtime, pool)
    assert faults


async def test_what_was_done_before_it_died_is_kept_and_not_graded(tmp_path, runtime, pool):
    sound = solving(in_awm)

    def script(request):
        replies = sum(message["role"] == "assistant" for message in request.body["messages"])
        return Answer(hangs_up=True) if about_tea(request) and replies == 2 else sound(request)

    async with asked(script) as (_, policy):
        *_, tea = await evaluated(tmp_path, policy, runtime, pool)
    assert (tea.outcome, tea.trajectory.stop, tea.verdict) == ("infrastructure_error", None, None)
    assert (len(tea.trajectory.turns), tea.counts.calls, tea.usage.completion_tokens) == (2, 1, 14)


async def test_a_server_that_is_there_again_is_asked_when_all_else_is_played(
    tmp_path, runtime, pool
):
    sound, refused = solving(in_awm), []

    def script(request):
        if about_tea(request) and len(refused) < ATTEMPTS:
            refused.append(request)
            return Answer(hangs_up=True)
        return sound(request)

    async with asked(script) as (server, policy):
        episodes = await evaluated(tmp_path, policy, runtime, pool, retries=1)
    assert [one.outcome for one in episodes] == ["complete"] * 3
    # Two attempts in vain, then the three questions of an episode, after those of the others.
    assert sum(map(about_tea, server.requests)) == ATTEMPTS + 3
    assert all(map(about_tea, server.requests[-3:]))


HURRIED = Conditions(limits=EpisodeLimits(turns=6, seconds=2.0))
"""Long enough for those that are answered, and no model's server is given up in that time."""

HELD_UP = {
    "is failing": (Answer("out of cows", status=503), "answered 503: out of cows."),
    "hangs up": (Answer(hangs_up=True), "cannot be reached: Server disconnected"),
}


@pytest.mark.parametrize("name", HELD_UP)
async def test_time_that_runs_out_while_it_fails_is_nobodys_doing(tmp_path, runtime, pool, name):
    fault, reason = HELD_UP[name]
    sound = solving(in_awm)
    script = lambda one: fault if about_tea(one) else sound(one)  # noqa: E731
    async with asked(script, Patience(), for_ever) as (_, policy):
        *others, tea = await evaluated(tmp_path, policy, runtime, pool, conditions=HURRIED)
    assert [one.outcome for one in others] == ["complete"] * 2
    assert (tea.outcome, tea.reward.total) == ("infrastructure_error", None)
    assert tea.trajectory.stop is None
    assert reason in tea.reason


async def test_time_that_runs_out_while_nobody_is_answered_is_nobodys_doing(
    tmp_path, runtime, pool
):
    async with asked(lambda _: Answer(stalls=True), Patience()) as (_, policy):
        episodes = await evaluated(tmp_path, policy, runtime, pool, conditions=HURRIED)
    assert [one.outcome for one in episodes] == ["infrastructure_error"] * 3
    assert all("sent nothing in " in one.reason for one in episodes)


async def test_time_that_runs_out_while_a_model_that_has_answered_is_slow_is_the_agents(
    tmp_path, runtime, pool
):
    sound = solving(in_awm)

    def script(request):
        goes_on = len(request.body["messages"]) > 2
        return Answer(stalls=True) if about_tea(request) and goes_on else sound(request)

    async with asked(script, Patience()) as (_, policy):
        *_, tea = await evaluated(tmp_path, policy, runtime, pool, conditions=HURRIED)
    assert (tea.outcome, tea.trajectory.stop) == ("agent_error", "timeout")
    assert len(tea.trajectory.turns) == 1


TURNED_AWAY = {
    "a firewall": Answer("<html>Blocked</html>", status=403),
    "a gateway": Answer("<html>Not Found</html>", status=404),
    "a portal": Answer("", status=307),
}


@pytest.mark.parametrize("name", TURNED_AWAY)
async def test_a_question_that_is_turned_away_before_the_model_costs_its_attempt_alone(
    tmp_path, runtime, pool, name
):
    sound = solving(in_awm)
    async with asked(lambda r: TURNED_AWAY[name] if about_tea(r) else sound(r)) as (server, policy):
        await policy.llm.ask(Question((Message("user", "Add a note titled milk."),)))
        milk, eggs, tea = await evaluated(tmp_path, policy, runtime, pool, retries=1)
    assert (milk.outcome, eggs.outcome) == ("complete", "complete")
    assert (tea.outcome, tea.reward.total) == ("infrastructure_error", None)
    assert f"refuses with {TURNED_AWAY[name].status}" in tea.reason
    assert sum(map(about_tea, server.requests)) == 2


async def test_a_server_that_turns_everything_away_from_the_start_ends_the_run(
    tmp_path, runtime, pool
):
    async with asked([TURNED_AWAY["a firewall"]]) as (_, policy):
        with pytest.raises(LLMSetupError, match="refuses with 403: <html>Blocked"):
            await evaluated(tmp_path, policy, runtime, pool)


TOO_LONG = {
    "vLLM": Answer(
        {
            "error": {
                "message": "You passed 8150 input tokens and requested 64 output tokens. However, "
                "the model's context length is only 8192 tokens, resulting in a maximum input "
                "length of 8128 tokens. Please reduce the length of the input prompt. "
                "(parameter=input_tokens, value=8150)",
                "type": "BadRequestError",
                "param": "input_tokens",
                "code": 400,
            }
        },
        status=400,
    ),
    "llama.cpp": Answer(
        {
            "error": {
                "code": 400,
                "message": "request (9412 tokens) exceeds the available context size (8192 tokens),"
                " try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9412,
                "n_ctx": 8192,
            }
        },
        status=400,
    ),
    "OpenAI": Answer(
        {
            "error": {
                "message": "This model's maximum context length is 8192 tokens. However, your "
                "messages resulted in 8201 tokens. Please reduce the length of the messages.",
                "type": "invalid_request_error",
                "param": "messages",
                "code": "context_length_exceeded",
            }
        },
        status=400,
    ),
    "SGLang": Answer(
        {
            "object": "error",
            "message": "The input (8201 tokens) is longer than the model's context length (8192 "
            "tokens).",
            "type": "BadRequestError",
            "code": 400,
        },
        status=400,
    ),
}


@pytest.mark.parametrize("server_of", TOO_LONG)
async def test_a_conversation_that_outgrows_the_model_is_told_as_that_and_asked_once(
    tmp_path, runtime, pool, server_of
):
    sound = solving(in_awm)

    def script(request):
        grown = len(request.body["messages"]) > 4
        return TOO_LONG[server_of] if about_tea(request) and grown else sound(request)

    async with asked(script) as (server, policy):
        milk, eggs, tea = await evaluated(tmp_path, policy, runtime, pool)
    assert (milk.outcome, eggs.outcome) == ("complete", "complete")
    assert (tea.outcome, tea.reward.total) == ("infrastructure_error", None)
    assert tea.reason.startswith("the conversation in turn 3 is longer than the model's context: ")
    assert "8192" in tea.reason or "8128" in tea.reason
    assert sum(map(about_tea, server.requests)) == 3


async def test_a_task_that_does_not_fit_at_all_is_told_as_that(tmp_path, runtime, pool):
    sound = solving(in_awm)
    async with asked(lambda r: TOO_LONG["vLLM"] if about_tea(r) else sound(r)) as (_, policy):
        *_, tea = await evaluated(tmp_path, policy, runtime, pool)
    assert tea.reason.startswith("the task with its tools is longer than the model's context: ")
    assert tea.trajectory.turns == ()
