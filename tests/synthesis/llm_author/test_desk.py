"""The desk at which models sit."""

import pytest

from awm.errors import UsageError
from awm.llm import Budget, Journal, Message, Price, Question, Reply, ScriptedLLM, Usage
from awm.synthesis.llm_author.desk import JournalDesk, Seat

QUESTION = Question((Message("user", "Well?"),))


def answering(text):
    return ScriptedLLM(lambda _question: Reply(text, Usage(1_000_000, 0)))


async def test_each_stage_has_its_model_and_pays_for_itself(tmp_path):
    small, large = answering("small"), answering("large")
    with Journal(tmp_path / "j.sqlite") as journal:
        desk = JournalDesk(
            journal,
            {"task": Seat(small, "s", Price(1, 0)), "env": Seat(large, "l", Price(5, 0))},
        )
        assert (await desk.model("task", "Shop").ask(QUESTION)).text == "small"
        assert (await desk.model("env", "Shop").ask(QUESTION)).text == "large"
        assert {stage: spent.usd for stage, spent in desk.expenses().items()} == {
            "env": 5.0,
            "task": 1.0,
        }


async def test_what_was_answered_is_not_asked_again_by_whoever_comes_later(tmp_path):
    llm = answering("once")
    for _ in range(2):
        with Journal(tmp_path / "j.sqlite") as journal:
            desk = JournalDesk(journal, {"task": Seat(llm, "s", Price(1, 0))})
            assert (await desk.model("task", "Shop").ask(QUESTION)).text == "once"
            assert desk.expenses()["task"].usd == 1.0
    assert len(llm.questions) == 1


def test_a_budget_needs_a_price(tmp_path):
    with Journal(tmp_path / "j.sqlite", Budget(usd=1.0)) as journal:
        desk = JournalDesk(journal, {"task": Seat(answering(""), "nobody-s")})
        with pytest.raises(UsageError, match="nobody knows what nobody-s costs"):
            desk.model("task", "Shop")
