"""An analysis has a finding for each dimension, and takes better ones in their place."""

import json

from awm.rollout.analysis_findings import DIMENSIONS, Analysis, Finding, unknown
from awm.rollout.job import Job

NOTHING = Analysis(Job("shop", 3, 1), tuple(unknown(each, "nobody looked") for each in DIMENSIONS))


def test_findings_are_found_by_their_dimension():
    assert [NOTHING.of(dimension).dimension for dimension in DIMENSIONS] == [*DIMENSIONS]


def test_a_better_finding_takes_the_place_of_the_other():
    good = Finding("plan_quality", 1.0, "It covers all.", (0,), "judge")
    amended = NOTHING.amended([good])
    assert amended.of("plan_quality") is good
    assert amended.of("plan_adherence") == NOTHING.of("plan_adherence")


def test_it_is_written_as_json():
    written = json.loads(json.dumps(NOTHING.to_json()))
    assert (written["world"], written["task_idx"], written["rollout"]) == ("shop", 3, 1)
    assert [*written["findings"]] == [*DIMENSIONS]
    assert written["findings"]["plan_quality"] == {
        "score": None,
        "reason": "nobody looked",
        "turns": [],
        "by": "rule",
    }
