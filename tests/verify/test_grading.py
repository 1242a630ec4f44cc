"""A run is graded by its task's verifier, and by a judge where the verifier only gathers."""

import json

import pytest

from awm.errors import TrajectoryError
from awm.llm import ScriptedLLM
from awm.verify.grading import grade_run, grading_json
from awm.verify.judge import Judge
from awm.verify.run_dir import open_run
from tests.verify.runs import AFTER, BEFORE, TASK, decides, gathers, trajectory, write_run

CLOCK = 1769947200.0
PUBLISHED = ["scenario", "task_id", "task", "mode", "reward_type", "verify_result"]


def says(outcome, evidence=("milk",)):
    return json.dumps({"reason": "So.", "evidence": list(evidence), "classification": outcome})


async def graded(folder, pool, program, *answers, repeat=1, **judging):
    judge = Judge(ScriptedLLM(answers), **judging) if answers else None
    return await grade_run(open_run(folder), program, pool, clock=CLOCK, judge=judge, repeat=repeat)


async def test_a_run_that_went_well_is_complete(pool, tmp_path):
    grading = await graded(write_run(tmp_path / "run"), pool, decides())
    assert grading.verdict.outcome == "complete"
    document = grading_json(grading)
    assert [*document] == [*PUBLISHED, "verdict", "rewards"]
    assert (document["scenario"], document["task_id"], document["task"]) == ("My Notes", 1, TASK)
    assert (document["mode"], document["reward_type"]) == ("code", "complete")
    assert document["verify_result"] == {
        "result": "complete",
        "execution_status": "success",
        "raw_result": {"result": "complete", "titles": ["milk"]},
    }
    assert {name: one["total"] for name, one in document["rewards"].items()} == {
        "paper": 1.0,
        "openenv": 1.0,
        "binary": 1.0,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"final": BEFORE},
        {"record": trajectory("There are 2 notes.")},
        {"record": trajectory(None)},
    ],
)
async def test_a_run_that_did_not_is_not(pool, tmp_path, wrong):
    grading = await graded(write_run(tmp_path / "run", **wrong), pool, decides())
    document = grading_json(grading)
    assert (grading.verdict.outcome, document["reward_type"]) == ("agent_error", "others")
    assert document["verify_result"]["result"] == "others"
    assert document["rewards"]["binary"]["total"] == 0.0


async def test_a_run_without_an_answer_gives_programs_an_empty_one(pool, tmp_path):
    asks = "def verify_task_completion(a, b, final_answer=None):\n    return {'result': "
    asks += "'complete' if final_answer == '' else 'others'}"
    folder = write_run(tmp_path / "run", trajectory(None))
    assert (await graded(folder, pool, decides(asks))).verdict.outcome == "complete"


async def test_a_fault_is_no_reward(pool, tmp_path):
    failing = decides("def verify_task_completion(*_):\n    return 'complete'\n")
    document = grading_json(await graded(write_run(tmp_path / "run"), pool, failing))
    assert document["verdict"]["outcome"] is None
    assert document["verdict"]["error"]["kind"] == "wrong_type"
    assert (document["verdict"]["error"]["world"], document["task_id"]) == ("my_notes", 1)
    assert document["reward_type"] not in ("complete", "others")
    assert document["verify_result"]["execution_status"] == "error"
    assert {one["total"] for one in document["rewards"].values()} == {None}


async def test_the_judge_decides_over_evidence(pool, tmp_path):
    grading = await graded(write_run(tmp_path / "run"), pool, gathers(), says("partial"))
    document = grading_json(grading)
    assert [*document] == [*PUBLISHED, "llm_judge", "verdict", "rewards"]
    assert (document["mode"], document["reward_type"]) == ("sql", "partial")
    assert document["verify_result"] == {"titles": ["milk"], "execution_status": "success"}
    assert document["llm_judge"] == {
        "classification": "partial",
        "judge_result": {"reasoning": "So.", "classification": "partial", "evidence": ["milk"]},
    }
    assert document["rewards"]["paper"]["total"] == 0.1


async def test_a_judge_that_cannot_be_read_is_a_judge_error(pool, tmp_path):
    grading = await graded(write_run(tmp_path / "run"), pool, gathers(), "no", "no", "no")
    document = grading_json(grading)
    assert (document["reward_type"], document["llm_judge"]["classification"]) == (
        "judge_error",
        "judge_error",
    )
    assert "error" in document["llm_judge"]["judge_result"]
    assert document["verify_result"]["titles"] == ["milk"]
    assert document["rewards"]["openenv"]["total"] is None


async def test_evidence_without_a_judge_is_no_verdict(pool, tmp_path):
    document = grading_json(await graded(write_run(tmp_path / "run"), pool, gathers()))
    assert document["verdict"]["error"]["kind"] == "judge_error"
    assert "llm_judge" not in document


async def test_evidence_that_cannot_be_gathered_is_not_judged(pool, tmp_path):
    failing = gathers("def verify_task(a, b):\n    raise ValueError('no')\n")
    grading = await graded(write_run(tmp_path / "run"), pool, failing, says("complete"), repeat=3)
    assert [verdict.outcome for verdict in grading.verdicts] == [None] * 3
    document = grading_json(grading)
    assert document["verify_result"]["error_kind"] == "raised"
    assert document["reliability"]["errors"] == 3
    assert "llm_judge" not in document


async def test_repeats_tell_how_far_the_judge_agrees_with_itself(pool, tmp_path):
    answers = [says(one) for one in ("complete", "complete", "partial", "complete")]
    folder = write_run(tmp_path / "run")
    grading = await graded(folder, pool, gathers(), *answers, repeat=4)
    document = grading_json(grading)
    assert document["reward_type"] == "complete"
    assert document["reliability"] == {
        "n": 4,
        "errors": 0,
        "agreement": 0.75,
        "flip_rate": 0.5,
        "counts": {"complete": 3, "partial": 1},
    }
    assert [one["outcome"] for one in document["repeats"]] == [
        "complete",
        "complete",
        "partial",
        "complete",
    ]


async def test_a_program_agrees_with_itself(pool, tmp_path):
    grading = await graded(write_run(tmp_path / "run"), pool, decides(), repeat=3)
    assert (grading.reliability.agreement, grading.reliability.flip_rate) == (1.0, 0.0)


async def test_the_verifiers_sentence_stands_in_for_a_task_that_nobody_recorded(pool, tmp_path):
    record = trajectory()
    del record["task"]
    document = grading_json(await graded(write_run(tmp_path / "run", record), pool, decides()))
    assert document["task"] == "its own words"


async def test_a_database_that_is_gone_by_now_is_not_graded(pool, tmp_path):
    run = open_run(write_run(tmp_path / "run"))
    run.final.unlink()
    with pytest.raises(TrajectoryError, match="is not there"):
        await grade_run(run, decides(), pool, clock=CLOCK)


async def test_what_is_written_is_json_whatever_was_said(pool, tmp_path):
    odd = "def verify_task_completion(a, b, c):\n    return {'result': 'complete', 'x': '\\ud800'}"
    record = trajectory("\ud800 1 note", task="\ud800")
    grading = await graded(write_run(tmp_path / "run", record), pool, decides(odd))
    text = json.dumps(grading_json(grading), ensure_ascii=False)
    assert json.loads(text.encode("utf-8", "backslashreplace"))["task"] == "\ud800"
    assert AFTER != BEFORE
