import pytest

from awm.testing.endpoints import spec_from
from awm.worlds.bundled import bundled_worlds

CODE = '''
from typing import Annotated, ClassVar
from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI()
Db = Annotated[object, Depends(print)]
Limit = Annotated[int, Query(description="Most rows.")]


class Body(BaseModel):
    note: str = ""


class NewLoan(Body):
    __about__: ClassVar[dict] = {}
    tool_id: int = Field(gt=0)
    days: int = Field(default=7)
    price: float


@app.get("/loans", operation_id="list_loans", summary="Find loans.", description="All of them.")
async def find(db: Db, limit: Limit = 20, name: str | None = None): ...


@app.post("/loans")
async def add_loan(body: NewLoan, db: Db):
    """Lend a tool."""


@app.delete("/loans/{loan_id}/lines/{line}", summary="Take a line off.")
def remove(loan_id: int, line: int, *, forced: bool = False): ...


@app.exception_handler(ValueError)
async def refuse(request, error): ...


def not_an_endpoint(limit: int): ...
'''


@pytest.fixture(scope="module")
def endpoints():
    (group,) = spec_from(CODE, ["loans"])["api_groups"]
    assert group["group_name"] == "Loans"
    return {each["operation_id"]: each for each in group["endpoints"]}


def test_every_handler_is_an_endpoint_and_nothing_else_is(endpoints):
    routes = {name: (each["method"], each["path"]) for name, each in endpoints.items()}
    assert routes == {
        "list_loans": ("GET", "/loans"),
        "add_loan": ("POST", "/loans"),
        "remove": ("DELETE", "/loans/{loan_id}/lines/{line}"),
    }


def test_what_is_said_of_it_is_taken_from_the_decorator_or_the_docstring(endpoints):
    told = {name: (each["summary"], each["description"]) for name, each in endpoints.items()}
    assert told["list_loans"] == ("Find loans.", "All of them.")
    assert told["add_loan"] == ("Add loan", "Lend a tool.")


def parameters(endpoint):
    return {
        name: (each["param_type"], each["type"], each["required"])
        for name, each in endpoint["request_params"].items()
    }


def test_parameters_are_told_by_where_they_stand_and_what_they_are(endpoints):
    assert parameters(endpoints["list_loans"]) == {
        "limit": ("query", "integer", False),
        "name": ("query", "string", False),
    }
    assert parameters(endpoints["remove"]) == {
        "loan_id": ("path", "integer", True),
        "line": ("path", "integer", True),
        "forced": ("query", "boolean", False),
    }


def test_a_body_is_told_by_its_members_those_that_it_inherits_included(endpoints):
    assert parameters(endpoints["add_loan"]) == {
        "note": ("body", "string", False),
        "tool_id": ("body", "integer", True),
        "days": ("body", "integer", False),
        "price": ("body", "number", True),
    }


def test_an_endpoint_needs_the_table_that_its_path_is_called_by():
    assert [
        endpoint["required_tables"]
        for tables in (["loans"], ["members"])
        for endpoint in spec_from(CODE, tables)["api_groups"][0]["endpoints"][:1]
    ] == [["loans"], []]


@pytest.mark.parametrize("name", list(bundled_worlds()))
async def test_the_specification_of_a_bundled_world_is_that_of_its_live_tools(name, runtime):
    world = bundled_worlds()[name]
    spec = spec_from(world.code, [table.name for table in world.tables])
    told = {
        endpoint["operation_id"]: {
            name: each["required"] for name, each in endpoint["request_params"].items()
        }
        for group in spec["api_groups"]
        for endpoint in group["endpoints"]
    }
    async with await runtime.launch(world) as instance:
        live = {
            tool.name: {
                name: name in tool.input_schema.get("required", ())
                for name in tool.input_schema.get("properties", {})
            }
            for tool in await instance.list_tools()
        }
    assert told == live
