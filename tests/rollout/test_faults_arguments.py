"""Whatever a model writes where arguments or an answer should stand: it is told, and it is kept.

Each case is one reply of a model that then answers, under each format of calls. The episode ends by
that answer, the model is told what was wrong in words, and the line of the episode is JSON that
every reader takes and that says what was given.
"""

import json
import math

import pytest

from awm.agents import EpisodeLimits, model_policy
from awm.llm import FunctionCall, Reply, ScriptedLLM
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.order import order_of
from awm.rollout.playing import Player
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of
from awm.rollout.store import EPISODES, EpisodeStore, read_evaluation
from awm.runtime import Limits, Runtime
from awm.trajectory import meta_target
from tests.rollout.diaries import diary

FORMATS = ("awm", "native", "native-meta", "json")
FIRST = TaskSelection(tasks=(0,))
LARGE = 10 * 2**20


def calling(name, tool, text):
    """A reply in a format that calls a tool with arguments as they are written here."""
    through = f'{{"tool_name": "{tool}", "arguments": {text}}}'
    if name == "awm":
        return f'<tool_call>{{"name": "call_tool", "arguments": {through}}}</tool_call>'
    if name == "json":
        return f'{{"thought": "", "call": {{"name": "{tool}", "arguments": {text}}}}}'
    if name == "native":
        return Reply("", calls=(FunctionCall("c", tool, text),))
    return Reply("", calls=(FunctionCall("c", "call_tool", through),))


def answering(name, text):
    return json.dumps({"thought": "", "answer": text}) if name == "json" else text


def told(llm):
    """What the model was told of its last turn."""
    *_, last = llm.questions[-1].messages
    return last.content


def strictly(line):
    """Read a line as readers do that know nothing but JSON."""

    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    return json.loads(line.decode("utf-8"), parse_constant=refuse)


async def played(folder, name, runtime, pool, *replies, world=None):
    """The episode of some replies, read back from its line; the line; and the model."""
    llm = ScriptedLLM(list(replies))
    policy = model_policy(llm, name)
    conditions = Conditions(EpisodeLimits(turns=5), meta_tools=policy.format.meta_tools)
    world = world or diary()
    worlds = {world.name: world}
    jobs = jobs_of(worlds, FIRST, 1)
    order = order_of(
        worlds,
        jobs,
        policy=policy.to_json(),
        conditions=conditions,
        selection=FIRST,
        grading={"mode": "auto"},
    )
    player = Player(runtime, Grader(pool), conditions)
    with EpisodeStore.open(folder, order) as store:
        await evaluate(player, worlds, jobs, policy, store, concurrency=1, retries=0)
    with EpisodeStore.open(folder, order) as again:  # whoever goes on has nothing left to do
        assert tuple(again.done) == jobs
    (episode,) = read_evaluation(folder).episodes
    return episode, strictly((folder / EPISODES).read_bytes()), llm


def given(episode):
    """The arguments of the first call, as they were read back."""
    call = episode.trajectory.turns[0].tool_calls[0]
    return (meta_target(call) or call).parsed()


NOT_AN_OBJECT = ("[1]", "7", '"milk"', "true")
NOT_JSON = ('{"title": NaN}', '{"title": -Infinity}', '{"title": 1e999}')


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", NOT_AN_OBJECT)
async def test_arguments_that_are_no_object_are_told_and_no_tool_is_called(
    tmp_path, runtime, pool, name, text
):
    replies = calling(name, "add_note", text), answering(name, "Done.")
    episode, _, llm = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert (episode.counts.calls, episode.counts.invalid) == (0, 1)
    assert "object" in told(llm)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("tool", ["burn_it", "call", "__class__", "null", "half", "long"])
async def test_a_tool_that_is_not_there_is_told_whatever_it_is_called(
    tmp_path, runtime, pool, name, tool
):
    tool = {"null": "no\\u0000ne", "half": "\\ud800", "long": "x" * LARGE}.get(tool, tool)
    replies = calling(name, tool, "{}"), answering(name, "Done.")
    episode, line, llm = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert (episode.counts.calls, episode.counts.invalid) == (0, 1)
    assert "there is no tool" in told(llm)
    json.dumps(line, ensure_ascii=False).encode("utf-8")  # there is no half of a character in it


LIKE_METHODS = "".join(
    f"""
@app.get("/{name}", operation_id="{name}")
async def get_{name}():
    return "a tool called {name}"
"""
    for name in ("call", "close", "__init__")
)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("tool", ["call", "close", "__init__"])
async def test_a_tool_that_is_called_like_something_of_ours_is_that_tool(
    tmp_path, runtime, pool, name, tool
):
    replies = calling(name, tool, "{}"), answering(name, "Done.")
    world = diary("Methods", LIKE_METHODS)
    episode, _, llm = await played(tmp_path, name, runtime, pool, *replies, world=world)
    assert (episode.counts.calls, episode.counts.failed, episode.counts.invalid) == (1, 0, 0)
    assert f"a tool called {tool}" in told(llm)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", NOT_JSON)
async def test_numbers_that_json_has_not_are_told_and_every_reader_takes_the_line(
    tmp_path, runtime, pool, name, text
):
    replies = calling(name, "add_note", text), answering(name, "Done.")
    episode, _, llm = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert episode.counts.invalid == 1
    assert "Error" in told(llm)
    title = given(episode)["title"]
    # Constrained decoding never writes NaN; what does all the same is read as null.
    assert title is None or not math.isfinite(title)


@pytest.mark.parametrize("name", FORMATS)
async def test_arguments_that_are_half_a_character_arrive_and_every_reader_takes_the_line(
    tmp_path, runtime, pool, name
):
    replies = calling(name, "add_note", '{"title": "a\\ud800b"}'), answering(name, "Done.")
    episode, line, _ = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.counts.failed) == ("answered", 0)
    assert given(episode) == {"title": "a\ud800b"}
    json.dumps(line, ensure_ascii=False).encode("utf-8")  # there is none in what is read


@pytest.mark.parametrize("name", FORMATS)
async def test_a_null_byte_is_a_character_like_any_other(tmp_path, runtime, pool, name):
    replies = calling(name, "add_note", '{"title": "a\\u0000b"}'), answering(name, "a\0b")
    episode, _, _ = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.counts.failed, episode.trajectory.final_answer) == (0, "a\0b")
    assert given(episode) == {"title": "a\0b"}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("levels", [50, 900, 960, 100_000])
async def test_brackets_within_brackets_are_told_and_the_line_can_be_read_wherever_it_is(
    tmp_path, runtime, pool, name, levels
):
    text = f'{{"title": {"[" * levels}{"]" * levels}}}'
    replies = calling(name, "add_note", text), answering(name, "Done.")
    episode, line, _ = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert episode.counts.invalid == 1
    assert depth(line) < 64  # Arrow reads no more


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


@pytest.mark.parametrize("name", FORMATS)
async def test_ten_megabytes_as_an_argument_are_the_agents_own_doing(tmp_path, runtime, pool, name):
    """The world repeats what it was told, and may not answer with so much."""
    text = json.dumps({"title": "x" * LARGE})
    replies = calling(name, "add_note", text), answering(name, "Done.")
    episode, _, llm = await played(tmp_path, name, runtime, pool, *replies)
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert "The answer is larger than 2 MB." in told(llm)
    assert len(given(episode)["title"]) == LARGE


async def test_ten_megabytes_as_an_argument_are_carried_out_where_a_world_takes_them(
    tmp_path, pool
):
    text = json.dumps({"title": "x" * LARGE})
    async with Runtime(limits=Limits(response_mb=16)) as runtime:
        replies = calling("native", "add_note", text), "Done."
        episode, _, llm = await played(tmp_path, "native", runtime, pool, *replies)
    assert (episode.counts.calls, episode.counts.failed) == (1, 0)
    assert len(told(llm)) < 10_000  # what the agent is shown of it


@pytest.mark.parametrize("name", FORMATS)
async def test_ten_megabytes_as_an_answer_are_graded_like_any_other(tmp_path, runtime, pool, name):
    episode, _, _ = await played(tmp_path, name, runtime, pool, answering(name, "x" * LARGE))
    assert (episode.trajectory.stop, episode.outcome) == ("answered", "agent_error")
    assert len(episode.trajectory.final_answer) == LARGE


@pytest.mark.parametrize("name", FORMATS)
async def test_of_two_calls_at_once_the_first_is_carried_out_and_the_other_is_noted(
    tmp_path, runtime, pool, name
):
    first, second = (calling(name, "add_note", f'{{"title": "{each}"}}') for each in ("a", "b"))
    if isinstance(first, Reply):
        both = Reply("", calls=(*first.calls, *second.calls))
    else:
        both = f"{first}\n{second}"
    replies = both, answering(name, "Done.")
    episode, _, llm = await played(tmp_path, name, runtime, pool, *replies)
    assert episode.counts.calls == 1
    assert episode.counts.repaired >= 1
    assert '"title": "a"' in told(llm)
