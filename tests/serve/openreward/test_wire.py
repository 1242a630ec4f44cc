"""Bodies: whatever comes in is read, or refused in a sentence that does not repeat it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.serve.openreward.refusals import UnreadableBodyError
from awm.serve.openreward.wire import (
    CallBody,
    CreateBody,
    RangeBody,
    SplitBody,
    TaskBody,
    TaskSpec,
    read_body,
)

SHAPES = (CallBody, CreateBody, RangeBody, SplitBody, TaskBody)
KEYS = sorted({name for shape in SHAPES for name in shape.model_fields} | {"scenario", "x"})
SPEC = {"scenario": "a"}

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


def refusal(raw, shape=CreateBody):
    with pytest.raises(UnreadableBodyError) as refused:
        read_body(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), shape)
    return str(refused.value)


@given(st.binary() | st.text().map(str.encode), st.sampled_from(SHAPES))
def test_bytes_are_read_or_refused(raw, shape):
    with suppress(UnreadableBodyError):
        assert isinstance(read_body(raw, shape), shape)


@given(VALUES | OBJECTS, st.sampled_from(SHAPES))
def test_json_is_read_or_refused(said, shape):
    with suppress(UnreadableBodyError):
        assert isinstance(read_body(json.dumps(said).encode(), shape), shape)


@given(OBJECTS, st.none() | st.integers(-9, 9), st.sampled_from([None, "train"]))
def test_a_creation_that_is_read_names_exactly_one_task(more, index, split):
    said = {**more, "index": index, "split": split}
    try:
        body = read_body(json.dumps(said).encode(), CreateBody)
    except UnreadableBodyError:
        return
    assert (body.task_spec is None) == (body.split is not None and body.index is not None)


@given(st.dictionaries(st.text(max_size=5), VALUES))
def test_the_input_of_a_call_arrives_as_it_was_sent(given_input):
    raw = json.dumps({"name": "submit", "input": given_input}).encode()
    try:
        body = read_body(raw, CallBody)
    except UnreadableBodyError as error:
        assert "no JSON" in str(error)  # NaN and infinities  # noqa: PT017
    else:
        assert body.input == json.loads(raw)["input"]


@pytest.mark.parametrize(
    "said",
    [
        {"task_spec": SPEC},
        {"split": "train", "index": 0},
        {"task_spec": SPEC, "env_name": "agentworldmodel", "toolset_name": None},
        {"task_spec": {**SPEC, "task_idx": 3, "task": "t", "somebody_elses": [1]}},
        {"task_spec": SPEC, "secrets": {"KEY": "hidden"}},
    ],
)
def test_these_name_a_task(said):
    read_body(json.dumps(said).encode(), CreateBody)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"split": "train"},
        {"index": 1},
        {"task_spec": SPEC, "split": "train"},
        {"task_spec": SPEC, "index": 1},
        {"task_spec": SPEC, "split": "train", "index": 1},
        {"task_spec": None},
        {"task_spec": {}},
        {"task_spec": {"scenario": ""}},
        {"task_spec": {"scenario": 1}},
        {"task_spec": {**SPEC, "task_idx": -1}},
        {"task_spec": {**SPEC, "task_idx": 2**40}},
        {"task_spec": {**SPEC, "seed": 2**64}},
        {"task_spec": SPEC, "typo": 1},
    ],
)
def test_these_do_not(said):
    assert refusal(said)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b'{"split": NaN}', "no JSON"),
        (b"1" * 5000, "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[" * 80 + b"]" * 80, "levels"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "levels"),
        (b'{"split": "\\ud800"}', "surrogate"),
        (b'{"split": "\xed\xa0\x80"}', "no JSON"),
        (b"[]", "does not fit"),
        (b"null", "does not fit"),
        (b'"train"', "does not fit"),
    ],
)
def test_what_is_no_sound_object_is_refused(raw, told):
    assert told in refusal(raw, SplitBody)


def test_a_refusal_says_where_and_repeats_nothing():
    told = refusal({"task_spec": {"scenario": ["hunter2"]}, "secrets": "hunter2"})
    assert "task_spec.scenario" in told
    assert "hunter2" not in told


def test_secrets_are_not_shown():
    body = read_body(
        json.dumps({"task_spec": SPEC, "secrets": {"K": "hunter2"}}).encode(), CreateBody
    )
    assert "hunter2" not in repr(body)
    assert "hunter2" not in body.model_dump_json()


def test_a_task_spec_is_of_task_0_unless_told():
    assert TaskSpec(scenario="a").task_idx == 0
