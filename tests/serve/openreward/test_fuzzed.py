"""Schemathesis makes requests up, sound ones and others; each has an answer of the protocol."""

import json

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from awm.serve.openreward.wire import CallBody, CreateBody, RangeBody, SplitBody, TaskBody

BODIES = {
    "/tasks": SplitBody,
    "/num_tasks": SplitBody,
    "/task": TaskBody,
    "/agentworldmodel/task_range": RangeBody,
    "/create": CreateBody,
    "/agentworldmodel/call": CallBody,
    "/ping": None,
    "/delete": None,
    "/create_session": None,
}
QUESTIONS = ("/splits", "/agentworldmodel/tools", "/task_tools", "/prompt", "/messages", "/version")
NAME = {"name": "X-Session-ID", "in": "header", "schema": {"enum": ["a", "b", ""]}}
ANSWERED = {200, 400, 404, 410, 422}


def operation(shape):
    """An operation of OpenAPI, with its schemas inside."""
    told = {"parameters": [NAME], "responses": {"200": {"description": "an answer"}}}
    if shape is None:
        return told
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {**told, "requestBody": {"content": {"application/json": {"schema": schema}}}}


def document():
    spec = CreateBody.model_json_schema(ref_template="#/components/schemas/{model}")["$defs"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "ORS", "version": "1"},
        "components": {"schemas": spec},
        "paths": {
            **{path: {"post": operation(shape)} for path, shape in BODIES.items()},
            **{path: {"get": operation(None)} for path in QUESTIONS},
        },
    }


SCHEMA = schemathesis.openapi.from_dict(document())
REQUESTS = st.one_of(
    [
        found.ok().as_strategy(generation_mode=mode)
        for found in SCHEMA.get_all_operations()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
)


def written(body):
    """A body as bytes; those that are no JSON come as they are."""
    if isinstance(body, bytes):
        return body
    return b"" if isinstance(body, schemathesis.core.NotSet) else json.dumps(body).encode()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(REQUESTS)
async def test_every_request_has_an_answer_of_the_protocol(door, case):
    headers = {name: value.encode() for name, value in (case.headers or {}).items()}
    body = written(case.body)
    answer = await door.http.request(case.method, case.path, content=body, headers=headers)
    assert answer.status_code in ANSWERED
    if answer.status_code != 200:
        assert isinstance(answer.json()["detail"], str)
