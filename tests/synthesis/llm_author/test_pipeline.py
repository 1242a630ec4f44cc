"""One scenario through its stages."""

import pytest

from awm.errors import LLMAnswerError, LLMError, LLMUnavailableError, Problem, WorldLoadError
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.events import StageDone, StageStarted, Waiting
from awm.synthesis.llm_author.pipeline import Failure, Line
from awm.worlds import WorldFile

from .lines import FakeStage, bench, scenario


def line_of(tmp_path, *stages, heard=None):
    tell = (lambda _event: None) if heard is None else heard.append
    return Line(stages, bench(), Checkpoints(tmp_path / "parts"), tell, pause=0)


def raising(*errors):
    left = list(errors)

    def act(_draft):
        if left:
            raise left.pop(0)

    return act


async def test_each_stage_sees_what_those_before_it_wrote(tmp_path):
    seen = []
    stages = [FakeStage("task"), FakeStage("db", lambda draft: seen.append(draft.tasks))]
    draft = await line_of(tmp_path, *stages).carry(0, scenario("Shop"))
    assert seen == [("task of Shop",)]
    assert list(draft.records) == [WorldFile.SCENARIO, WorldFile.TASKS, WorldFile.DATABASE]


async def test_what_happens_is_told(tmp_path):
    heard = []
    bad = Problem("shop", "", "bad")
    stages = [FakeStage("task", mended=["x"]), FakeStage("db", problems=[bad])]
    await line_of(tmp_path, *stages, heard=heard).carry(0, scenario("Shop"))
    assert heard == [
        StageStarted("Shop", "task"),
        StageDone("Shop", "task", attempts=2, mended=("x",)),
        StageStarted("Shop", "db"),
        StageDone("Shop", "db", left=("shop: bad",), broken=True),
    ]


async def test_a_stage_that_is_finished_is_not_begun_again(tmp_path):
    stages = [FakeStage("task"), FakeStage("db")]
    first = await line_of(tmp_path, *stages).carry(0, scenario("Shop"))
    heard = []
    again = await line_of(tmp_path, *stages, heard=heard).carry(0, scenario("Shop"))
    assert again == first
    assert [stage.seen for stage in stages] == [["Shop"], ["Shop"]]
    assert [event.kept for event in heard] == [True, True]


@pytest.mark.parametrize("error", [LLMAnswerError("no use"), WorldLoadError("Shop", "no life")])
async def test_what_a_model_cannot_do_ends_one_scenario_and_says_where(tmp_path, error):
    never = FakeStage("sample")
    line = line_of(tmp_path, FakeStage("task"), FakeStage("db", raising(error)), never)
    found = await line.carry(0, scenario("Shop"))
    assert found == Failure("db", str(error))
    assert never.seen == []


async def test_a_model_that_cannot_be_reached_is_waited_for(tmp_path):
    heard = []
    stage = FakeStage("task", raising(LLMUnavailableError("gone"), LLMUnavailableError("gone")))
    await line_of(tmp_path, stage, heard=heard).carry(0, scenario("Shop"))
    assert stage.seen == ["Shop"] * 3
    assert heard.count(Waiting("Shop", "task", "gone")) == 2


async def test_and_not_for_ever(tmp_path):
    stage = FakeStage("task", raising(*[LLMUnavailableError("gone")] * 3))
    with pytest.raises(LLMUnavailableError):
        await line_of(tmp_path, stage).carry(0, scenario("Shop"))


async def test_a_fault_that_every_scenario_would_have_is_raised(tmp_path):
    class SetUpWronglyError(LLMError):
        pass

    with pytest.raises(SetUpWronglyError):
        await line_of(tmp_path, FakeStage("task", raising(SetUpWronglyError("key")))).carry(
            0, scenario("Shop")
        )
