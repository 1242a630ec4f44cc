"""Each deed of a task matters, and carrying its calls out again comes to its end."""

from dataclasses import replace

import pytest

from awm.synthesis.tasks import KINDS
from awm.synthesis.tasks.needed import all_needed, carried_out
from awm.types import ToolCall
from tests.synthesis.tasks.lots import drafts, start


@pytest.mark.parametrize("kind", KINDS)
def test_the_calls_that_are_not_refused_come_to_the_end_of_the_draft(kind):
    for seed, made in drafts(kind, 2):
        books, surface = start(seed)
        calls = [call for place, call in enumerate(made.calls) if place not in made.refused]
        end = carried_out(books, surface, calls)
        assert end is not None
        assert end.same_as(made.end)


def test_a_deed_that_is_done_again_is_not_needed_the_first_time():
    found = 0
    for seed, made in drafts("correction", 1):
        books, surface = start(seed)
        edits = [call for call in made.calls if surface.by_name[call.name].method == "PATCH"]
        if not edits:
            continue
        found += 1
        twice = replace(made, calls=(*made.calls, edits[-1]))
        assert not all_needed(twice, books, surface)
    assert found


def test_what_only_looks_is_nobodys_deed():
    for seed, made in drafts("question", 1):
        assert all_needed(made, *start(seed))


def test_a_call_about_a_row_that_is_not_there_comes_to_nothing():
    books, surface = start(0)
    tool = next(tool for tool in surface.tools if tool.kind == "edit")
    assert tool.row_parameter is not None
    assert (
        carried_out(books, surface, [ToolCall(tool.name, {tool.row_parameter.name: 10**6})]) is None
    )
