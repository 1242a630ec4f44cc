"""What was said stands in the journal, and is told once, in the order in which it was said."""

import random
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.llm import FunctionCall, Journal, Message, Question, Reply, ScriptedLLM, Usage
from awm.llm.transcript import as_markdown, conversations, exchange_as_json, read
from awm.types import ToolSpec

USAGE = Usage(1_200, 30)
FIRST = Question((Message("system", "You write."), Message("user", "Write A.")), schema={"x": [1]})
AGAIN = FIRST.followed_by(Message("assistant", "a"), Message("user", "Write it larger."))
OTHER = Question((Message("system", "You write."), Message("user", "Write B.")), temperature=0.5)


async def journal_of(path, *asked):
    """A journal of questions, each with its stage, its world and what is answered."""
    with Journal(path) as journal:
        for question, stage, world, answer in asked:
            llm = ScriptedLLM([Reply(answer, USAGE, "theirs", "stop")])
            seat = journal.model(llm, name="m", stage=stage, world=world, price=None)
            await seat.ask(question)
    return path


async def test_questions_come_back_whole_and_in_order(tmp_path):
    path = await journal_of(
        tmp_path / "j",
        (OTHER, "task", "Shop", "b"),
        (FIRST, "db", "Shop", "a"),
        (AGAIN, "db", "Shop", "A"),
    )
    found = list(read(path))
    assert [each.question for each in found] == [OTHER, FIRST, AGAIN]
    assert [each.reply.text for each in found] == ["b", "a", "A"]
    assert [each.entry.account for each in found] == [("task", "Shop"), *[("db", "Shop")] * 2]
    assert exchange_as_json(found[0])["question"] == OTHER.to_json()


@given(texts=st.lists(st.text(st.characters()), min_size=1, max_size=4), answer=st.text())
async def test_any_text_comes_back_as_it_was(tmp_path_factory, texts, answer):
    question = Question(tuple(Message("user", text) for text in texts))
    path = await journal_of(tmp_path_factory.mktemp("j") / "j", (question, "s", "w", answer))
    (exchange,) = read(path)
    assert (exchange.question, exchange.reply.text) == (question, answer)


async def test_a_text_that_is_said_often_is_kept_once(tmp_path):
    long = Message("system", random.Random(0).randbytes(100_000).hex())
    many = [(Question((long, Message("user", str(n)))), "s", "w", "a") for n in range(40)]
    path = await journal_of(tmp_path / "j", *many)
    assert path.stat().st_size < 2 * len(long.content)
    assert {each.question.messages[0] for each in read(path)} == {long}


async def test_a_question_that_goes_on_with_an_answer_stands_below_it(tmp_path):
    path = await journal_of(
        tmp_path / "j",
        (FIRST, "db", "Shop", "a"),
        (FIRST.followed_by(Message("user", "!")), "db", "Shop", "c"),
        (AGAIN, "db", "Shop", "A"),
    )
    first, second = conversations(read(path))
    assert [len(turn.asked) for turn in first.turns] == [2, 1]
    assert [turn.exchange.reply.text for turn in first.turns] == ["a", "A"]
    assert [message.content for message in first.turns[1].asked] == ["Write it larger."]
    # It says something else than what was answered: that is another conversation.
    assert [len(turn.asked) for turn in second.turns] == [3]


async def test_calls_beside_the_text_are_told_and_gone_on_with(tmp_path):
    tool = ToolSpec("look", "Look.", {"type": "object"})
    call = FunctionCall("1", "look", '{"at": 3}')
    first = Question((Message("user", "Go."),), tools=(tool,))
    then = first.followed_by(
        Message("assistant", "", (call,)), Message("tool", "A door.", call_id="1")
    )
    with Journal(tmp_path / "j") as journal:
        llm = ScriptedLLM([Reply("", USAGE, calls=(call,), thoughts="Hm."), Reply("Done.", USAGE)])
        seat = journal.model(llm, name="m", stage="s", world="w", price=None)
        for question in (first, then):
            await seat.ask(question)
    found = list(read(tmp_path / "j"))
    assert [each.question for each in found] == [first, then]
    (conversation,) = conversations(found)
    lines = list(as_markdown([conversation]))
    assert '<think>\nHm.\n</think>\n\n\nlook({"at": 3})' in lines
    assert "A door." in lines


async def test_the_page_says_who_said_what_and_what_it_took(tmp_path):
    path = await journal_of(
        tmp_path / "j", (FIRST, "db", "Shop", "a"), (AGAIN, "db", "Shop", "```\nA\n```")
    )
    lines = list(as_markdown(conversations(read(path))))
    titles = [line for line in lines if line.startswith(("#", "**"))]
    seconds = [f"{each.entry.seconds:,.1f} s" for each in read(path)]
    facts = "**answer**, m, held to a schema: 1,200 + 30 tokens, "
    assert titles == [
        "## Shop: db",
        "### 1",
        "**system**",
        "**user**",
        facts + seconds[0],
        "**user**",
        facts + seconds[1],
    ]
    assert lines[-4:] == ["````", "```\nA\n```", "````", ""]


def test_a_journal_that_is_not_there_is_named_and_not_made(tmp_path):
    with pytest.raises(UsageError, match="is not there"):
        list(read(tmp_path / "j"))
    assert not (tmp_path / "j").exists()


async def test_a_question_that_cannot_be_read_is_said_to_be_damaged(tmp_path):
    path = await journal_of(tmp_path / "j", (FIRST, "db", "Shop", "a"))
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM texts")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match="damaged"):
        list(read(path))
