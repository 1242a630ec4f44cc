"""The cases: a near miss is really wrong, and what has to be accepted is really right."""

from awm.audit.cases import idle_cases
from awm.audit.compiled import compiled_rows
from awm.audit.model import CaseKind
from awm.types import ToolCall
from awm.worlds import World
from tests.audit.tasked import (
    BOTH,
    STRAYS,
    TASK,
    add,
    deciding,
    exhibits_of,
    oracle,
    proven,
    tasked,
)

ACCEPTED: set[CaseKind] = {"oracle", "again", "later", "alternative", "reordering"}


def of(exhibits, kind):
    return [exhibit.case for exhibit in exhibits if exhibit.case.kind == kind]


async def test_each_kind_says_what_its_verdict_has_to_be(runtime):
    exhibits = await exhibits_of(runtime, tasked())
    assert exhibits[0].case.kind == "oracle"
    for exhibit in exhibits:
        assert exhibit.case.accept == (exhibit.case.kind in ACCEPTED)
        assert exhibit.case.why


async def test_no_two_near_misses_of_an_oracle_are_the_same(runtime):
    made = [
        (exhibit.image, exhibit.case.answer)
        for exhibit in await exhibits_of(runtime, tasked())
        if exhibit.case.kind not in ("oracle", "again", "later", "nothing")
    ]
    assert len(set(made)) == len(made)


def test_doing_nothing_is_tried_with_answers_that_say_nothing():
    cases = [exhibit.case for exhibit in idle_cases(TASK, b"")]
    assert {None, "", TASK} < {case.answer for case in cases}
    assert {(case.kind, case.accept, case.calls) for case in cases} == {("nothing", False, ())}


async def test_where_no_answer_is_asked_any_words_will_do(runtime):
    oracles = of(await exhibits_of(runtime, tasked()), "oracle")
    assert [case.answer is None for case in oracles] == [True, False]


async def test_a_near_miss_that_comes_to_the_same_is_none(runtime):
    """The second renaming undoes what a mutation of the first one did."""
    world = tasked(
        solved=oracle(
            {"tool": "rename_note", "arguments": {"note_id": 1, "title": "milk"}},
            {"tool": "rename_note", "arguments": {"note_id": 1, "title": "bread"}},
        ),
        task="Call the note milk, then bread.",
    )
    exhibits = await exhibits_of(runtime, world)
    assert [case.calls[0].arguments for case in of(exhibits, "value")] == [
        {"note_id": 1, "title": "milk"}
    ] * len(of(exhibits, "value"))
    assert of(exhibits, "value")
    assert not of(exhibits, "reordering")


async def test_every_proper_prefix_that_matters_is_tried(runtime):
    calls = [add("milk"), {"tool": "list_notes"}, add("bread"), {"tool": "list_notes"}]
    exhibits = await exhibits_of(runtime, tasked(solved=oracle(*calls)))
    assert [len(case.calls) for case in of(exhibits, "prefix")] == [0, 1]


async def test_forty_calls_are_proven_like_two(runtime, pool):
    task = " ".join(f'Add "note {number}".' for number in range(40))
    long = oracle(*(add(f"note {number}") for number in range(40)))
    condition = "set(after) == {'first', *(f'note {n}' for n in range(40))} and len(after) == 41"
    audit = await proven(runtime, pool, tasked(deciding(condition), solved=long, task=task))
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert audit.tried["prefix"] == 40
    assert audit.tried["reordering"] == 12


NUMBERED = oracle(
    add("milk"), add("bread"), answer="Milk has number 2, bread has number 3.", facts=["2", "3"]
)


async def test_another_order_is_not_right_where_the_answer_tells_who_got_which_number(runtime):
    told = await exhibits_of(runtime, tasked(solved=NUMBERED))
    untold = await exhibits_of(runtime, tasked())
    assert (len(of(told, "reordering")), len(of(untold, "reordering"))) == (0, 1)


VIEWED = """
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS views (note INTEGER, count INTEGER)")


@app.get("/notes/{note_id}", operation_id="get_note")
async def get_note(note_id: int):
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO views VALUES (?, 1)", (note_id,))
    return {"id": note_id}
"""
LOOK = {"tool": "get_note", "arguments": {"note_id": 1}}


async def test_what_a_look_leaves_behind_is_nobodys_fault(runtime, pool):
    """A right verifier does not count views: neither more nor fewer of them are a near miss."""
    looked = oracle(LOOK, add("milk"), LOOK, add("bread"), LOOK)
    strays = (*STRAYS, ToolCall("get_note", {"note_id": 7}))
    audit = await proven(runtime, pool, tasked(tools=VIEWED, solved=looked), strays=strays)
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert (audit.tried["prefix"], audit.tried["stray"]) == (4, 1)


async def test_a_question_leaves_only_views_and_needs_its_answer(runtime, pool):
    question = oracle(LOOK, answer="It is note 1.", facts=["note 1"])
    code = deciding('before == after and "note 1" in answer')
    audit = await proven(runtime, pool, tasked(code, tools=VIEWED, solved=question, task="Which?"))
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    idle = await proven(runtime, pool, tasked(deciding("True"), tools=VIEWED, solved=oracle(LOOK)))
    assert "changes nothing and answers nothing" not in idle.reason


CLEARED = """
@app.get("/clear", operation_id="clear")
async def clear():
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM notes")
    return {}
"""


async def test_a_get_that_is_all_the_task_is_about_is_no_look(runtime, pool):
    world = tasked(deciding("not after"), tools=CLEARED, solved=oracle({"tool": "clear"}))
    audit = await proven(runtime, pool, world)
    assert (audit.verdict, audit.tried["prefix"]) == ("proven", 1)


STAMPED = """
@app.post("/touch", operation_id="touch")
async def touch():
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET updated_at = 'now and then'")
    return {}
"""
USERS = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL);",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, updated_at TEXT);",
)


async def test_a_stray_that_only_touches_a_time_stamp_is_none(runtime):
    world = tasked(
        tools=STAMPED,
        ddl=USERS,
        inserts=["INSERT INTO notes (title) VALUES ('first'); INSERT INTO users VALUES (1, 'x');"],
    )
    exhibits = await exhibits_of(runtime, world, (ToolCall("touch"), *STRAYS))
    assert [case.calls[-1].name for case in of(exhibits, "stray")] == ["add_note"]


UUIDS = """
import uuid
from datetime import datetime

with engine.begin() as connection:
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, what TEXT, at TEXT, paid INTEGER)"
    )


@app.post("/orders", operation_id="place_order")
async def place_order(what: str):
    key = str(uuid.uuid4())
    with engine.begin() as connection:
        row = (key, what, datetime.now().isoformat())
        connection.exec_driver_sql("INSERT INTO orders VALUES (?, ?, ?, 0)", row)
    return {"order": {"id": key, "what": what}}


@app.post("/orders/{order_id}/pay", operation_id="pay_order")
async def pay_order(order_id: str):
    with engine.begin() as connection:
        done = connection.exec_driver_sql("UPDATE orders SET paid = 1 WHERE id = ?", (order_id,))
        if not done.rowcount:
            raise HTTPException(404, "there is no such order")
    return {"paid": order_id}
"""


async def ordering(runtime, **others) -> World:
    """A world whose oracle pays an order under the identifier that it got."""
    world = tasked(tools=UUIDS)
    place = {"tool": "place_order", "arguments": {"what": "milk"}}
    async with await runtime.launch(world) as instance:
        answer = await instance.call_tool("place_order", {"what": "milk"})
    key = answer.text.split('"id": "')[1].split('"')[0]
    pay = {"tool": "pay_order", "arguments": {"order_id": key}}
    solved = oracle(place, pay, **{k: v.format(key) for k, v in others.items()})
    return tasked(tools=UUIDS, solved=solved, task="Order milk and pay for it.")


async def test_identifiers_by_chance_are_taken_from_the_answers_of_each_run(runtime, pool):
    world = await ordering(runtime)
    exhibits = await exhibits_of(runtime, world)
    (late,) = of(exhibits, "later")
    assert late.calls[0] == exhibits[0].case.calls[0]
    assert late.calls[1] != exhibits[0].case.calls[1]
    rows, _ = await compiled_rows(runtime, world)
    audit = await proven(runtime, pool, World.from_records({**world.records, **rows}))
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert {"orders.id", "orders.at"} <= audit.volatile.keys()


async def test_an_answer_that_holds_by_chance_is_not_right_with_other_dice(runtime):
    exhibits = await exhibits_of(runtime, await ordering(runtime, answer="It has the number {}."))
    assert not of(exhibits, "later")
    assert of(exhibits, "again")


async def test_a_value_made_up_by_the_oracle_is_not_required(runtime):
    asked = await exhibits_of(runtime, tasked(solved=oracle(add("milk for tea")), task=TASK))
    assert {case.calls[0].arguments["title"] for case in of(asked, "value")} == {"something else"}
    free = oracle(add("a word of thanks"))
    exhibits = await exhibits_of(runtime, tasked(solved=free, task="Leave a friendly line."))
    assert not of(exhibits, "value")
    assert of(exhibits, "prefix")


async def test_a_near_miss_that_makes_a_handler_fail_is_passed_over(runtime):
    tools = """
@app.post("/strict", operation_id="strict")
async def strict(title: str):
    {"milk": 1}[title]
    return await add_note(title)
"""
    solved = oracle({"tool": "strict", "arguments": {"title": "milk"}})
    exhibits = await exhibits_of(runtime, tasked(tools=tools, solved=solved))
    assert not of(exhibits, "value")
    assert of(exhibits, "stray")


async def test_the_world_is_as_it_was_before_each_case(runtime):
    once = await exhibits_of(runtime, tasked(solved=BOTH))
    again = await exhibits_of(runtime, tasked(solved=BOTH))
    assert once == again
