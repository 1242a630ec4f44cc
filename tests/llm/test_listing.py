"""A list of models is read in each form, and one that may lack some is none."""

import json

import pytest

from awm.llm.listing import is_among, listed_models


def read(body: object) -> list[str]:
    return listed_models(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}], ["a"]),
        ({"data": [{"id": "a"}, {"id": 7}, {}, None]}, ["a"]),
        ({"data": [{"id": "a"}], "has_more": True}, []),
        ({"data": [{"id": "a", "owned_by": "llamacpp"}]}, []),
        ({"data": {}}, []),
        ({}, []),
        (None, []),
    ],
)
def test_the_names_are_read_and_what_is_no_list_has_none(body, names):
    assert read(body) == names


@pytest.mark.parametrize("content", [b"", b"Not Found", b"[" * 100_000])
def test_what_is_no_json_has_none(content):
    assert listed_models(content) == []


@pytest.mark.parametrize(
    ("name", "listed"),
    [("a", "a"), ("a:free", "a"), ("a", "a:latest"), ("gemini", "models/gemini")],
)
def test_a_model_is_found_under_a_name_with_more_or_less_to_it(name, listed):
    assert is_among(name, ["other", listed])


def test_a_variant_is_not_taken_for_another():
    assert not is_among("a:7b", ["a:8b"])
