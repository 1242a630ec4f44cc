import dataclasses
import pickle
from typing import get_args

import pytest

from awm.types import Fault, ToolCall, ToolResult, ToolSpec

SPEC = ToolSpec("add", "Adds.", {"type": "object", "properties": {}})


@pytest.mark.parametrize("value", [SPEC, ToolCall("add", {"a": 1}), ToolResult("3")], ids=repr)
def test_the_shared_words_are_frozen_and_survive_pickling(value):
    assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, "other")


def test_a_call_without_arguments_has_an_empty_object_of_its_own():
    first, second = ToolCall("add"), ToolCall("add")
    assert first.arguments == {}
    assert first.arguments is not second.arguments


def test_a_result_is_a_success_unless_it_says_otherwise():
    result = ToolResult("3")
    assert not result.is_error
    assert (result.status, result.fault, result.exception) == (None, None, None)


def test_the_faults_are_those_that_the_errors_essay_names():
    assert set(get_args(Fault)) == {"timeout", "crash", "memory", "too_large"}
