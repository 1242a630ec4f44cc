"""Findings that are carried out again, in the world as it was and in a mended one."""

from collections import Counter

import pytest

from awm.audit import Effort, audit_worlds
from awm.audit.plain import audit_json
from awm.audit.repeating import repeat, repeated_json
from awm.errors import UsageError
from awm.worlds import open_worlds, write_worlds
from tests.audit.graded import BLIND, FAILING, FICKLE, LAX, NEVER, RAISING, SEEING, graded
from tests.conftest import make_world

EFFORT = Effort(calls_per_tool=3, jobs=1)


@pytest.fixture
def folder_of(tmp_path):
    def write(*worlds):
        folder = tmp_path / f"worlds{len([*tmp_path.iterdir()])}"
        write_worlds(worlds, folder)
        return open_worlds(folder)

    return write


async def report_of(folder, runtime, pool):
    return audit_json(await audit_worlds(folder, runtime, pool, effort=EFFORT))


def outcomes(repeated):
    return Counter(one.outcome for one in repeated)


@pytest.mark.parametrize(
    "world", [graded(LAX), graded(NEVER), graded(RAISING), graded(LAX, calls=None)]
)
async def test_what_was_found_still_holds_where_nothing_was_mended(folder_of, runtime, pool, world):
    folder = folder_of(world)
    report = await report_of(folder, runtime, pool)
    repeated = await repeat(folder, runtime, pool, report)
    assert len(repeated) == len(report["worlds"][0]["tasks"][0]["counterexamples"]) > 0
    assert set(outcomes(repeated)) == {"holds"}
    assert all(
        one.got == one.finding.counterexample.got and one.got != one.expected for one in repeated
    )


@pytest.mark.parametrize("broken", [graded(LAX), graded(NEVER), graded(RAISING)])
async def test_a_mended_verifier_no_longer_fails(folder_of, runtime, pool, broken):
    report = await report_of(folder_of(broken), runtime, pool)
    repeated = await repeat(folder_of(graded()), runtime, pool, report)
    assert repeated
    assert set(outcomes(repeated)) == {"gone"}


async def test_evidence_that_tells_nothing_is_found_and_found_again(folder_of, runtime, pool):
    folder = folder_of(graded(None, sql=BLIND))
    report = await report_of(folder, runtime, pool)
    (one,) = await repeat(folder, runtime, pool, report)
    assert (one.outcome, one.got) == ("holds", "same evidence")
    (one,) = await repeat(folder_of(graded(None, sql=SEEING)), runtime, pool, report)
    assert one.outcome == "gone"
    (one,) = await repeat(folder_of(graded(None, sql=SEEING, calls=None)), runtime, pool, report)
    assert (one.outcome, one.what) == (
        "unknown",
        "there is no oracle any more to compare its evidence with",
    )


async def test_evidence_that_differs_each_time_is_found_again(folder_of, runtime, pool):
    folder = folder_of(graded(None, sql=FICKLE))
    report = await report_of(folder, runtime, pool)
    (one,) = await repeat(folder, runtime, pool, report)
    assert (one.outcome, one.got) == ("holds", "other evidence")
    (one,) = await repeat(folder_of(graded(None, sql=SEEING)), runtime, pool, report)
    assert one.outcome == "gone"


async def test_a_failing_evidence_program_is_found_again(folder_of, runtime, pool):
    raising = RAISING.replace("verify_task_completion", "verify_task")
    folder = folder_of(graded(None, sql=raising))
    report = await report_of(folder, runtime, pool)
    assert set(outcomes(await repeat(folder, runtime, pool, report))) == {"holds"}
    mended = await repeat(folder_of(graded(None, sql=SEEING)), runtime, pool, report)
    assert set(outcomes(mended)) == {"gone"}


async def test_a_tool_fails_until_it_is_mended(folder_of, runtime, pool):
    folder = folder_of(make_world(FAILING))
    report = await report_of(folder, runtime, pool)
    (one,) = await repeat(folder, runtime, pool, report)
    assert (one.outcome, one.got) == ("holds", "server_error")
    assert one.what == "it fails: RuntimeError: <b>never</b> works"
    mended = make_world(FAILING.replace('raise RuntimeError("<b>never</b> works")', "return 1"))
    (one,) = await repeat(folder_of(mended), runtime, pool, report)
    assert (one.outcome, one.what) == ("gone", "it answers the call")
    (one,) = await repeat(folder_of(make_world()), runtime, pool, report)
    assert (one.outcome, one.what) == ("unknown", "there is no tool fail any more")


async def test_what_cannot_be_carried_out_is_neither_found_nor_gone(folder_of, runtime, pool):
    report = await report_of(folder_of(graded(NEVER)), runtime, pool)
    (missing, *_) = await repeat(folder_of(make_world(name="Other")), runtime, pool, report)
    (silent, *_) = await repeat(folder_of(graded(None)), runtime, pool, report)
    (lifeless, *_) = await repeat(folder_of(graded(tools="1 / 0")), runtime, pool, report)
    assert {one.outcome for one in (missing, silent, lifeless)} == {"unknown"}
    assert "not among the 1 worlds" in missing.what
    assert silent.what == "task 0 has no code verifier any more"
    assert (lifeless.expected, lifeless.got) == ("complete", "")


async def test_an_oracle_that_the_world_now_refuses_proves_nothing(folder_of, runtime, pool):
    report = await report_of(folder_of(graded(NEVER)), runtime, pool)
    strict = make_world(
        header=make_world().code.replace(
            "    session = SessionLocal()\n    note", "    raise HTTPException(403, 'no')\n    note"
        )
    )
    world = graded(NEVER)
    changed = type(world).from_records(
        {**world.records, **{part: strict.records[part] for part in strict.records}}
    )
    repeated = await repeat(folder_of(changed), runtime, pool, report)
    assert set(outcomes(repeated)) == {"unknown"}
    assert "call 1, add_note, is refused" in repeated[0].what


async def test_each_finding_is_told_of_as_it_is_done(folder_of, runtime, pool):
    folder = folder_of(graded(LAX), graded(NEVER, name="More"))
    report = await report_of(folder, runtime, pool)
    told = []
    repeated = await repeat(folder, runtime, pool, report, done=told.append)
    assert tuple(told) == repeated
    assert {one.finding.world for one in told} == {"notes", "more"}
    plain = repeated_json(repeated[0])
    assert (plain["outcome"], plain["world"], plain["task_idx"]) == ("holds", "notes", 0)


async def test_what_is_no_report_is_refused(folder_of, runtime, pool):
    with pytest.raises(UsageError):
        await repeat(folder_of(graded()), runtime, pool, {"worlds": []})
