"""What an agent means is made out from whatever it writes, and what was unusual is noted."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import move_schema, read_move
from awm.llm import Reply
from awm.types import ToolSpec

TOOLS = [ToolSpec("list_rooms", "", {}), ToolSpec("book_room", "", {})]
WITH = {"arguments": {"room_id": 3}}
BOOK = {"name": "book_room", **WITH}


def said(text, **reply):
    return read_move(Reply(text, **reply))


def called(text):
    move = said(text)
    assert move.call is not None
    return move.call.name, move.call.parsed()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"thought": "I book it.", "call": BOOK}),
        f"Here it is:\n```json\n{json.dumps({'call': BOOK})}\n```",
        json.dumps(BOOK),
        json.dumps({"thought": "now", "tool": "book_room", "args": {"room_id": 3}}),
        json.dumps({"call": "book_room", "arguments": {"room_id": 3}}),
        json.dumps({"id": "a", "type": "function", "function": BOOK}),
        json.dumps({"tool_calls": [{"id": "a", "type": "function", "function": BOOK}]}),
        json.dumps({"call": {**BOOK, "arguments": '{"room_id": 3}'}}),
        f"<think>hm</think><tool_call>\n{json.dumps(BOOK)}\n</tool_call>",
        f"<tool_call>{json.dumps(BOOK)}",
        json.dumps(
            {
                "name": "call_tool",
                "arguments": {"tool_name": "book_room", "arguments": {"room_id": 3}},
            }
        ),
        json.dumps({"call": {**BOOK, "name": "mcp_tool_book_room"}}),
        json.dumps([{"call": BOOK}]),
        json.dumps({"call": BOOK, "answer": None}),
        "{'call': {'name': 'book_room', 'arguments': {'room_id': 3,}}}",
    ],
)
def test_a_call_is_understood_however_it_is_written(text):
    assert called(text) == ("book_room", {"room_id": 3})


def test_a_call_of_a_tool_without_arguments_may_leave_them_out():
    assert called('{"name": "list_rooms"}') == ("list_rooms", {})
    assert called('{"call": {"name": "list_rooms"}}') == ("list_rooms", {})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"thought": "done", "answer": "Tejo, 5 credits"}', "Tejo, 5 credits"),
        ('{"answer": ""}', ""),
        ('{"final_answer": "7"}', "7"),
        ('{"answer": 7}', "7"),
        ('{"answer": {"rooms": [1, 2]}}', '{"rooms": [1, 2]}'),
        ("<think>so it is Tejo</think>\nThe room is Tejo.", "The room is Tejo."),
        ('The row is {"id": 4, "name": "Tejo"}, as you see.',) * 2,
    ],
)
def test_an_answer_ends_it_and_so_does_plain_prose(text, answer):
    move = said(text)
    assert (move.answer, move.call, move.fault) == (answer, None, "")


def test_only_the_first_of_several_moves_counts():
    move = said(f"{json.dumps({'call': BOOK})}\n\n{json.dumps({'answer': 'booked'})}")
    assert move.call is not None
    assert "further moves left out" in move.repairs


def test_a_call_and_an_answer_at_once_are_a_call():
    assert called(json.dumps({"call": BOOK, "answer": "booked"}))[0] == "book_room"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<think>I wonder</think>",
        '{"thought": "I shall book it"}',
        '{"id": 4, "name": "Tejo"}',
        "[]",
        "<tool_call>book the room</tool_call>",
        "{{{",
        "```json\n```",
    ],
)
def test_what_is_neither_is_told_with_the_form_that_is_wanted(text):
    move = said(text)
    assert (move.call, move.answer) == (None, None)
    assert '"call"' in move.fault
    assert '"answer"' in move.fault


def test_prose_that_breaks_off_is_no_answer():
    move = said("The rooms at Cais are Tejo, Dou", finish_reason="length")
    assert move.answer is None
    assert "briefer" in move.fault


@pytest.mark.parametrize("length", [30, 60, 70])
def test_a_call_that_breaks_off_is_not_made_with_half_of_its_arguments(length):
    whole = json.dumps(
        {"thought": "I add it.", "call": {"name": "add", "arguments": {"a": "milk"}}}
    )
    move = said(whole[:length])
    assert (move.call, move.answer) == (None, None)
    assert "broke off" in move.fault


def test_the_asked_form_needs_no_allowances_and_every_other_is_noted():
    assert said(json.dumps({"thought": "", "call": BOOK})).repairs == ()
    assert said(json.dumps({"thought": "", "answer": "x"})).repairs == ()
    assert said(json.dumps(BOOK)).repairs
    assert said("Tejo").repairs
    assert said(f"<tool_call>{json.dumps(BOOK)}</tool_call>").repairs


def test_the_schema_takes_a_call_of_a_known_tool_or_an_answer_and_nothing_else():
    schema = move_schema(TOOLS)
    jsonschema.Draft202012Validator.check_schema(schema)
    sound = jsonschema.Draft202012Validator(schema).is_valid
    assert sound({"thought": "", "call": BOOK})
    assert sound({"thought": "", "answer": "Tejo"})
    assert not sound({"thought": "", "call": {**BOOK, "name": "burn_room"}})
    assert not sound({"thought": "", "call": BOOK, "answer": "both"})
    assert not sound({"thought": ""})


@given(st.text(max_size=200))
def test_any_text_is_a_call_an_answer_or_a_fault(text):
    move = said(text)
    assert [move.call is not None, move.answer is not None, bool(move.fault)].count(True) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["call", "name", "arguments", "answer", "function", "tool_calls"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_a_call_an_answer_or_a_fault(value):
    move = said(json.dumps(value))
    assert [move.call is not None, move.answer is not None, bool(move.fault)].count(True) == 1
