"""What the server writes is sound: it can be executed, and its parts fit each other."""

import sys
from dataclasses import replace
from types import ModuleType

import pytest

from awm.llm import Message, OpenAICompatible, find_json
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.answers import (
    DatabaseAnswer,
    SampleAnswer,
    ScenariosAnswer,
    SpecAnswer,
    SuitabilityAnswer,
    TasksAnswer,
    code_in,
    json_as,
)
from awm.synthesis.planning import Planner
from awm.trajectory import Trajectory, Turn, WrittenCall, transcript_of
from awm.verify import Judge
from awm.verify.programs import attempt_in, gather_evidence, run_verifier
from awm.worlds import World, WorldFile
from awm.worlds.database import build_database
from tests.testing.conftest import BRIEF
from tests.testing.questions import MODEL, question

NEW = "Kayak Club"


@pytest.fixture(params=["Coworking Space", "Online Pharmacy", NEW])
def title(request):
    return request.param


async def answer(llm, form, prompt, **tags):
    return json_as(form)(await llm.ask(question(prompt, **tags)))


async def written(llm, title):
    """A world as it is written stage by stage, put together as stages do."""
    tasks = (await answer(llm, TasksAnswer, "task", scenario=title)).tasks
    tables = await answer(llm, DatabaseAnswer, "db", scenario=title)
    rows = await answer(llm, SampleAnswer, "sample", scenario=title)
    spec = await answer(llm, SpecAnswer, "spec", scenario=title)
    code = code_in(await llm.ask(question("env", scenario=title)))
    schema = {"db_schema": tables.model_dump(), "foreign_keys": True}
    records = {
        WorldFile.SCENARIO: [{"name": title, "description": ""}],
        WorldFile.TASKS: [{"scenario": title, "tasks": tasks}],
        WorldFile.DATABASE: [{"scenario": title, "clock": "2026-02-02T09:00:00Z", **schema}],
        WorldFile.SAMPLE: [{"scenario": title, "sample_data": rows.model_dump()}],
        WorldFile.SPEC: [{"scenario": title, "api_spec": spec.model_dump()}],
        WorldFile.ENVIRONMENT: [{"scenario": title, "full_code": code}],
        **{part: await verifiers(llm, title, tasks, prompt) for part, prompt in PROMPTS.items()},
    }
    return World.from_records(records)


PROMPTS = {WorldFile.VERIFIER_CODE: "verifier_code", WorldFile.VERIFIER_SQL: "verifier_sql"}


async def verifiers(llm, title, tasks, prompt):
    return [
        {
            "scenario": title,
            "task_idx": idx,
            "task": task,
            "verification": {
                "code": code_in(await llm.ask(question(prompt, scenario=title, task=(idx, task))))
            },
        }
        for idx, task in enumerate(tasks)
    ]


async def attempted(llm, instance, title, idx, task):
    """An agent's attempt in a live world, in the form that agents are asked for."""
    put = question("agent", scenario=title, task=(idx, task))
    turns = []
    while True:
        reply = await llm.ask(put)
        said = find_json(reply.text)[0].value
        if "answer" in said:
            return Trajectory("w", idx, task, tuple(turns), said["answer"])
        call = said["call"]
        result = await instance.call_tool(call["name"], call["arguments"])
        written_call = WrittenCall(call["name"], call["arguments"])
        turns.append(Turn("assistant", reply.text, (written_call,), (result,)))
        shown = f"<tool_result>\n{result.text}\n</tool_result>"
        put = put.followed_by(Message("assistant", reply.text), Message("user", shown))


async def test_schema_and_rows_build_without_a_problem(llm, title):
    world = await written(llm, title)
    built = build_database(world.recipe())
    assert built.problems == ()


async def test_code_serves_the_tools_of_the_specification(llm, title, runtime):
    world = await written(llm, title)
    operations = {
        endpoint["operation_id"]
        for group in world.spec["api_groups"]
        for endpoint in group["endpoints"]
    }
    async with await runtime.launch(world) as instance:
        assert {tool.name for tool in await instance.list_tools()} == operations


@pytest.mark.parametrize("idx", [0, 1, 2])
async def test_an_agent_does_a_task_and_verifier_and_judge_accept_it(llm, idx, runtime, pool):
    world = await written(llm, NEW)
    task = world.tasks[idx]
    async with await runtime.launch(world) as instance:
        trajectory = await attempted(llm, instance, NEW, idx, task)
        attempt = await attempt_in(instance, world, idx, trajectory.final_answer)
    verdict = await run_verifier(pool, world.verifier(idx, "code"), attempt)
    assert (verdict.outcome, verdict.error) == ("complete", None)
    evidence = await gather_evidence(pool, world.verifier(idx, "sql"), attempt)
    opinion = await Judge(llm, attempts=1).judge(
        world.name, idx, task, transcript_of(trajectory), trajectory.final_answer, evidence
    )
    assert opinion.outcome == "complete"
    assert opinion.cited


async def test_a_judge_does_not_accept_an_attempt_that_did_nothing(llm):
    task = (await answer(llm, TasksAnswer, "task", scenario=NEW)).tasks[1]
    opinion = await Judge(llm, attempts=1).judge(NEW, 1, task, [], "I did it.", {"rows": 0})
    assert opinion.outcome == "agent_error"


async def test_a_builtin_world_is_made_and_its_parts_fit(builtin, runtime, pool):
    llm = OpenAICompatible(builtin.url, None, MODEL, patience=BRIEF)
    title = next(Planner(0).plans(1)).title
    world = await written(llm, title)
    assert len(world.tasks) == 2
    assert build_database(world.recipe()).problems == ()
    async with await runtime.launch(world) as instance:
        trajectory = await attempted(llm, instance, title, 0, world.tasks[0])
        attempt = await attempt_in(instance, world, 0, trajectory.final_answer)
    assert (await run_verifier(pool, world.verifier(0, "code"), attempt)).outcome == "complete"
    await llm.aclose()


async def test_a_title_that_nobody_knows_is_always_served_by_the_same_world(llm):
    first = await llm.ask(question("env", scenario="Kayak Club"))
    assert (await llm.ask(question("env", scenario="kayak  club"))).text == first.text
    served = {(await llm.ask(question("db", scenario=f"Club {n}"))).text for n in range(8)}
    assert len(served) == 2  # the two bundled worlds


async def proposed(llm, **tags):
    return (await answer(llm, ScenariosAnswer, "scenario", **tags)).scenarios


async def test_scenarios_are_proposed_that_are_not_named_in_the_question(llm):
    everything = {each.name for each in await proposed(llm, count="50")}
    assert len(everything) == 12
    named = sorted(everything)[:7]
    fresh = await proposed(
        llm, examples="\n".join(named[:3]), taken="\n".join(f"- {name}" for name in named[3:]),
        count="4",
    )  # fmt: skip
    assert len(fresh) == 4
    assert {each.name for each in fresh} <= everything - set(named)


async def test_other_questions_get_other_proposals_and_the_same_one_the_same(llm):
    one = await proposed(llm, count="3", taken="a")
    assert await proposed(llm, count="3", taken="a") == one
    others = [await proposed(llm, count="3", taken=f"x{n}") for n in range(5)]
    assert any(other != one for other in others)


def closed(categories):
    """The schema of a classification with a closed list of categories."""
    schema = SuitabilityAnswer.model_json_schema()
    one = schema["$defs"]["Classified"]["properties"]["categories"]
    one["items"] = {"type": "string", "enum": categories}
    return schema


async def test_scenarios_are_classified_by_name_within_the_categories_that_are_allowed(llm):
    names = [each.name for each in await proposed(llm, count="2")]
    lines = [*names, "Mutter & Sons: a kennel that boards dogs"]
    put = question("classify", scenarios="\n".join(f"- {line}" for line in lines))
    schema = closed(["boards of dogs", "banking", "theatre"])
    reply = await llm.ask(replace(put, schema=schema))
    found = json_as(SuitabilityAnswer)(reply).scenarios
    assert [each.name for each in found] == [*names, "Mutter & Sons"]
    assert found[-1].categories == ["boards of dogs"]
    assert {each.suitability_level for each in found} == {"high"}


async def test_categories_may_be_told_in_the_question(llm):
    put = question("classify", scenarios="- Kennel: dogs", groups="- pets: dogs\n- law: courts")
    reply = json_as(SuitabilityAnswer)(await llm.ask(put))
    assert reply.scenarios[0].categories[0] in {"pets", "law"}


async def test_a_conversation_of_somebody_else_gets_a_greeting(llm):
    put = question("poem")
    assert "AWM" in (await llm.ask(put)).text


async def test_parts_of_blueprints_are_answered_from_the_builtin_domains(llm, monkeypatch):
    module = ModuleType("awm.testing.blueprint_answers")
    module.answer_of = lambda prompt, message, catalogue: (
        f"{prompt} {message} {len(catalogue.domains)}"
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    said = (await llm.ask(question("blueprint_records", scenario="Zoo"))).text
    assert said == f"blueprint_records <scenario>Zoo</scenario> {len(Catalogue().domains)}"
