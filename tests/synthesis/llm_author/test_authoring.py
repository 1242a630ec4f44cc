"""Carrying out a commission: worlds in a folder, whole or not at all."""

import asyncio
import json

import pytest

from awm.errors import BudgetError, LLMAnswerError, UsageError
from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.authoring import REPORT, Workplace, author
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.engine import Finished
from awm.synthesis.llm_author.logbook import LOG
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
    ledger = Ledger({("task", "tea_house"): Spent(asked=3, usd=0.5)})
    return Workplace((stage,), bench(), finisher, lambda: ledger, 2)


async def written(folder, stage=None, titles=TITLES, count=3, models=MODELS, **more):
    rows = streamed(map(scenario, titles))
    return await author(
        Commission(count, models), folder, rows, place(stage or FakeStage("task")), **more
    )


def events(folder):
    return [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]


def inside(folder):
    return {path.name for path in folder.iterdir()}


async def test_worlds_appear_together_with_what_they_were_ordered_with(tmp_path):
    folder = tmp_path / "out"
    done = await written(folder)
    assert inside(folder) == {
        WorldFile.SCENARIO, WorldFile.TASKS, MANIFEST, REPORT, LOG, "databases",
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
    for name in inside(tmp_path / "whole") - {"databases", LOG}:
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


async def test_each_world_is_told_of_with_what_it_took(tmp_path):
    done = await written(tmp_path)
    by_world = json.loads((tmp_path / REPORT).read_text())["by_world"]
    assert [(each["title"], each["ending"]) for each in by_world] == [
        (title, "world") for title in TITLES
    ]
    assert [each["usd"] for each in by_world] == [0.0, 0.0, 0.5]
    assert done.log_problem is None


async def test_what_happens_is_logged_over_all_runs_and_how_each_ended(tmp_path):
    def act(draft):
        if draft.title == "Tea House":
            raise BudgetError("spent")

    with pytest.raises(BudgetError):
        await written(tmp_path, FakeStage("task", act))
    await written(tmp_path)
    found = events(tmp_path)
    names = [each["event"] for each in found]
    assert (names[0], names[-1]) == ("run_begun", "run_ended")
    ended = [each for each in found if each["event"] == "run_ended"]
    assert [(each["worlds"], each["lost"], each["why"]) for each in ended] == [
        (2, 0, "spent"), (3, 0, ""),
    ]  # fmt: skip
    assert names.count("stage_started") == 4
    assert found[0]["order"]["models"] == MODELS


async def test_a_run_that_is_stopped_is_reported_and_logged(tmp_path):
    reached = asyncio.Event()

    class Endless(FakeStage):
        async def __call__(self, bench, draft):
            reached.set()
            await asyncio.Event().wait()

    told = []
    work = asyncio.create_task(written(tmp_path, Endless("task"), report_to=told.append))
    await reached.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    (done,) = told
    assert {each.ending for each in done.report.by_world} == {"unfinished"}
    assert json.loads((tmp_path / REPORT).read_text()) == done.report.as_json()
    assert events(tmp_path)[-1]["why"] == "stopped"


async def test_what_is_refused_is_not_logged(tmp_path):
    await written(tmp_path)
    before = (tmp_path / LOG).read_bytes()
    with pytest.raises(UsageError):
        await written(tmp_path)
    assert (tmp_path / LOG).read_bytes() == before


async def test_text_that_is_none_can_be_reported(tmp_path):
    def act(draft):
        if draft.title == "Night Bus":
            raise LLMAnswerError("half \ud800")

    await written(tmp_path, FakeStage("task", act))
    for name in (REPORT, MANIFEST):
        assert json.loads((tmp_path / name).read_bytes())["lost"][0]["why"] == "half \ud800"


async def test_a_run_without_a_scenario_is_no_success(tmp_path):
    with pytest.raises(LLMAnswerError, match="no scenario was thought of"):
        await written(tmp_path, titles=[])
