"""An answer in a form is asked for until it fits, and what does not fit is explained."""

from enum import StrEnum

import pytest
from pydantic import BaseModel, ConfigDict

from awm.errors import LLMAnswerError, LLMError, LLMUnavailableError
from awm.llm import Message, Question, Reply, ScriptedLLM, ask_typed


class Colour(StrEnum):
    RED = "red"


class Form(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str
    sizes: tuple[int, ...] = ()
    colour: Colour = Colour.RED


QUESTION = Question((Message("system", "Rules."), Message("user", "What?")), seed=4)
FITS = '{"name": "x", "sizes": [1, 2], "colour": "red"}'


async def asked(*answers, attempts=3):
    llm = ScriptedLLM(answers)
    return await ask_typed(llm, QUESTION, Form, attempts), llm.questions


async def test_an_answer_that_fits_is_taken_as_json_even_by_a_strict_form():
    typed, (question,) = await asked(FITS)
    assert typed.value == Form(name="x", sizes=(1, 2))
    assert typed.repairs == ()
    assert [reply.text for reply in typed.replies] == [FITS]
    assert question.messages == QUESTION.messages
    assert question.schema == Form.model_json_schema()
    assert question.seed == 4


async def test_the_questions_own_schema_is_kept():
    llm = ScriptedLLM([FITS])
    await ask_typed(llm, Question((), schema={"type": "object"}), Form)
    assert llm.questions[0].schema == {"type": "object"}


async def test_what_was_mended_is_said():
    typed, _ = await asked("Sure: {'name': 'x',}")
    assert typed.value.name == "x"
    assert "single quotes replaced" in typed.repairs


async def test_an_answer_that_does_not_fit_is_sent_back_with_what_is_wrong():
    typed, (_, second, third) = await asked('{"sizes": [1, "two"]}', "I cannot", FITS)
    assert typed.value.name == "x"
    assert len(typed.replies) == 3
    assert second.messages[:2] == QUESTION.messages
    answer, correction = second.messages[2:]
    assert answer == Message("assistant", '{"sizes": [1, "two"]}')
    assert "name: field required" in correction.content
    assert "sizes.1: input should be a valid integer" in correction.content
    assert '"properties"' in correction.content
    assert third.messages[2].content == "I cannot"
    assert len(third.messages) == 4


async def test_of_many_faults_some_are_named():
    _, (_, second) = await asked(f'{{"name": "x", "sizes": {["y"] * 30!r}}}', FITS)
    assert "and 25 more" in second.messages[-1].content


async def test_after_the_last_attempt_the_last_answer_is_quoted():
    with pytest.raises(LLMAnswerError, match="asked 2 times") as caught:
        await asked("first", f"last {'x' * 500}", FITS, attempts=2)
    assert "'last xxx" in str(caught.value)
    assert "first" not in str(caught.value)
    assert len(str(caught.value)) < 700


async def test_one_that_fits_among_others_is_the_answer():
    typed, _ = await asked(f'As in {{"example": 1}}: {FITS}')
    assert typed.value.sizes == (1, 2)


async def test_one_that_is_repeated_is_one():
    typed, _ = await asked(f"{FITS}\nAgain: {FITS}")
    assert typed.value.sizes == (1, 2)


async def test_of_several_that_differ_none_is_the_answer():
    _, (_, second) = await asked(f'{FITS} or {{"name": "y"}}', FITS)
    assert "several answers that differ" in second.messages[-1].content


async def test_an_answer_that_broke_off_is_asked_for_again_and_counts_in_the_end():
    typed, (_, second) = await asked('{"name": "x", "sizes": [1, 2', FITS)
    assert typed.value.sizes == (1, 2)
    assert "broke off" in second.messages[-1].content
    typed, _ = await asked("no", '{"name": "x", "sizes": [1, 2', attempts=2)
    assert typed.value.sizes == (1,)
    assert typed.repairs == ("end that was cut off closed",)


async def test_an_answer_that_was_too_long_is_called_so():
    with pytest.raises(LLMAnswerError, match="broke off"):
        await asked(Reply("<think>well", finish_reason="length"), attempts=1)


async def test_half_a_character_is_no_text():
    _, (_, second) = await asked('{"name": "\\ud83d"}', FITS)
    assert "does not fit" in second.messages[-1].content


@pytest.mark.parametrize("kind", [LLMError, LLMUnavailableError])
async def test_a_model_that_gives_no_answer_at_all_is_not_asked_again(kind):
    with pytest.raises(kind, match="gone"):
        await asked(kind("gone"), FITS)
