"""What was answered is written down, never asked or paid for twice, and counted."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awm.errors import BudgetError, LLMRefusedError, LLMUnavailableError, UsageError
from awm.llm import (
    FREE,
    Budget,
    Gate,
    Journal,
    Message,
    OpenAICompatible,
    Price,
    Question,
    Reply,
    ScriptedLLM,
    Spent,
    Usage,
)
from awm.llm.embeddings import BATCH, Embedded
from tests.llm.chat_server import Answer, chat_server, completion

PRICE = Price(1.0, 10.0)
USAGE = Usage(1_000, 100)  # 0.002 USD


def question(text: str) -> Question:
    return Question((Message("user", text),), temperature=0.0)


def echo(asked: Question) -> Reply:
    return Reply(f"{asked.messages[-1].content}! \ud800", USAGE, "theirs", "length")


def seat(journal, llm, name="m", stage="task", world="shop", price=PRICE):
    return journal.model(llm, name=name, stage=stage, world=world, price=price)


class Slow(ScriptedLLM):
    """Answers when it is let."""

    def __init__(self, script):
        super().__init__(script)
        self.let = asyncio.Event()
        self.asked = asyncio.Event()

    async def ask(self, asked):
        self.asked.set()
        await self.let.wait()
        return await super().ask(asked)


async def test_what_was_answered_is_found_again_by_another_process(tmp_path):
    path = tmp_path / "answers.sqlite"
    llm = ScriptedLLM(echo)
    with Journal(path) as journal:
        first = await seat(journal, llm).ask(question("a"))
        assert await seat(journal, llm).ask(question("a")) == first
    with Journal(path) as journal:
        assert await seat(journal, ScriptedLLM([])).ask(question("a")) == first
    assert first == echo(question("a"))
    assert len(llm.questions) == 1


async def test_another_model_or_another_question_is_another_answer(tmp_path):
    with Journal(tmp_path / "j") as journal:
        llm = ScriptedLLM(["one", "two", "three"])
        asked = [("m", question("a")), ("n", question("a")), ("m", question("b"))]
        texts = [(await seat(journal, llm, name).ask(what)).text for name, what in asked]
    assert texts == ["one", "two", "three"]


async def test_stage_and_world_are_no_part_of_what_is_asked(tmp_path):
    with Journal(tmp_path / "j") as journal:
        await seat(journal, ScriptedLLM(echo), stage="task", world="shop").ask(question("a"))
        await seat(journal, ScriptedLLM([]), stage="db", world="bank").ask(question("a"))
        parts = journal.spent().parts
    assert parts[("task", "shop")].asked == 1
    assert parts[("db", "bank")] == Spent(cached=1)


async def test_a_model_for_no_world_books_on_the_one_that_a_question_is_for(tmp_path):
    path, about_bank = tmp_path / "j", replace(question("a"), world="bank")
    with Journal(path) as journal:
        for world in ("", "shop"):
            await seat(journal, ScriptedLLM(echo), world=world).ask(about_bank)
            await seat(journal, ScriptedLLM(echo), world=world).ask(question(f"b{world}"))
    with Journal(path) as journal:
        assert {world for _, world in journal.spent().parts} == {"bank", "", "shop"}
        # It is the same question for any world.
        await seat(journal, ScriptedLLM([])).ask(question("a"))
        assert journal.spent().total.cached == 1


async def test_the_ledger_says_what_each_stage_of_each_world_took(tmp_path):
    path = tmp_path / "j"
    with Journal(path) as journal:
        shop = seat(journal, ScriptedLLM(echo))
        for text in ("a", "b", "a"):
            await shop.ask(question(text))
        await seat(journal, ScriptedLLM(echo), world="bank", price=None).ask(question("c"))
        told = journal.spent()
    part = told.parts[("task", "shop")]
    assert (part.asked, part.cached, part.prompt_tokens, part.completion_tokens) == (
        2,
        1,
        2000,
        200,
    )
    assert part.usd == pytest.approx(0.004)
    assert part.seconds > 0
    assert told.parts[("task", "bank")].unpriced == 1
    assert told.total.asked == 3
    with Journal(path) as journal:
        again = journal.spent()
    assert again.total.cached == 0
    assert again.total.usd == pytest.approx(told.total.usd)
    assert again.total.tokens == told.total.tokens == 3300


async def test_a_server_that_counts_nonsense_is_kept_and_counted_as_one_that_does_not(tmp_path):
    path, nonsense = tmp_path / "j", completion("Hello.")
    nonsense.body["usage"] = {"prompt_tokens": 2**63, "completion_tokens": 2**31 - 1}
    async with chat_server([nonsense]) as server:
        client = OpenAICompatible(server.url, None, "m")
        with Journal(path) as journal:
            for number in range(3):
                await seat(journal, client).ask(question(str(number)))
        await client.aclose()
    with Journal(path) as journal:
        total = journal.spent().total
    assert (total.prompt_tokens, total.completion_tokens) == (0, 3 * (2**31 - 1))


async def test_a_failure_is_not_written_down(tmp_path):
    with Journal(tmp_path / "j") as journal:
        llm = seat(journal, ScriptedLLM([LLMUnavailableError("gone"), LLMRefusedError("no"), "a"]))
        for kind in (LLMUnavailableError, LLMRefusedError):
            with pytest.raises(kind):
                await llm.ask(question("a"))
        assert journal.spent().total == Spent()
        assert (await llm.ask(question("a"))).text == "a"


async def test_the_same_question_asked_twice_at_once_is_asked_once(tmp_path):
    with Journal(tmp_path / "j") as journal:
        slow = Slow(echo)
        asking = [asyncio.create_task(seat(journal, slow).ask(question("a"))) for _ in range(5)]
        await slow.asked.wait()
        slow.let.set()
        replies = await asyncio.gather(*asking)
        assert len(slow.questions) == 1
        assert set(replies) == {echo(question("a"))}
        assert journal.spent().total.cached == 4


async def test_what_fails_fails_for_all_who_wait_for_it(tmp_path):
    with Journal(tmp_path / "j") as journal:
        slow = Slow([LLMUnavailableError("gone"), "never"])
        asking = [asyncio.create_task(seat(journal, slow).ask(question("a"))) for _ in range(3)]
        await slow.asked.wait()
        slow.let.set()
        results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [LLMUnavailableError] * 3
    assert len(slow.questions) == 1


async def test_when_who_asks_is_cancelled_the_next_in_line_asks(tmp_path):
    with Journal(tmp_path / "j") as journal:
        slow = Slow(echo)
        first, second = (asyncio.create_task(seat(journal, slow).ask(question("a"))) for _ in "ab")
        await slow.asked.wait()
        await asyncio.sleep(0)
        first.cancel()
        slow.let.set()
        assert await second == echo(question("a"))
        assert first.cancelled()
        assert journal.spent().total.asked == 1


async def test_who_gives_up_waiting_does_not_take_the_answer_from_others(tmp_path):
    with Journal(tmp_path / "j") as journal:
        slow = Slow(echo)
        first, second = (asyncio.create_task(seat(journal, slow).ask(question("a"))) for _ in "ab")
        await slow.asked.wait()
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        slow.let.set()
        assert await first == echo(question("a"))


async def test_closing_a_model_behind_a_journal_leaves_the_model_open(tmp_path):
    class Closing(ScriptedLLM):
        async def aclose(self):
            raise AssertionError

    with Journal(tmp_path / "j") as journal:
        await seat(journal, Closing([])).aclose()


async def test_once_the_budget_is_spent_only_what_is_in_the_journal_is_answered(tmp_path):
    path = tmp_path / "j"
    with Journal(path, Budget(usd=0.004)) as journal:
        llm = seat(journal, ScriptedLLM(echo))
        await llm.ask(question("a"))
        await llm.ask(question("b"))
        with pytest.raises(BudgetError, match=r"0\.0040 USD, 2,200 tokens") as caught:
            await llm.ask(question("c"))
        assert "AWM_LLM_BUDGET_USD" in caught.value.hint
        assert (await llm.ask(question("a"))).text.startswith("a!")
    with Journal(path, Budget(usd=0.005)) as journal:
        llm = seat(journal, ScriptedLLM(echo))
        await llm.ask(question("c"))
        with pytest.raises(BudgetError):
            await llm.ask(question("d"))


async def test_a_budget_may_be_of_tokens(tmp_path):
    with Journal(tmp_path / "j", Budget(tokens=1_101)) as journal:
        llm = seat(journal, ScriptedLLM(echo), price=None)
        await llm.ask(question("a"))
        await llm.ask(question("b"))
        with pytest.raises(BudgetError):
            await llm.ask(question("c"))


async def test_what_was_being_asked_when_the_budget_ran_out_is_written_down(tmp_path):
    with Journal(tmp_path / "j", Budget(usd=0.001)) as journal:
        slow = Slow(echo)
        asking = asyncio.create_task(seat(journal, slow).ask(question("a")))
        await slow.asked.wait()
        await seat(journal, ScriptedLLM(echo)).ask(question("b"))
        with pytest.raises(BudgetError):
            await seat(journal, ScriptedLLM(echo)).ask(question("c"))
        slow.let.set()
        await asking
        assert journal.spent().total.asked == 2
        assert await seat(journal, ScriptedLLM([])).ask(question("a")) == echo(question("a"))


async def test_questions_that_queue_at_a_gate_are_not_asked_once_the_budget_is_spent(tmp_path):
    usage = {"prompt_tokens": 1_000, "completion_tokens": 100}
    answer = Answer({"choices": [{"message": {"content": "Hi."}}], "usage": usage})
    async with chat_server([answer]) as server:
        with Journal(tmp_path / "j", Budget(usd=0.0039)) as journal:
            gate = Gate(1, journal.permit)
            llm = seat(journal, client := OpenAICompatible(server.url, None, "m", gate=gate))
            asking = [llm.ask(question(str(number))) for number in range(6)]
            results = await asyncio.gather(*asking, return_exceptions=True)
            await client.aclose()
    assert sum(isinstance(result, BudgetError) for result in results) == 4
    assert len(server.requests) == 2


def test_a_budget_in_usd_wants_a_price(tmp_path):
    with Journal(tmp_path / "j", Budget(usd=1.0)) as journal:
        with pytest.raises(UsageError, match="nobody knows what m costs") as caught:
            seat(journal, ScriptedLLM([]), price=None)
        assert "AWM_LLM_INPUT_PRICE and AWM_LLM_OUTPUT_PRICE" in caught.value.hint


@pytest.mark.parametrize(
    ("budget", "price", "is_kept"),
    [
        (Budget(), PRICE, True),
        (Budget(usd=1.0), FREE, True),
        (Budget(usd=1.0), PRICE, False),
        (Budget(tokens=9), FREE, False),
    ],
)
async def test_a_budget_is_not_kept_by_guessing(tmp_path, budget, price, is_kept):
    with Journal(tmp_path / "j", budget) as journal:
        llm = seat(journal, ScriptedLLM(["no usage told", "more"]), price=price)
        await llm.ask(question("a"))
        if is_kept:
            await llm.ask(question("b"))
        else:
            with pytest.raises(BudgetError, match="does not say how many tokens"):
                await llm.ask(question("b"))


WRITER = """
import asyncio, sys
from pathlib import Path
from awm.llm import Journal, Message, Question, Reply, ScriptedLLM, Usage

async def main():
    journal = Journal(Path(sys.argv[1]))
    llm = journal.model(
        ScriptedLLM(lambda asked: Reply(asked.messages[0].content * 500, Usage(1, 1))),
        name="m", stage="task", world="", price=None,
    )
    for number in range(10**6):
        await llm.ask(Question((Message("user", str(number)),)))
        await asyncio.sleep(0)
        print(number, flush=True)

asyncio.run(main())
"""


def writing(path: Path) -> "subprocess.Popen[str]":
    """A process that writes answers into a journal and says so after each."""
    command = [sys.executable, "-c", WRITER, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
async def test_whoever_is_killed_leaves_every_answer_that_was_given(tmp_path, kill):
    path = tmp_path / "j"
    written = 0
    for _ in range(2):
        with writing(path) as process:
            for _ in range(random.Random(written).randrange(written + 20, written + 300)):
                told = process.stdout.readline()
            process.send_signal(kill)
            rest = process.stdout.read().splitlines()
            written = int(next((line for line in reversed(rest) if line), told))
        with Journal(path) as journal:
            llm = journal.model(ScriptedLLM([]), name="m", stage="x", world="", price=None)
            for number in range(written + 1):
                reply = await llm.ask(Question((Message("user", str(number)),)))
                assert reply.text == str(number) * 500
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_second_process_is_told_that_the_file_is_in_use(tmp_path):
    path = tmp_path / "j"
    with writing(path) as process:
        process.stdout.readline()
        with pytest.raises(UsageError, match="in use by another process"):
            Journal(path)
        process.kill()
    Journal(path).close()
    with Journal(path), pytest.raises(UsageError, match="in use"):
        Journal(path)


@pytest.mark.parametrize(
    "content", [b"no database", os.urandom(5000), b"SQLite format 3\0" + os.urandom(5000)], ids=len
)
def test_what_is_no_journal_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "j"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=str(path)):
        Journal(path)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path):
    path = tmp_path / "j"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE answers (mine)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="no journal of answers"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UsageError, match="cannot be used"):
        Journal(tmp_path / "no" / "folder")
    with pytest.raises(UsageError, match="cannot be used"):
        Journal(tmp_path)


async def ask_all_again(path: Path, count: int) -> None:
    with Journal(path) as journal:
        for number in range(count):
            await seat(journal, ScriptedLLM([])).ask(question(str(number)))


async def test_a_file_that_lost_its_end_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "j"
    with Journal(path) as journal:
        llm = seat(journal, ScriptedLLM(lambda asked: "x" * 5000))
        for number in range(50):
            await llm.ask(question(str(number)))
    path.write_bytes(path.read_bytes()[: 20 * 4096])
    with pytest.raises(UsageError, match="damaged"):
        await ask_all_again(path, 50)


async def test_an_answer_that_cannot_be_read_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "j"
    with Journal(path) as journal:
        await seat(journal, ScriptedLLM(echo)).ask(question("a"))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE answers SET reply = '{'")
    connection.commit()
    connection.close()
    with Journal(path) as journal, pytest.raises(UsageError, match="damaged"):
        await seat(journal, ScriptedLLM([])).ask(question("a"))


async def test_an_answer_that_cannot_be_written_is_seen_by_nobody(tmp_path):
    journal = Journal(tmp_path / "j")
    slow = Slow(echo)
    asking = asyncio.create_task(seat(journal, slow).ask(question("a")))
    await slow.asked.wait()
    journal.close()
    slow.let.set()
    with pytest.raises(UsageError, match="cannot be used"):
        await asking


class Lengths:
    """Embeds a text by its length and its number of `e`s."""

    name = "lengths"

    def __init__(self, dimensions=2):
        self.batches = []
        self.dimensions = dimensions

    async def embed(self, texts):
        self.batches.append(list(texts))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            vector[:2] = len(text) + 1, text.count("e")
        return Embedded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), Usage(1_000_000))


def vectors_of(journal, embedder, price=PRICE):
    return journal.embedder(embedder, stage="scenario", world="", price=price)


async def test_vectors_are_asked_for_once_and_come_in_order(tmp_path):
    path = tmp_path / "j"
    texts = ["e" * (number % 3) + "x" * number for number in range(BATCH + 10)]
    lengths = Lengths()
    with Journal(path) as journal:
        first = await vectors_of(journal, lengths).embed_all([*texts, *texts[::-1]])
        assert sorted(map(len, lengths.batches)) == [10, BATCH]
        told = journal.spent().parts[("scenario", "")]
    with Journal(path) as journal:
        again = await vectors_of(journal, Lengths()).embed_all(texts[::-1])
        new = Lengths()
        await vectors_of(journal, new).embed_all(["new", texts[3]])
    assert first.shape == (2 * len(texts), 2)
    assert first.dtype == np.float32
    assert (first[: len(texts)] == first[len(texts) :][::-1]).all()
    assert (again == first[len(texts) :]).all()
    assert new.batches == [["new"]]
    assert (told.asked, told.usd) == (2, 2.0)


async def test_no_texts_have_no_vectors(tmp_path):
    with Journal(tmp_path / "j") as journal:
        assert (await vectors_of(journal, Lengths()).embed_all([])).shape == (0, 0)


async def test_vectors_cost_what_the_budget_allows(tmp_path):
    with Journal(tmp_path / "j", Budget(usd=1.0)) as journal:
        embedder = vectors_of(journal, Lengths())
        await embedder.embed_all(["a"])
        with pytest.raises(BudgetError):
            await embedder.embed_all(["b"])
        assert (await embedder.embed_all(["a"])).shape == (1, 2)


async def test_vectors_that_cannot_be_compared_are_named(tmp_path):
    with Journal(tmp_path / "j") as journal:
        await vectors_of(journal, Lengths()).embed_all(["a"])
        with pytest.raises(UsageError, match="different lengths"):
            await vectors_of(journal, Lengths(dimensions=3)).embed_all(["a", "b"])
