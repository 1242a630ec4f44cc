"""One stage alone, over files."""

import json

import pytest

from awm.errors import BudgetError, LLMAnswerError, UsageError, WorldFileError
from awm.synthesis.llm_author.events import WorldFailed
from awm.synthesis.llm_author.staged import drafts_in, write_part
from awm.worlds import WorldFile

from .lines import FakeStage, bench, scenario

TITLES = ["Corner Shop", "Night Bus", "Tea House"]


def put(folder, part, rows):
    path = folder / part.value
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def scenarios(tmp_path):
    return put(tmp_path, WorldFile.SCENARIO, map(scenario, TITLES))


@pytest.fixture
def tasks(tmp_path):
    rows = [{"scenario": title, "tasks": [f"Close {title}."]} for title in TITLES]
    return put(tmp_path, WorldFile.TASKS, rows)


def written(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- what is read ---


def test_drafts_have_the_rows_of_all_files_in_the_order_of_the_first(scenarios, tasks):
    drafts = drafts_in({WorldFile.TASKS: tasks})
    assert [draft.title for draft in drafts] == TITLES
    assert drafts[1].tasks == ("Close Night Bus.",)
    assert drafts[1].description == "About Night Bus."


def test_where_no_scenarios_lie_beside_it_the_name_is_all_there_is(tasks):
    assert drafts_in({WorldFile.TASKS: tasks})[0].description == "Corner Shop"


def test_some_can_be_chosen_by_name_whatever_its_case_and_by_number(scenarios):
    source = {WorldFile.SCENARIO: scenarios}
    assert [d.title for d in drafts_in(source, ["night-bus"])] == ["Night Bus"]
    assert [d.title for d in drafts_in(source, limit=2)] == TITLES[:2]


def test_of_rows_for_the_same_scenario_the_last_counts(tmp_path):
    rows = [{"scenario": "A", "tasks": ["old"]}, {"scenario": "a", "tasks": ["new"]}]
    (draft,) = drafts_in({WorldFile.TASKS: put(tmp_path, WorldFile.TASKS, rows)})
    assert draft.tasks == ("new",)


def test_what_is_missing_is_told(tmp_path, scenarios, tasks):
    with pytest.raises(UsageError, match="has no scenario dream"):
        drafts_in({WorldFile.SCENARIO: scenarios}, ["Dream"])
    schemas = put(tmp_path, WorldFile.DATABASE, [{"scenario": "Tea House", "db_schema": {}}])
    with pytest.raises(UsageError, match="nothing of corner_shop, night_bus"):
        drafts_in({WorldFile.TASKS: tasks, WorldFile.DATABASE: schemas})
    with pytest.raises(WorldFileError, match="cannot be read"):
        drafts_in({WorldFile.SPEC: tmp_path / "none.jsonl"})
    with pytest.raises(UsageError, match="holds no scenario"):
        drafts_in({WorldFile.SPEC: put(tmp_path, WorldFile.SPEC, [])})
    with pytest.raises(UsageError, match="names no scenario"):
        drafts_in({WorldFile.SPEC: put(tmp_path, WorldFile.SPEC, [{"api_spec": {}}])})


# --- what is written ---


async def wrote(stage, scenarios, output, **more):
    source = {WorldFile.SCENARIO: scenarios}
    outputs = {WorldFile.TASKS: output}
    return await write_part(stage, drafts_in(source), bench(), outputs, sources=[scenarios], **more)


async def test_a_row_is_written_for_each_in_their_order(scenarios, tmp_path):
    output = tmp_path / "new" / "tasks.jsonl"
    found = await wrote(FakeStage("task"), scenarios, output)
    assert (found.rows, found.lost) == (3, ())
    assert [row["scenario"] for row in written(output)] == TITLES
    assert [path.name for path in output.parent.iterdir()] == ["tasks.jsonl"]


def failing(title, error):
    def act(draft):
        if draft.title == title:
            raise error

    return act


async def test_one_that_fails_is_left_out_and_told(scenarios, tmp_path):
    heard = []
    stage = FakeStage("task", failing("Night Bus", LLMAnswerError("no use")))
    found = await wrote(stage, scenarios, tmp_path / "t.jsonl", tell=heard.append)
    assert found.lost == (("Night Bus", "no use"),)
    assert WorldFailed("Night Bus", "task", "no use") in heard
    assert [row["scenario"] for row in written(tmp_path / "t.jsonl")] == [TITLES[0], TITLES[2]]


async def test_if_all_fail_nothing_is_written_and_the_first_is_told(scenarios, tmp_path):
    def act(draft):
        raise LLMAnswerError(f"{draft.title} is no use")

    with pytest.raises(LLMAnswerError, match=r"any of 3 .*Corner Shop is no use"):
        await wrote(FakeStage("task", act), scenarios, tmp_path / "t.jsonl")
    assert not (tmp_path / "t.jsonl").exists()


async def test_a_run_that_was_stopped_goes_on_where_it_was(scenarios, tmp_path):
    output = tmp_path / "t.jsonl"
    stage = FakeStage("task", failing("Night Bus", BudgetError("spent")))
    with pytest.raises(BudgetError):
        await wrote(stage, scenarios, output)
    assert not output.exists()
    again = FakeStage("task")
    await wrote(again, scenarios, output)
    assert again.seen == ["Night Bus"]
    assert len(written(output)) == 3
    assert not list(tmp_path.glob(".*"))


async def test_nothing_that_is_there_goes_unasked(scenarios, tmp_path):
    output = tmp_path / "t.jsonl"
    output.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        await wrote(FakeStage("task"), scenarios, output)
    assert output.read_text() == "mine"
    await wrote(FakeStage("task"), scenarios, output, overwrite=True)
    assert len(written(output)) == 3


async def test_what_is_read_is_never_written_over(scenarios):
    with pytest.raises(UsageError, match="is what is read"):
        await wrote(FakeStage("task"), scenarios, scenarios, overwrite=True)
    assert len(written(scenarios)) == 3
