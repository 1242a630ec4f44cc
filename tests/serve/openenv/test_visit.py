"""A stay without a protocol: what resets, calls, verifications and ends come to."""

import asyncio
import json

import pytest

from awm.errors import (
    BudgetError,
    InfrastructureError,
    LLMSetupError,
    LLMUnavailableError,
    UsageError,
)
from awm.llm import ScriptedLLM
from awm.rollout.env_making import make_env
from awm.serve.lodging import Lodging
from awm.serve.openenv.environment import observed
from awm.serve.openenv.reception import OpenEnvTerms, Reception
from awm.serve.openenv.visit import DONE, LIST_SCENARIOS, VERIFY, Visit
from awm.types import ToolCall
from awm.verify import Judge
from awm.worlds import World, WorldFile
from tests.rollout.diaries import TASKS, diary
from tests.serve.openenv.doors import folder, lodging


@pytest.fixture
def reception(runtime, pool):
    return Reception(lodging(runtime, pool), OpenEnvTerms())


@pytest.fixture
async def visit(reception):
    visiting = Visit(reception)
    yield visiting
    await visiting.leave()


@pytest.fixture
async def begun(visit):
    await visit.reset({"scenario": "diary", "task_idx": 0})
    return visit


async def solve(visit):
    for title in ("milk", "bread"):
        await visit.call("add_note", {"title": title})


# --- resets


async def test_a_reset_tells_the_task_its_verifiers_and_how_many_tools_there_are(visit):
    answered = await visit.reset({"scenario": "Diary!", "task_idx": 0, "episode_id": "mine"})
    assert (answered.reward_type, answered.reward, answered.done) == ("reset_ok", None, False)
    assert (answered.scenario, answered.task, answered.task_idx) == ("diary", TASKS[0], 0)
    assert answered.has_verifier == {"sql": False, "code": True}
    assert answered.num_tools == len(visit.tools) == len(await visit.list_tools())
    assert visit.episode_id == "mine"


async def test_episodes_that_are_not_named_are_never_called_alike(visit):
    names = set()
    for _ in range(3):
        await visit.reset({"scenario": "diary"})
        names.add(visit.episode_id)
    assert len(names) == 3


async def test_without_a_task_there_is_a_world_and_nothing_to_verify(visit):
    answered = await visit.reset({"scenario": "diary"})
    assert (answered.task, answered.task_idx, answered.has_verifier) == (None, None, None)
    assert (await visit.call(VERIFY, {})).reward_type == "no_verifier"


async def test_a_client_may_say_what_is_to_be_done(visit):
    answered = await visit.reset({"scenario": "diary", "task_idx": 0, "task": "Buy milk."})
    assert (answered.task, answered.has_verifier["code"]) == ("Buy milk.", True)
    answered = await visit.reset({"scenario": "diary", "task": "Buy milk."})
    assert (answered.task, answered.has_verifier) == ("Buy milk.", None)


async def test_a_task_can_be_chosen_by_its_place_in_a_split(visit, reception):
    tasks = await reception.scenarios.tasks("train") + await reception.scenarios.tasks("test")
    assert len(tasks) == 2 * len(TASKS)
    split = "train" if await reception.scenarios.tasks("train") else "test"
    wanted = (await reception.scenarios.tasks(split))[1]
    answered = await visit.reset({"split": split, "index": 1})
    told = {"scenario": answered.scenario, "task_idx": answered.task_idx, "task": answered.task}
    assert told == wanted


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({}, "scenario is missing"),
        ({"scenario": "diray"}, "Did you mean diary"),
        ({"scenario": "diary", "task_idx": 3}, "no task 3"),
        ({"scenario": "diary", "task_idx": -1}, "no task -1"),
        ({"scenario": "diary", "reward_config": {"complete": "x"}}, "no finite number"),
        ({"split": "train", "index": 10**6}, "has no task"),
        ({"split": "dev", "index": 0}, "no such split"),
    ],
)
async def test_a_reset_that_cannot_be_says_why_and_leaves_no_episode(begun, keywords, words):
    answered = await begun.reset(keywords)
    assert (answered.reward_type, answered.done) == ("reset_error", False)
    assert words in answered.error
    assert (await begun.call("list_notes", {})).reward_type == "server_error"


async def test_the_folder_of_the_server_is_not_told(visit):
    assert "made" not in (await visit.reset({"scenario": "nowhere"})).error


async def test_a_judge_of_the_clients_is_refused_with_a_warning(visit):
    answered = await visit.reset({"scenario": "diary", "llm_base_url": "http://10.0.0.1"})
    assert answered.reward_type == "reset_warning"
    assert "llm_base_url" in answered.warning


async def test_each_reset_begins_anew_in_the_same_instance(begun, runtime):
    await begun.call("add_note", {"title": "milk"})
    before = runtime.census().instances
    await begun.reset({"scenario": "diary", "task_idx": 0})
    assert runtime.census().instances == before
    assert json.loads((await begun.call("list_notes", {})).tool_result) == ["first"]
    assert begun.steps == 1


async def test_another_world_takes_the_place_of_the_first(begun, runtime):
    before = runtime.census().instances
    await begun.reset({"scenario": "other_diary"})
    assert (begun.world, runtime.census().instances) == ("other_diary", before)


async def test_equal_seeds_throw_equal_dice_here_and_in_our_own_environment(visit, reception):
    thrown = []
    for seed in (5, 5, 6):
        await visit.reset({"scenario": "diary", "task_idx": 0, "seed": seed})
        thrown.append((await visit.call("throw_dice", {})).tool_result)
    assert thrown[0] == thrown[1] != thrown[2]
    world = await reception.lodging.world("diary")
    async with make_env(world, task=0, tools="direct", runtime=reception.lodging.runtime) as env:
        await env.reset(seed=5)
        step = await env.step(ToolCall("throw_dice"))
    assert step.observation.text == thrown[0]


# --- calls


async def test_a_call_answers_with_the_text_of_the_tool(begun):
    answered = await begun.call("add_note", {"title": "milk"})
    assert (answered.reward_type, answered.reward, answered.done) == ("tool_call_ok", 0.0, False)
    assert (answered.tool_name, answered.error) == ("add_note", None)
    assert json.loads(answered.tool_result) == {"id": 2, "title": "milk"}


@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "reward"),
    [
        ("add_nota", {}, "tool_not_found", -1.0),
        ("add_note", {}, "invalid_args", -1.0),
        ("remove_note", {"note_id": "one"}, "invalid_args", -1.0),
        ("remove_note", {"note_id": 99}, "tool_call_ok", 0.0),
        ("refuse", {}, "tool_call_ok", 0.0),
        ("fail", {}, "server_error", 0.0),
        ("hang", {}, "timeout", 0.0),
    ],
)
async def test_a_call_that_fails_says_how_and_the_episode_goes_on(
    begun, tool, arguments, kind, reward
):
    answered = await begun.call(tool, arguments)
    assert (answered.reward_type, answered.reward, answered.done) == (kind, reward, False)
    assert answered.error
    assert answered.tool_result is None
    assert (await begun.call("list_notes", {})).reward_type == "tool_call_ok"


async def test_half_of_a_surrogate_pair_is_not_passed_on(begun):
    told = await begun.call("half_a_pair", {})
    json.dumps(told.tool_result or told.error, ensure_ascii=False).encode()


async def test_before_a_reset_there_is_nothing_to_call(visit):
    for name in ("list_notes", VERIFY):
        answered = await visit.call(name, {})
        assert (answered.reward_type, answered.done) == ("server_error", False)
        assert "reset" in answered.error
    with pytest.raises(UsageError, match="reset"):
        await visit.list_tools()


async def test_done_before_a_reset_ends_what_never_began(visit):
    assert (await visit.call(DONE, {})).done
    assert (await visit.call("list_notes", {})).reward_type == "episode_already_done"
    assert (await visit.reset({"scenario": "diary"})).reward_type == "reset_ok"


async def test_calls_at_the_same_time_are_carried_out_one_after_the_other(begun):
    await asyncio.gather(*(begun.call("add_note", {"title": f"{n}"}) for n in range(8)))
    notes = json.loads((await begun.call("list_notes", {})).tool_result)
    assert sorted(notes) == sorted(["first", *map(str, range(8))])
    assert begun.steps == 9


async def test_an_episode_ends_with_the_last_call_that_it_may_have(runtime, pool):
    visit = Visit(Reception(lodging(runtime, pool), OpenEnvTerms(turns=2)))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    await visit.call("add_note", {"title": "milk"})
    last = await visit.call("add_note", {"title": "bread"})
    assert (last.done, last.reward_type) == (True, "tool_call_ok")
    assert (await visit.call("list_notes", {})).reward_type == "episode_already_done"
    assert (await visit.call(VERIFY, {})).reward == 1.0
    await visit.leave()


async def test_an_episode_ends_when_there_is_too_much_of_it_to_keep(runtime, pool):
    visit = Visit(Reception(lodging(runtime, pool), OpenEnvTerms(characters=150_000)))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    assert [(await visit.call("say_much", {})).done for _ in range(2)] == [False, True]
    await visit.leave()


# --- verification and end


async def test_a_solution_is_complete_and_the_episode_over(begun):
    await solve(begun)
    answered = await begun.call(VERIFY, {"final_answer": "Done."})
    assert (answered.reward_type, answered.reward, answered.done) == ("complete", 1.0, True)
    assert answered.verify_result["result"] == "complete"
    assert answered.steps_taken == 3
    assert (await begun.call("list_notes", {})).reward_type == "episode_already_done"


async def test_whoever_verifies_again_is_told_again_and_not_paid_again(begun):
    await solve(begun)
    paid = [await begun.call(VERIFY, {"verifier_mode": "code"}) for _ in range(3)]
    assert [answered.reward for answered in paid] == [1.0, 0.0, 0.0]
    assert {answered.reward_type for answered in paid} == {"complete"}
    assert paid[1].metadata["paid_before"]


async def test_nothing_done_is_worth_nothing(begun):
    answered = await begun.call(VERIFY, {})
    assert (answered.reward_type, answered.reward) == ("others", 0.0)


async def test_the_clients_table_is_paid(visit):
    await visit.reset({"scenario": "diary", "task_idx": 0, "reward_config": {"complete": 7}})
    await solve(visit)
    assert (await visit.call(VERIFY, {})).reward == 7.0


async def test_a_mode_without_a_program_is_said_and_costs_nothing(begun):
    await solve(begun)
    answered = await begun.call(VERIFY, {"verifier_mode": "sql"})
    assert (answered.reward_type, answered.reward, answered.done) == ("no_verifier", 0.0, False)
    assert (await begun.call(VERIFY, {"verifier_mode": "code"})).reward == 1.0


@pytest.mark.parametrize(
    "arguments", [{"verifier_mode": "magic"}, {"verifier_mode": ["code"]}, {"final_answer": 7}]
)
async def test_a_verification_that_makes_no_sense_is_invalid(begun, arguments):
    answered = await begun.call(VERIFY, arguments)
    assert (answered.reward_type, answered.reward, answered.done) == ("invalid_args", -1.0, False)


async def test_a_verifier_that_fails_is_nobodys_score(visit):
    await visit.reset({"scenario": "diary", "task_idx": 1})
    answered = await visit.call(VERIFY, {})
    assert (answered.reward_type, answered.reward, answered.done) == ("judge_error", 0.0, True)
    assert "no idea" in answered.metadata["unscored"]
    assert answered.verify_result["execution_status"] == "error"


async def test_what_a_verifier_says_can_be_carried_whatever_it_is(runtime, pool):
    world = diary()
    rows = [dict(row) for row in world.records[WorldFile.VERIFIER_CODE]]
    rows[0]["verification"] = {
        "code": "def verify_task_completion(initial, final):"
        " return {'result': 'complete', 'half': chr(0xD800), 'none': float('nan')}"
    }
    world = World.from_records({**world.records, WorldFile.VERIFIER_CODE: rows})
    visit = Visit(Reception(Lodging(folder([world]), runtime, pool), OpenEnvTerms()))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    answered = await visit.call(VERIFY, {})
    told = observed(answered).model_dump_json()
    assert answered.reward == (1.0 if answered.reward_type == "complete" else 0.0)
    assert json.loads(told)["done"] is True
    await visit.leave()


async def test_a_world_that_failed_at_a_call_is_to_blame_and_not_the_agent(begun):
    await begun.call("fail", {})
    assert (await begun.call(VERIFY, {})).reward_type == "server_error"


async def test_done_ends_without_a_verdict(begun):
    await solve(begun)
    answered = await begun.call(DONE, {"keep_session": True})
    assert (answered.reward_type, answered.reward, answered.done) == ("episode_done", 0.0, True)
    assert "no file is written" in answered.warning
    again = await begun.call(DONE, {})
    assert (again.reward_type, again.reward, again.done) == ("episode_already_done", None, True)


async def test_code_sql_and_done_in_a_row_are_all_answered(begun):
    kinds = [
        (await begun.call(name, arguments)).reward_type
        for name, arguments in (
            (VERIFY, {"verifier_mode": "code"}),
            (VERIFY, {"verifier_mode": "sql"}),
            (DONE, {}),
        )
    ]
    assert kinds == ["others", "no_verifier", "episode_done"]


# --- a judge


@pytest.fixture
def judged(runtime, pool):
    """Visits where a judge says these things of the first task."""

    def make(llm):
        row = {"scenario": "Diary", "task_idx": 0, "task": TASKS[0]}
        row["verification"] = {"code": "def verify_task(initial, final): return {'rows': [None]}"}
        world = diary()
        world = World.from_records({**world.records, WorldFile.VERIFIER_SQL: [row]})
        where = Lodging(folder([world]), runtime, pool, judge=Judge(llm, attempts=1))
        return Visit(Reception(where, OpenEnvTerms()))

    return make


def says(classification):
    return json.dumps({"reason": "So.", "evidence": [], "classification": classification})


@pytest.mark.parametrize(
    ("said", "kind", "reward"),
    [
        ("complete", "complete", 1.0),
        ("partial", "incomplete", 0.1),
        ("agent_error", "agent_error", 0.0),
        ("environment_error", "server_error", 0.0),
        ("no idea", "judge_error", 0.0),
    ],
)
async def test_a_judge_decides_over_what_a_program_gathers(judged, said, kind, reward):
    visit = judged(ScriptedLLM([says(said)]))
    begun = await visit.reset({"scenario": "diary", "task_idx": 0})
    assert begun.has_verifier == {"sql": True, "code": True}
    answered = await visit.call(VERIFY, {"verifier_mode": "sql"})
    assert (answered.reward_type, answered.reward, answered.done) == (kind, reward, True)
    if kind != "judge_error":
        assert answered.verify_result["rows"] == [None]
        assert answered.verify_result["llm_judge"]["classification"] == kind
    await visit.leave()


async def test_the_judge_reads_what_the_client_said_the_task_was(judged):
    llm = ScriptedLLM([says("complete")])
    visit = judged(llm)
    await visit.reset({"scenario": "diary", "task_idx": 0, "task": "Buy milk, please."})
    await visit.call("add_note", {"title": "milk"})
    await visit.call(VERIFY, {"verifier_mode": "sql", "final_answer": "It is bought."})
    shown = llm.questions[0].messages[1].content
    for words in ("Buy milk, please.", "add_note", "It is bought."):
        assert words in shown
    await visit.leave()


async def test_only_the_first_verdict_is_paid_whoever_gives_it(judged):
    visit = judged(ScriptedLLM([says("partial")]))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    await solve(visit)
    paid = [(await visit.call(VERIFY, {"verifier_mode": mode})).reward for mode in ("sql", "code")]
    assert paid == [0.1, 0.0]
    await visit.leave()


async def test_a_verdict_is_asked_for_once(judged):
    llm = ScriptedLLM([says("partial"), says("complete")])
    visit = judged(llm)
    await visit.reset({"scenario": "diary", "task_idx": 0})
    kinds = [(await visit.call(VERIFY, {"verifier_mode": "sql"})).reward_type for _ in range(3)]
    assert kinds == ["incomplete"] * 3
    assert len(llm.questions) == 1
    await visit.leave()


async def test_a_judge_that_gave_no_verdict_is_asked_again(judged):
    visit = judged(ScriptedLLM([says("no idea"), says("partial")]))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    told = [await visit.call(VERIFY, {"verifier_mode": "sql"}) for _ in range(2)]
    assert [(each.reward_type, each.reward) for each in told] == [
        ("judge_error", 0.0),
        ("incomplete", 0.1),
    ]
    await visit.leave()


class Unreachable:
    """A judge's model that is not there."""

    def __init__(self, error):
        self._error = error

    async def ask(self, question):
        raise self._error


@pytest.mark.parametrize("error", [LLMUnavailableError, BudgetError, LLMSetupError])
async def test_where_a_judge_gives_no_verdict_a_program_is_still_paid(judged, error, caplog):
    visit = judged(Unreachable(error("http://10.1.2.3 says sk-secret")))
    await visit.reset({"scenario": "diary", "task_idx": 0})
    await solve(visit)
    answered = await visit.call(VERIFY, {"verifier_mode": "sql"})
    assert (answered.reward_type, answered.reward, answered.done) == ("judge_error", 0.0, True)
    assert "10.1.2.3" not in repr(answered)
    assert "10.1.2.3" in caplog.text
    assert (await visit.call(VERIFY, {"verifier_mode": "code"})).reward == 1.0
    await visit.leave()


# --- what else there is


async def test_the_scenarios_are_listed_at_any_time(visit):
    answered = await visit.call(LIST_SCENARIOS, {})
    assert (answered.total, answered.reward, answered.done) == (2, 0.0, False)
    assert answered.scenarios[0] == {
        "name": "diary",
        "description": "made by a test",
        "num_tasks": 3,
        "tasks": list(TASKS),
    }


async def test_where_the_machinery_fails_the_episode_is_over_and_unscored(begun, monkeypatch):
    async def lost(*_):
        raise InfrastructureError("a worker died and could not be replaced.")

    monkeypatch.setattr(begun._instance, "call_tool", lost)
    answered = await begun.call("list_notes", {})
    assert (answered.reward_type, answered.done) == ("server_error", True)
    assert "worker died" in answered.metadata["unscored"]
    assert (await begun.call("list_notes", {})).reward_type == "episode_already_done"


async def test_whoever_has_left_is_in_no_world_and_does_not_come_back(begun, reception):
    assert begun in reception.guests
    await begun.leave()
    await begun.leave()
    assert (begun.world, reception.guests) == (None, set())
    assert (await begun.call("list_notes", {})).done
    assert (await begun.reset({"scenario": "diary"})).reward_type == "reset_error"


async def test_an_instance_that_is_not_closed_properly_is_logged_and_keeps_nobody(
    begun, monkeypatch, caplog
):
    async def refuse() -> None:
        raise InfrastructureError("its worker does not end.")

    monkeypatch.setattr(begun._instance, "close", refuse)
    await begun.leave()
    assert begun.world is None
    assert "its worker does not end" in caplog.text


async def test_another_world_is_entered_although_the_last_instance_is_not_closed_properly(
    begun, monkeypatch
):
    async def refuse() -> None:
        raise InfrastructureError("its worker does not end.")

    monkeypatch.setattr(begun._instance, "close", refuse)
    answered = await begun.reset({"scenario": "other_diary"})
    assert (answered.reward_type, begun.world) == ("reset_ok", "other_diary")


async def test_leaving_waits_for_the_call_that_is_under_way(begun):
    calling = asyncio.create_task(begun.call("answer_later", {}))
    await asyncio.sleep(0.05)
    await begun.leave()
    assert (await calling).reward_type == "tool_call_ok"


async def test_the_log_tells_of_each_episode_what_it_is_called_and_how_it_was_verified(
    visit, caplog
):
    caplog.set_level("INFO", logger="awm.serve.openenv")
    await visit.reset({"scenario": "diary", "task_idx": 0, "episode_id": "mine"})
    await visit.call("verify", {"final_answer": ""})
    told = [(record.episode, record.task, record.getMessage()) for record in caplog.records]
    assert told[0] == ("mine", 0, "an episode begins")
    assert told[1][2].startswith("the episode is verified: ")
