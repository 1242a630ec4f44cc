"""The same calls twice."""

from awm.audit.chance import check_chance
from awm.types import ToolCall
from tests.conftest import make_world

CODE = '''
import random, uuid


def seen():
    """What stands in a function's attribute is shared by all instances of a worker."""
    seen.times = getattr(seen, "times", 0) + 1
    return seen.times


@app.post("/draw", operation_id="draw")
def draw():
    return [random.random(), str(uuid.uuid4())]


@app.post("/count", operation_id="count")
def count():
    return seen()


@app.post("/hide", operation_id="hide")
def hide():
    session = SessionLocal()
    session.add(Note(title=str(seen())))
    session.commit()
    session.close()
    return "done"
'''
ADD = ToolCall("add_note", {"title": "a"})


async def found(runtime, *calls):
    return await check_chance(runtime, make_world(CODE, name="Chancy"), calls, seed=3)


async def test_seeded_randomness_is_the_same_twice(runtime):
    assert await found(runtime, ADD, ToolCall("draw"), ToolCall("list_notes"), ADD) == []


async def test_an_answer_that_differs_is_an_error_that_names_the_tool(runtime):
    (problem,) = await found(runtime, ADD, ToolCall("count"), ADD)
    assert problem.severity == "error"
    assert problem.where == "tool count"
    assert "the same call answered" in problem.what


async def test_rows_that_differ_are_found_behind_equal_answers(runtime):
    (problem,) = await found(runtime, ADD, ToolCall("hide"), ADD)
    assert problem.where == "tool hide"
    assert "different rows" in problem.what
