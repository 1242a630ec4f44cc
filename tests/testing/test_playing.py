import json

import pytest

from awm.testing.known import KnownWorld
from awm.testing.playing import judgement, material_in, next_turn, plan_weighed
from awm.types import ToolCall
from awm.verify.material import Material
from awm.worlds.bundled import bundled_worlds


@pytest.fixture(scope="module")
def known():
    return KnownWorld.of(bundled_worlds()["coworking_space"])


def changing(known):
    """A task that takes a change and asks for no answer."""
    return next(
        (known, idx)
        for idx, oracle in known.oracles.items()
        if oracle.solution.answer is None and not oracle.solution.refused
    )


def asking(known):
    """A task that takes an answer and no change."""
    return next(
        (known, idx)
        for idx, oracle in known.oracles.items()
        if oracle.solution.answer is not None
        and all(call.name in known.reads for call in oracle.solution.calls)
    )


def turns_of(place):
    said = []
    while "answer" not in (said and json.loads(said[-1])):
        said.append(next_turn(place, told(said)))
    return said


def told(said, result="{}"):
    """Turns, each with a result that a tool gave."""
    return [(each, f"<tool_result>\n{result}\n</tool_result>") for each in said]


def test_an_agent_plays_the_oracle_call_by_call_and_then_says_its_answer(known):
    place = asking(known)
    solution = known.oracles[place[1]].solution
    *calls, last = [json.loads(turn) for turn in turns_of(place)]
    assert [ToolCall(each["call"]["name"], each["call"]["arguments"]) for each in calls] == list(
        solution.calls
    )
    assert last["answer"] == solution.answer


@pytest.mark.parametrize(
    "slip",
    [
        '{"thought":"","call":{"name":"quick_thing","arguments":{}}}',
        "I am not sure what to do.",
        '{"thought":"broken o',
        "",
    ],
)
def test_a_slip_costs_a_turn_and_no_step(known, slip):
    place = changing(known)
    said = turns_of(place)
    assert next_turn(place, told([slip, said[0], slip])) == said[1]


def test_a_call_that_was_written_in_prose_or_a_fence_was_made(known):
    place = changing(known)
    said = turns_of(place)
    assert next_turn(place, told([f"Now:\n```json\n{said[0]}\n```\nSo."])) == said[1]


def test_a_call_that_could_not_be_read_was_not_made_but_one_that_was_refused_was(known):
    place = changing(known)
    said = turns_of(place)
    assert next_turn(place, told(said[:1], "Error: it broke off before its end.")) == said[0]
    assert next_turn(place, told(said[:1], "Error calling it. Status code: 409.")) == said[1]


def judged(place, calls, answer, *, response="{}"):
    record = [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": None, "name": call.name, "arguments": call.arguments}],
            "tool_response": response,
        }
        for call in calls
    ]
    world, number = place
    shown = Material(world.tasks[number], {"n": 1}, record, answer).shown(60_000)
    return json.loads(judgement(material_in(shown), [place]))["classification"]


def test_the_material_is_read_back_as_it_was_shown():
    material = Material("Book a room.", {"rows": ["===== x =====\n"]}, [{"role": "user"}], None)
    assert material_in(material.shown(10_000)) == {
        "task": "Book a room.",
        "evidence from the database": {"rows": ["===== x =====\n"]},
        "record of what the agent did": [{"role": "user"}],
        "final answer": None,
    }


def test_a_judge_finds_the_oracle_complete(known):
    for place in (changing(known), asking(known)):
        solution = known.oracles[place[1]].solution
        assert judged(place, solution.calls, solution.answer) == "complete"


def test_a_judge_minds_no_more_looking(known):
    place = changing(known)
    calls = known.oracles[place[1]].solution.calls
    assert judged(place, [ToolCall("list_locations"), *calls], "") == "complete"


def test_a_judge_sees_that_nothing_was_done(known):
    for place in (changing(known), asking(known)):
        assert judged(place, [], "It is all done.") == "agent_error"


def test_a_judge_does_not_count_calls_that_were_refused(known):
    place = changing(known)
    calls = known.oracles[place[1]].solution.calls
    assert judged(place, calls, "", response="Error calling it.") == "agent_error"


def test_a_judge_sees_what_was_done_besides(known):
    place = changing(known)
    calls = known.oracles[place[1]].solution.calls
    assert judged(place, [*calls, ToolCall("cancel_everything")], "") == "partial"


def test_a_judge_sees_that_an_answer_is_wrong(known):
    place = asking(known)
    calls = known.oracles[place[1]].solution.calls
    assert judged(place, calls, "The Minho room, for 990 credits.") == "agent_error"


def test_a_judge_who_does_not_know_the_task_credits_nothing():
    assert json.loads(judgement({"task": "What?"}, []))["classification"] == "agent_error"


@pytest.mark.parametrize(
    ("responses", "grade", "turns"),
    [
        (["{}", "[]"], 3, []),
        (["Error: no.", "[]"], 2, [0]),
        (["Error: no."], 0, [0]),
        ([], None, []),
    ],
)
def test_a_judge_of_plans_goes_by_how_many_turns_went_wrong(responses, grade, turns):
    record = [
        {"turn": number, "tool_calls": [{"name": "find"}], "tool_response": response}
        for number, response in enumerate(responses)
    ]
    answered = {"turn": len(record), "tool_calls": [], "tool_response": "Error: unread."}
    shown = Material("Find it.", {}, [*record, answered], "Done.").shown(10_000)
    said = json.loads(plan_weighed(material_in(shown)))
    assert (said["plan_quality"]["grade"], said["plan_quality"]["turns"]) == (grade, turns)
