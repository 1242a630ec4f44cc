"""Steps build on one another: what a step makes or works on is what the next is about."""

import random

from awm.synthesis.dry import Refusal, perform
from awm.synthesis.tasks.clerk import Clerk
from awm.synthesis.tasks.needed import _value
from awm.synthesis.tasks.request import Do, Find
from tests.synthesis.tasks.lots import drafts, start
from tests.synthesis.tasks.onlooker import Onlooker


def test_there_are_several_steps_and_each_is_a_call_that_changes_something():
    for seed, made in drafts("workflow"):
        _, surface = start(seed)
        acts = [call for call in made.calls if surface.by_name[call.name].kind == "action"]
        steps = [clause for clause in made.clauses if isinstance(clause, Do)]
        assert len(acts) == len(steps) >= 2


def test_a_number_is_asked_for_only_at_the_end_and_is_shown_there():
    met = 0
    for seed, made in drafts("workflow"):
        assert all(isinstance(clause, Do) for clause in made.clauses[:-1])
        if isinstance(made.clauses[-1], Find):
            assert made.facts
            assert made.answer
            assert Onlooker(*start(seed), made).shown
            met += 1
    assert met > 3


def test_what_was_just_made_is_called_the_new_one():
    texts = [
        text for _, made in drafts("workflow") for clause in made.clauses for text in clause.texts
    ]
    assert any("the new loan" in text for text in texts)


def test_no_step_takes_back_what_another_has_done():
    for seed, made in drafts("workflow", 2):
        books, surface = start(seed)
        clerk = Clerk(books, surface, random.Random(1), "iso")
        for call in made.calls:
            tool = surface.by_name[call.name]
            if tool.action is None:
                continue
            given = {
                each.field.name: _value(clerk.books, each.field, call.arguments[each.name])
                for each in tool.parameters
                if each.field is not None and each.name in call.arguments
            }
            on = tool.row_parameter and clerk.books.row(
                tool.action.on, call.arguments[tool.row_parameter.name]
            )
            assert not clerk.settled.against(tool.action, given, on), made.calls
            outcome = perform(clerk.books, tool.action, given, on)
            assert not isinstance(outcome, Refusal)
            clerk.settled.after(tool.action, given, on, outcome if tool.action.makes else None)
