"""Answers are recorded once and repeated without asking; the file is sound whenever it is read."""

import asyncio
import json

import pytest

from awm.errors import LLMError, LLMUnavailableError, UsageError
from awm.llm import Message, Question, ReplayLLM, Reply, ScriptedLLM, Usage


def question(text: str) -> Question:
    return Question((Message("user", text),), temperature=0.0)


def echo(asked: Question) -> Reply:
    return Reply(f"{asked.messages[-1].content}!\n\u2028", Usage(1, 2), "m", "length")


async def recorded(path, *texts):
    llm = ReplayLLM(path, ScriptedLLM(echo))
    return [await llm.ask(question(text)) for text in texts]


async def test_what_was_recorded_is_repeated_without_anybody_being_asked(tmp_path):
    path = tmp_path / "answers.jsonl"
    replies = await recorded(path, "a", "é\u2028", "c")
    llm = ReplayLLM(path)
    assert len(llm) == 3
    assert [await llm.ask(question(text)) for text in ("a", "é\u2028", "c")] == replies
    rows = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    assert rows[0]["question"] == question("a").to_json()
    assert rows[0]["key"] == question("a").key


async def test_only_what_is_new_is_asked(tmp_path):
    path = tmp_path / "answers.jsonl"
    await recorded(path, "a")
    other = ScriptedLLM(["new"])
    llm = ReplayLLM(path, other)
    await llm.ask(question("a"))
    assert (await llm.ask(question("b"))).text == "new"
    assert other.questions == [question("b")]


async def test_what_is_not_recorded_is_named(tmp_path):
    path = tmp_path / "answers.jsonl"
    await recorded(path, "a")
    with pytest.raises(LLMError, match="no answer to the question that ends 'what now'"):
        await ReplayLLM(path).ask(question("what now"))


async def test_a_failure_is_not_recorded(tmp_path):
    path = tmp_path / "answers.jsonl"
    llm = ReplayLLM(path, ScriptedLLM([LLMUnavailableError("gone"), "a"]))
    with pytest.raises(LLMUnavailableError):
        await llm.ask(question("a"))
    assert not path.exists()
    assert (await llm.ask(question("a"))).text == "a"


async def test_one_question_has_one_answer_even_when_asked_at_once(tmp_path):
    path = tmp_path / "answers.jsonl"
    both_are_asking = asyncio.Barrier(2)

    class Moody(ScriptedLLM):
        async def ask(self, asked):
            reply = await super().ask(asked)
            await both_are_asking.wait()
            return reply

    llm = ReplayLLM(path, Moody(["yes", "no"]))
    first, second = await asyncio.gather(llm.ask(question("a")), llm.ask(question("a")))
    assert first == second
    assert len(path.read_text().splitlines()) == 1


async def test_a_row_that_was_not_finished_is_as_if_it_had_never_been(tmp_path):
    path = tmp_path / "answers.jsonl"
    await recorded(path, "a", "b")
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in (first + 1, (first + len(whole)) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert len(ReplayLLM(path)) == 1
        await recorded(path, "b")
        assert path.read_bytes() == whole


@pytest.mark.parametrize("line", ["no JSON", "[]", '{"key": "k"}', '{"key": "k", "reply": {}}'])
def test_a_line_that_is_no_answer_is_named(tmp_path, line):
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(UsageError, match="line 1"):
        ReplayLLM(path)


def test_without_a_recorder_the_file_has_to_be_there(tmp_path):
    with pytest.raises(UsageError, match="is not there"):
        ReplayLLM(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        ReplayLLM(tmp_path)


async def test_a_place_that_cannot_be_written_is_named(tmp_path):
    llm = ReplayLLM(tmp_path / "no" / "folder.jsonl", ScriptedLLM(["a"]))
    with pytest.raises(LLMError, match="cannot be written"):
        await llm.ask(question("a"))


async def test_closing_closes_the_recorder(tmp_path):
    closed = []

    class Closing(ScriptedLLM):
        async def aclose(self):
            closed.append(True)

    await ReplayLLM(tmp_path / "a.jsonl", Closing([])).aclose()
    assert closed == [True]
