"""Stage `task`: exactly as many sentences as are wanted, each of which is a task by itself."""

import pytest

from awm.errors import LLMAnswerError
from awm.synthesis.llm_author.writing.tasks import TaskStage, faults_of_task
from awm.worlds import WorldFile
from tests.synthesis.llm_author.writing.drafting import TASKS, as_json, correction, library, written

GOOD = as_json({"tasks": list(TASKS)})


def _sentences(made) -> list[str]:
    return made.value[WorldFile.TASKS][0]["tasks"]


async def test_the_model_is_told_the_scenario_how_many_tasks_and_when_it_is(runtime):
    _, (question,) = await written(TaskStage(), runtime, library(), [GOOD])
    system, user = (message.content for message in question.messages)
    assert system.startswith("awm prompt task v")
    assert "<scenario>Tool Library</scenario>" in user
    assert "<description>Neighbours lend tools.</description>" in user
    assert "exactly 4 tasks" in user
    assert "Monday, 2026-02-02 09:00 UTC" in user
    assert question.schema is not None
    assert '"tasks"' in user


async def test_the_row_holds_the_scenario_and_its_sentences(runtime):
    made, _ = await written(TaskStage(), runtime, library(), [GOOD])
    row = {"scenario": "Tool Library", "tasks": list(TASKS)}
    assert made.value == {WorldFile.TASKS: (row,)}
    assert made.is_sound


async def test_more_tasks_than_are_wanted_are_cut(runtime):
    answer = as_json({"tasks": [*TASKS, "Delete tool 9."]})
    made, _ = await written(TaskStage(), runtime, library(), [answer])
    assert _sentences(made) == list(TASKS)


async def test_a_sentence_that_is_no_task_is_left_out_where_enough_others_are_there(runtime):
    answer = as_json({"tasks": ["Log in to the system.", *TASKS]})
    made, _ = await written(TaskStage(), runtime, library(), [answer])
    assert _sentences(made) == list(TASKS)
    assert made.is_sound
    assert made.attempts == 1


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Log in as Priya Nair and list 3 loans.", "logging in"),
        ("Change my password to 'hunter2'.", "logging in"),
        ("Click on the loan of 2 March and extend it.", "pages and buttons"),
        ("Open the loans page and tell me the first 3.", "pages and buttons"),
        ("Extend the loan of [tool name] to 20 March.", "placeholder"),
        ("Send XYZ to Priya Nair.", "placeholder"),
        ("Book the cheapest one from the previous search for 2 March.", "said elsewhere"),
        ("Extend a certain loan by 2 days.", "said elsewhere"),
        (f"List 3 loans. {'Really. ' * 300}", "characters"),
        (TASKS[1].upper(), "same as task 2"),
        ("Hand out the 'Kestrel refractor' for 3 days.", "from the example"),
    ],
)
async def test_a_sentence_that_is_no_task_is_quoted_with_the_reason(runtime, sentence, reason):
    broken = as_json({"tasks": [*TASKS[:3], sentence]})
    made, questions = await written(TaskStage(), runtime, library(), [broken, GOOD])
    told = correction(questions)
    assert "task 4" in told
    assert sentence[:20] in told
    assert reason in told
    assert _sentences(made) == list(TASKS)
    assert made.is_sound


async def test_too_few_tasks_are_asked_for_again(runtime):
    answers = [as_json({"tasks": list(TASKS[:2])}), GOOD]
    made, questions = await written(TaskStage(), runtime, library(), answers)
    assert "2 of the 2 tasks can be used, and 4 are wanted" in correction(questions)
    assert _sentences(made) == list(TASKS)


async def test_what_can_be_used_is_kept_where_it_is_never_enough(runtime):
    few = as_json({"tasks": ["Log in.", *TASKS[:2]]})
    made, _ = await written(TaskStage(), runtime, library(), [few, few])
    assert _sentences(made) == list(TASKS[:2])
    assert not made.is_sound


async def test_no_task_at_all_is_an_error(runtime):
    none = as_json({"tasks": ["Log in."]})
    with pytest.raises(LLMAnswerError, match="0 of the 1 tasks can be used"):
        await written(TaskStage(), runtime, library(), [none, none])


async def test_a_sentence_that_names_nothing_is_mentioned_but_taken(runtime):
    vague = "Show my loans."
    made, _ = await written(
        TaskStage(), runtime, library(), [as_json({"tasks": [*TASKS[:3], vague]})]
    )
    assert made.is_sound
    assert [problem.severity for problem in made.problems] == ["warning"]
    assert vague in made.problems[0].what


@pytest.mark.parametrize(
    "sentence",
    [
        "Open a ticket 'Password reset' for Priya Nair.",
        "Log 3 hours on the ticket of 2 March.",
        "Sign Priya Nair up for the course on 3 March.",
        "Open the account of Priya Nair.",
        "Raise the click-through target of campaign 4 to 5%.",
        "Note in the log that tool 3 was inspected.",
    ],
)
def test_what_only_sounds_like_a_page_or_a_log_in_is_a_task(sentence):
    assert faults_of_task(sentence) == ()


async def test_tasks_that_all_only_ask_are_asked_for_again(runtime):
    asking = as_json(
        {"tasks": [f"Which tools are out on {day} March 2026?" for day in range(1, 5)]}
    )
    made, questions = await written(TaskStage(), runtime, library(), [asking, GOOD])
    assert "4 of the 4 tasks only ask for something" in correction(questions)
    assert _sentences(made) == list(TASKS)
