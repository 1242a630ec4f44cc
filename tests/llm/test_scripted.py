"""A scripted model says what it is told to and remembers what it was asked."""

import pytest

from awm.errors import LLMError, LLMUnavailableError
from awm.llm import Message, Question, Reply, ScriptedLLM

QUESTION = Question((Message("user", "one"),))


async def test_answers_come_in_order_until_there_are_none():
    llm = ScriptedLLM(["a", Reply("b", model="m"), LLMUnavailableError("gone")])
    assert (await llm.ask(QUESTION)).text == "a"
    assert (await llm.ask(QUESTION)).model == "m"
    with pytest.raises(LLMUnavailableError, match="gone"):
        await llm.ask(QUESTION)
    with pytest.raises(LLMError, match="no answer left"):
        await llm.ask(QUESTION)
    assert llm.questions == [QUESTION] * 4
    await llm.aclose()


async def test_answers_can_be_made_from_questions():
    llm = ScriptedLLM(lambda question: question.messages[-1].content.upper())
    assert (await llm.ask(QUESTION)).text == "ONE"
