import asyncio
import enum
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import Body, FastAPI, Form, Header, Query, Response
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, EmailStr, Field

from awm.runtime.inside.asgi import respond
from awm.runtime.inside.openapi import MissingArgumentError, Tool, read_tools, request_for
from awm.types import ToolSpec

GOLDEN = Path(__file__).with_name("openapi_tools.json")
"""The tools of the application below. Written once, then read by people before it was kept."""


class Kind(enum.StrEnum):
    SHORT = "short"
    LONG = "long"


class Person(BaseModel):
    name: str = Field(description="Full name")
    mail: EmailStr | None = None
    friends: list["Person"] = []


class Cat(BaseModel):
    """A cat."""

    kind: str
    lives: int


class Dog(BaseModel):
    kind: str
    tricks: list[str]
    owner: Person | None = None


class Order(BaseModel):
    code: str
    amount: float
    gift: bool = False


class Reply(BaseModel):
    id: int
    ratio: float
    when: str = Field(json_schema_extra={"format": "date-time"})
    tags: list[str]
    person: Person
    note: str | None = None


def small_app() -> FastAPI:
    app = FastAPI()

    @app.get("/people/{person_id}", operation_id="get_person", response_model=Reply)
    def get_person(
        person_id: int,
        kind: Kind,
        limit: Annotated[int, Query(ge=1, le=50, description="How many")] = 10,
        tags: Annotated[list[str] | None, Query()] = None,
        x_trace: Annotated[str | None, Header()] = None,
    ):
        """Find a person.

        At length.
        """

    @app.post(
        "/people",
        operation_id="add_person",
        summary="Add",
        description="Adds one.",
        status_code=201,
        responses={200: {"description": "It was there", "model": Person}, 409: {"model": Person}},
    )
    def add_person(person: Person):
        pass

    @app.patch("/people/{person_id}", operation_id="patch_person")
    def patch_person(person_id: int, order: Order | None = None):
        pass

    @app.post("/pets", operation_id="add_pet")
    def add_pet(pet: Cat | Dog):
        pass

    @app.post("/numbers", operation_id="sum_numbers", response_model=list[Order])
    def sum_numbers(numbers: list[int]):
        pass

    @app.post("/flags", operation_id="set_flag")
    def set_flag(value: Annotated[bool | None, Body()] = None):
        pass

    @app.post("/login", operation_id="log_in", response_class=Response)
    def log_in(user: Annotated[str, Form()], roles: Annotated[list[str], Form()] = []):  # noqa: B006
        pass

    @app.put("/orders/{code}", operation_id="put_order")
    def put_order(code: str, order: Order):
        pass

    @app.delete("/orders/{code}", operation_id="remove_order", status_code=204)
    def remove_order(code: str):
        pass

    @app.get("/derived/{name}")
    def derived_name(name: str):
        pass

    @app.head("/head", operation_id="not_a_tool")
    def head():
        pass

    @app.get("/hidden", include_in_schema=False)
    def hidden():
        pass

    return app


def tools_of(app: FastAPI) -> dict[str, Tool]:
    return read_tools(app.openapi())[0]


def test_the_tools_of_an_application_are_those_of_the_golden_file():
    tools, warnings = read_tools(small_app().openapi())
    shown = [
        {
            "name": tool.spec.name,
            "description": tool.spec.description.splitlines(),
            "input_schema": tool.spec.input_schema,
        }
        for tool in tools.values()
    ]
    assert warnings == []
    assert json.loads(json.dumps(shown)) == json.loads(GOLDEN.read_text())


def test_every_input_schema_is_an_object_without_references():
    for tool in tools_of(small_app()).values():
        assert tool.spec.input_schema["type"] == "object"
        assert "$ref" not in json.dumps(tool.spec.input_schema)


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_a_repeated_operation_id_is_left_out_and_told():
    app = FastAPI()
    app.get("/a", operation_id="same")(lambda: 1)
    app.post("/b", operation_id="same")(lambda: 2)
    tools, warnings = read_tools(app.openapi())
    assert [tool.path for tool in tools.values()] == ["/a"]
    assert warnings == ["POST /b repeats the operationId 'same'; left out"]


@pytest.mark.parametrize("operation", [{}, {"operationId": ""}, {"operationId": 3}])
def test_an_operation_without_a_name_is_no_tool(operation):
    tools, warnings = read_tools({"paths": {"/a": {"get": operation}}})
    assert not tools
    assert warnings == ["GET /a has no operationId and is not a tool"]


def test_an_empty_document_has_no_tools():
    assert read_tools({}) == ({}, [])


def test_a_description_without_a_summary_begins_with_the_request():
    document = {"paths": {"/a": {"get": {"operationId": "a", "responses": {}}}}}
    assert read_tools(document)[0]["a"].spec.description == "GET /a"


def test_given_examples_are_shown_rather_than_made_up_ones():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    shown = []
    for content in (
        {"schema": schema, "example": {"a": 7}},
        {"schema": schema, "examples": {"one": {"value": {"a": 8}}}},
        {"schema": schema, "examples": {"one": {"summary": "no value"}}},
    ):
        responses = {"200": {"description": "Fine", "content": {"application/json": content}}}
        document = {"paths": {"/a": {"get": {"operationId": "a", "responses": responses}}}}
        description = read_tools(document)[0]["a"].spec.description
        shown.append(json.loads(description.split("```json\n")[1].removesuffix("\n```")))
    assert shown == [{"a": 7}, {"a": 8}, {"a": 1}]


# From a call to a request.


def tool(path: str = "/", **places: Any) -> Tool:
    return Tool(ToolSpec("t", "", {}), "POST", path, **places)


TEXT = st.text(min_size=1)


@given(TEXT, TEXT)
def test_path_parameters_stand_where_they_belong_whatever_they_hold(first, second):
    made = request_for(
        tool("/a/{one}/b/{two:path}/c", in_path=("one", "two")), {"one": first, "two": second}
    )
    assert made.path == f"/a/{first}/b/{second}/c"


def test_a_parameter_that_looks_like_a_placeholder_stays_as_it_is():
    made = request_for(
        tool("/{one}/{two}", in_path=("one", "two")), {"one": "{two}", "two": "{one}"}
    )
    assert made.path == "/{two}/{one}"


@pytest.mark.parametrize("arguments", [{}, {"code": None}, {"code": ""}])
def test_a_path_parameter_must_not_be_missing(arguments):
    with pytest.raises(MissingArgumentError, match="'code' is required") as caught:
        request_for(tool("/orders/{code}", in_path=("code",)), arguments)
    assert caught.value.argument == "code"


def test_none_is_not_sent_in_a_query_and_a_list_is_sent_one_by_one():
    made = request_for(
        tool(in_query=("a", "b", "c", "d")),
        {"a": None, "b": [1, None, True], "c": {"x": 1.5}, "d": "é&="},
    )
    assert made.query == b"b=1&b=true&c=%7B%22x%22%3A%201.5%7D&d=%C3%A9%26%3D"


def test_a_lone_surrogate_is_no_reason_to_fail():
    made = request_for(
        tool("/{p}", in_path=("p",), in_query=("q",), in_body=("b",)),
        {"p": "\ud800", "q": "\ud800", "b": "\ud800"},
    )
    assert made.query == b"q=%ED%A0%80"
    assert json.loads(made.body) == {"b": "\ud800"}


def test_a_header_is_sent_in_lower_case_when_it_is_given():
    headed = tool(in_header=("X-Trace", "X-Other"))
    assert request_for(headed, {"X-Trace": 7}).headers == ((b"x-trace", b"7"),)


def test_what_belongs_nowhere_else_is_the_body():
    made = request_for(
        tool("/{id}", in_path=("id",), in_query=("q",), in_body=("a",)),
        {"id": 1, "q": 2, "a": 3, "unknown": 4},
    )
    assert json.loads(made.body) == {"a": 3, "unknown": 4}
    assert made.headers == ((b"content-type", b"application/json"),)


def test_a_name_both_in_the_path_and_in_the_body_goes_to_both():
    made = request_for(
        tools_of(small_app())["put_order"], {"code": "A1", "amount": 2.5, "gift": True}
    )
    assert made.path == "/orders/A1"
    assert json.loads(made.body) == {"code": "A1", "amount": 2.5, "gift": True}


def test_an_optional_body_is_sent_only_when_there_is_something_to_say():
    patch = tools_of(small_app())["patch_person"]
    assert request_for(patch, {"person_id": 1}).body == b""
    assert json.loads(request_for(patch, {"person_id": 1, "gift": True}).body) == {"gift": True}
    assert request_for(tools_of(small_app())["add_person"], {}).body == b"{}"


@pytest.mark.parametrize("body", [[1, 2], [], None, "text", 0])
def test_a_body_that_is_no_object_is_one_argument(body):
    made = request_for(tools_of(small_app())["sum_numbers"], {"body": body})
    assert json.loads(made.body) == body
    assert request_for(tools_of(small_app())["sum_numbers"], {}).body == b""


def test_a_form_is_sent_as_one_with_its_lists_one_by_one():
    made = request_for(
        tools_of(small_app())["log_in"], {"user": "a&b", "roles": ["x", "y"], "none": None}
    )
    assert made.body == b"user=a%26b&roles=x&roles=y"
    assert made.headers == ((b"content-type", b"application/x-www-form-urlencoded"),)


def test_a_form_that_is_no_object_does_not_fail():
    made = request_for(tool(in_body=(), whole_body=True, is_form=True), {"body": [1]})
    assert made.body == b"[1]"


# What a handler receives is what a real HTTP client would have made it receive.


def echo_app() -> FastAPI:
    app = FastAPI()

    class Content(BaseModel):
        text: str | None = None
        numbers: list[int] = []
        nested: dict[str, Any] = {}
        flag: bool | None = None

    @app.post("/echo/{place}", operation_id="echo")
    def echo(
        place: str,
        content: Content,
        words: Annotated[list[str] | None, Query()] = None,
        ratio: float | None = None,
        yes: bool | None = None,
        word: str | None = None,
    ):
        return [place, words, ratio, yes, word, content]

    return app


ECHO = echo_app()
ECHO_TOOL = tools_of(ECHO)["echo"]
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | PRINTABLE,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(PRINTABLE, parts, max_size=3),
    max_leaves=6,
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "words": st.lists(PRINTABLE, min_size=1, max_size=3),
        "ratio": st.floats(allow_nan=False, allow_infinity=False) | st.integers() | PRINTABLE,
        "yes": st.booleans(),
        "word": PRINTABLE,
    },
)
CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "text": PRINTABLE | st.none() | st.integers(),
        "numbers": st.lists(st.integers(-(2**60), 2**60), max_size=3),
        "nested": st.dictionaries(PRINTABLE, JSON, max_size=3),
        "flag": st.booleans() | st.none(),
    },
)


async def by_a_client(place, query, content):
    transport = httpx.ASGITransport(ECHO)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post(f"/echo/{quote(place, safe='')}", params=query, json=content)
        return answer.status_code, answer.content


async def by_a_call(place, query, content):
    request = request_for(ECHO_TOOL, {"place": place, **query, **content})
    answer = await respond(ECHO, request, limit=1 << 20, state={})
    return answer.status, answer.body


@settings(deadline=None, max_examples=60)
@given(PRINTABLE.filter(lambda place: place.strip("./")), QUERIES, CONTENTS)
def test_a_handler_receives_what_a_real_client_would_have_sent(place, query, content):
    place = place.strip("./")  # clients resolve such paths before they send anything
    loop = asyncio.new_event_loop()
    try:
        expected = loop.run_until_complete(by_a_client(place, query, content))
        assert loop.run_until_complete(by_a_call(place, query, content)) == expected
    finally:
        loop.close()
