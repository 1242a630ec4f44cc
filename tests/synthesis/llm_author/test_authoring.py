"""Carrying out a commission: worlds in a folder, whole or not at all."""

import json

import pytest

from awm.errors import BudgetError, LLMAnswerError, UsageError
from awm.llm.ledger import Spent
from awm.synthesis.llm_author.authoring import REPORT, Workplace, author
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.engine import Finished
from awm.synthesis.publishing import MANIFEST
from awm.worlds import WorldFile, open_worlds

from .lines import FakeStage, bench, scenario, streamed

TITLES = ["Corner Shop", "Night Bus", "Tea House"]
MODELS = {"task": "small"}


def finisher(shelf):
    async def finish(number, draft):
        shelf.put(number, draft.records, b"", {"tasks": 1, "proven": 1, "dropped": []})
        return Finished(number, draft.title, 1, 1)

    return finish


def place(stage):
    return Workplace((stage,), bench(), finisher, lambda: {"task": Spent(asked=3, usd=0.5)}, 2)


async def written(folder, stage=None, titles=TITLES, count=3, models=MODELS, **more):
    rows = streamed(map(scenario, titles))
    return await author(
        Commission(count, models), folder, rows, place(stage or FakeStage("task")), **more
    )


def inside(folder):
    return {path.name for path in folder.iterdir()}


async def test_worlds_appear_together_with_what_they_were_ordered_with(tmp_path):
    folder = tmp_path / "out"
    done = await written(folder)
    assert inside(folder) == {
        WorldFile.SCENARIO, WorldFile.TASKS, MANIFEST, REPORT, "databases",
    }  # fmt: skip
    assert list(open_worlds(folder)) == ["corner_shop", "night_bus", "tea_house"]
    manifest = json.loads((folder / MANIFEST).read_text())
    assert (manifest["worlds"], manifest["tasks"], manifest["proven"]) == (3, 3, 3)
    assert manifest["order"]["models"] == MODELS
    assert (done.report.worlds, done.report.expense.usd) == (3, 0.5)
    assert json.loads((folder / REPORT).read_text()) == done.report.as_json()


async def test_what_is_lost_is_written_down(tmp_path):
    def act(draft):
        if draft.title == "Night Bus":
            raise LLMAnswerError("no use")

    await written(tmp_path, FakeStage("task", act))
    lost = [{"scenario": "Night Bus", "stage": "task", "why": "no use"}]
    assert json.loads((tmp_path / MANIFEST).read_text())["lost"] == lost
    assert len(open_worlds(tmp_path)) == 2


async def test_if_all_are_lost_there_are_no_worlds_and_the_report_says_why(tmp_path):
    def act(draft):
        raise LLMAnswerError(f"{draft.title} is no use.")

    with pytest.raises(LLMAnswerError, match=r"none of 3 .*'Corner Shop'.*task.*no use") as caught:
        await written(tmp_path, FakeStage("task", act))
    assert REPORT in caught.value.hint
    assert not (tmp_path / WorldFile.SCENARIO).exists()
    assert len(json.loads((tmp_path / REPORT).read_text())["lost"]) == 3


async def test_a_run_that_was_stopped_goes_on_and_gives_the_same_files(tmp_path):
    await written(tmp_path / "whole")

    def act(draft):
        if draft.title == "Tea House":
            raise BudgetError("spent")

    with pytest.raises(BudgetError):
        await written(tmp_path / "halves", FakeStage("task", act))
    assert not (tmp_path / "halves" / WorldFile.SCENARIO).exists()
    assert json.loads((tmp_path / "halves" / REPORT).read_text())["usd"] == 0.5
    again = FakeStage("task")
    done = await written(tmp_path / "halves", again)
    assert again.seen == ["Tea House"]
    assert done.report.worlds == 3
    for name in inside(tmp_path / "whole") - {"databases"}:
        assert (tmp_path / "halves" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert inside(tmp_path / "halves") == inside(tmp_path / "whole")


async def test_worlds_of_another_order_are_not_touched(tmp_path):
    await written(tmp_path)
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(UsageError, match="holds these worlds already"):
        await written(tmp_path)
    with pytest.raises(UsageError, match="of another order"):
        await written(tmp_path, models={"task": "large"})
    assert (tmp_path / MANIFEST).read_bytes() == before
    await written(tmp_path, models={"task": "large"}, overwrite=True)
    assert (tmp_path / MANIFEST).read_bytes() != before


async def test_the_unfinished_rest_of_another_order_is_not_mixed_with_it(tmp_path):
    def act(draft):
        raise BudgetError("spent")

    with pytest.raises(BudgetError):
        await written(tmp_path, FakeStage("task", act))
    with pytest.raises(UsageError, match="unfinished worlds of another order"):
        await written(tmp_path, models={"task": "large"})
