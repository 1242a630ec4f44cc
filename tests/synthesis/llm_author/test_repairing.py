"""The one repair loop."""

from dataclasses import replace
from typing import Any

import pytest

from awm.errors import LLMAnswerError, Problem
from awm.llm import Message, Question, Reply, ScriptedLLM
from awm.synthesis.llm_author.repairing import Checked, Written, write

QUESTION = Question((Message("user", "Write a number above 5."),))


def number(reply: Reply) -> int:
    try:
        return int(reply.text)
    except ValueError as error:
        raise LLMAnswerError(f"{reply.text!r} is no number.") from error


async def above_5(found: int) -> Checked[int]:
    if found > 5:
        return Checked(found)
    return Checked(found, (Problem("", "number", f"{found} is not above 5"),) * (6 - found))


async def written(*answers: str | Reply, attempts: int = 3) -> tuple[Written[int], ScriptedLLM]:
    llm = ScriptedLLM(answers)
    return await write(llm, QUESTION, number, above_5, attempts), llm


def told(llm: ScriptedLLM, place: int) -> list[tuple[str, str]]:
    return [(each.role, each.content) for each in llm.questions[place].messages]


async def test_what_is_right_at_once_is_taken_at_once():
    found, llm = await written("7")
    assert found == Written(7, (), 1, ())
    assert llm.questions == [QUESTION]


async def test_the_next_attempt_sees_the_question_the_last_answer_and_what_is_wrong_with_it():
    found, llm = await written("4", "7")
    assert found == Written(7, (), 2, ("number: 4 is not above 5",))
    first, answer, wrong = told(llm, 1)
    assert first == ("user", "Write a number above 5.")
    assert answer == ("assistant", "4")
    assert wrong[0] == "user"
    assert "- number: 4 is not above 5" in wrong[1]


async def test_failures_before_the_last_are_not_shown():
    _, llm = await written("3", "4", "7")
    assert [content for _, content in told(llm, 2)][:2] == ["Write a number above 5.", "4"]
    assert len(llm.questions[2].messages) == 3


async def test_a_model_that_repeats_itself_is_not_asked_the_same_again():
    llm = ScriptedLLM(["3", "3", "3"])
    await write(llm, replace(QUESTION, seed=7), number, above_5, 3)
    assert [asked.seed for asked in llm.questions] == [7, 8, 9]
    assert len({asked.key for asked in llm.questions}) == 3


async def test_where_the_same_is_wrong_again_the_model_does_not_see_its_answer_any_more():
    _, llm = await written("3", "3", "7")
    assert len(told(llm, 1)) == 3
    ((role, asked),) = told(llm, 2)
    assert role == "user"
    assert asked.startswith("Write a number above 5.")
    assert "- number: 3 is not above 5" in asked


async def test_the_best_is_kept_with_its_problems_where_none_is_right():
    found, llm = await written("2", "5", "4")
    assert found.value == 5
    assert [str(each) for each in found.problems] == ["number: 5 is not above 5"]
    assert not found.is_sound
    assert found.attempts == 3
    assert len(llm.questions) == 3


async def test_of_equally_good_ones_the_last_is_kept():
    async def never(found: int) -> Checked[int]:
        return Checked(found, (Problem("", "", "no"),))

    found = await write(ScriptedLLM(["1", "2"]), QUESTION, number, never, 2)
    assert found.value == 2


async def test_an_answer_without_its_form_is_told_and_asked_again():
    found, llm = await written("seven", "7")
    assert found.value == 7
    assert "'seven' is no number." in told(llm, 1)[-1][1]


async def test_nothing_usable_is_an_error_and_no_empty_success():
    with pytest.raises(LLMAnswerError, match=r"asked 2 times.*'b' is no number"):
        await written("a", "b", attempts=2)


async def test_an_answer_that_broke_off_is_told_to_be_briefer():
    _, llm = await written(Reply("sev", finish_reason="length"), "7")
    assert "broke off" in told(llm, 1)[-1][1]


async def test_warnings_are_no_reason_to_ask_again():
    async def warned(found: int) -> Checked[int]:
        return Checked(found, (Problem("", "", "odd", severity="warning"),))

    found = await write(ScriptedLLM(["1"]), QUESTION, number, warned, 3)
    assert found.is_sound
    assert found.problems


async def test_only_so_many_problems_are_told_and_the_others_are_counted():
    async def many(found: Any) -> Checked[int]:
        return Checked(None, tuple(Problem("", "", f"fault {place}") for place in range(40)))

    llm = ScriptedLLM(["1", "2"])
    with pytest.raises(LLMAnswerError):
        await write(llm, QUESTION, number, many, 2)
    said = llm.questions[1].messages[-1].content
    assert said.count("fault ") == 12
    assert "- and 28 more" in said
