"""Audits as JSON."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.faults import ToolFault
from awm.audit.model import Audit, Case, Counterexample, TaskAudit, WorldAudit
from awm.audit.plain import KeptCase, KeptFault, audit_json, finding_json, read_findings
from awm.errors import UsageError
from awm.types import SEEDS, ToolCall
from tests.audit.graded import handmade

_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
_texts = st.text(st.characters(), max_size=8)  # half surrogate pairs included
_values = st.recursive(
    _scalars | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_calls = st.lists(
    st.builds(ToolCall, _texts, st.dictionaries(_texts, _values, max_size=3)), max_size=3
).map(tuple)
_seeds = st.integers(SEEDS[0], SEEDS[-1])
_cases = st.builds(
    Case,
    st.sampled_from(["oracle", "later", "nothing", "prefix", "stray"]),
    st.booleans(),
    _calls,
    st.none() | _texts,
    _texts,
    st.integers(0, 10_000),
    _seeds,
)
_counterexamples = st.builds(
    Counterexample,
    _cases,
    st.sampled_from(["code", "sql"]),
    st.sampled_from(["complete", "others", "evidence", "raised", "timeout"]),
    _texts,
)
_faults = st.builds(
    ToolFault,
    _texts,
    st.sampled_from(["server_error", "crash"]),
    _texts,
    st.none() | st.integers(100, 599),
    _texts,
    st.integers(0, 2),
    _calls,
    st.booleans(),
    _seeds,
    st.integers(1, 99),
)


@given(st.lists(_faults, max_size=3), st.lists(_counterexamples, max_size=3))
def test_what_can_be_repeated_is_read_back_as_it_was(faults, counterexamples):
    task = TaskAudit(4, "do it", "unsound", "why", counterexamples=tuple(counterexamples))
    world = WorldAudit("w", "W", "", True, (), tuple(faults), tasks=(task,))
    document = json.loads(json.dumps(audit_json(Audit("f", (), (world,), 0, 1.0))))
    assert read_findings(document) == (
        *(KeptFault("w", fault) for fault in faults),
        *(KeptCase("w", 4, found) for found in counterexamples),
    )


def test_a_document_names_its_format_and_sums_up():
    document = audit_json(handmade())
    assert (document["format"], document["version"]) == ("awm-audit", 1)
    assert document["grades"] == {"A": 1, "B": 0, "C": 0, "D": 1, "F": 1}
    assert document["verdicts"] == {"proven": 2, "unproven": 1, "unsound": 1, "blocked": 1}
    assert [world["grade"] for world in document["worlds"]] == ["D", "F", "A"]
    task = document["worlds"][0]["tasks"][0]
    assert task["cases"] == {
        "oracle": {"passed": 1, "tried": 1},
        "prefix": {"passed": 0, "tried": 1},
    }
    assert task["counterexamples"][0]["calls"] == [
        {"tool": "add_note", "arguments": {"title": "plain"}}
    ]


def test_equal_audits_give_equal_text():
    assert json.dumps(audit_json(handmade())) == json.dumps(audit_json(handmade()))


def test_a_finding_alone_says_where_it_belongs():
    fault, missed, _ = map(finding_json, read_findings(audit_json(handmade())))
    assert fault["world"] == missed["world"] == "notes"
    assert fault["fault"]["tool"] == "add_note"
    assert (missed["task_idx"], missed["counterexample"]["kind"]) == (0, "prefix")


def test_members_of_later_days_do_not_matter():
    document = audit_json(handmade())
    document["worlds"][0]["tasks"][0]["counterexamples"][0]["mood"] = "good"
    assert len(read_findings(document)) == 3


@pytest.mark.parametrize("document", [None, [], {}, {"format": "x", "version": 1}, "awm-audit"])
def test_what_is_no_report_is_refused(document):
    with pytest.raises(UsageError, match="no audit report"):
        read_findings(document)


def test_a_report_of_another_version_is_refused():
    with pytest.raises(UsageError, match="version 2"):
        read_findings({"format": "awm-audit", "version": 2, "worlds": []})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda world: world.pop("faults"), "worlds.0.faults"),
        (lambda world: world["faults"][0].update(calls=[3]), "worlds.0.faults.0.calls.0"),
        (
            lambda world: world["tasks"][0]["counterexamples"][1].update(kind="odd"),
            "worlds.0.tasks.0.counterexamples.1.kind",
        ),
        (
            lambda world: world["tasks"][0]["counterexamples"][1].update(later=-1),
            "worlds.0.tasks.0.counterexamples.1.later",
        ),
    ],
)
def test_a_damaged_report_is_refused_and_the_place_named(change, where):
    document = copy.deepcopy(audit_json(handmade()))
    change(document["worlds"][0])
    with pytest.raises(UsageError, match=where):
        read_findings(document)
