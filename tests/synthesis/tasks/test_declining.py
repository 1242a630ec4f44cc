"""What is to be refused is refused by the first rule that it breaks, and nothing else is done."""

import datetime as dt

from awm.synthesis.tasks import declining
from awm.synthesis.tasks.scene import Move
from tests.synthesis.library import rows_as_values
from tests.synthesis.tasks.lots import drafts, scene, start


def test_the_rule_that_is_told_is_the_first_that_is_broken():
    for seed, made in drafts("decline"):
        books, surface = start(seed)
        (place,) = made.refused
        call = made.calls[place]
        tool = surface.by_name[call.name]
        action = tool.action
        assert action is not None
        names = dict.fromkeys(action.takes)
        for each in tool.parameters:
            if each.field is not None and each.name in call.arguments:
                value = call.arguments[each.name]
                if each.field.kind == "ref":
                    value = books.row(each.field.target, value)
                elif each.field.kind == "date":
                    value = dt.date.fromisoformat(value)
                names[each.field.name] = value
        rule = None
        if action.on:
            row = books.row(action.on, call.arguments[f"{action.on}_id"])
            names[action.on] = row
            if action.starts and row.status not in action.starts:
                rule = "wrong_status"
        for each in action.needs:
            if rule is None and not books.evaluate(each.test, names):
                rule = each.name
        assert made.facts
        assert rule in made.facts[0]


def test_the_refused_call_is_the_last_and_the_only_one_that_acts():
    for seed, made in drafts("decline"):
        _, surface = start(seed)
        assert made.refused == {len(made.calls) - 1}
        kinds = [surface.by_name[call.name].kind for call in made.calls]
        assert kinds.count("action") == 1
        assert kinds[-1] == "action"


def test_nothing_is_changed_and_the_rule_is_asked_for():
    for seed, made in drafts("decline"):
        assert rows_as_values(made.end) == rows_as_values(start(seed)[0])
        assert made.quotes_rule


def test_nothing_is_done_with_a_thing_and_the_same_thing():
    stage = scene(0, 1)
    action = stage.blueprint.actions["lend_tool"]
    tool, member = stage.books.rows("tool")[0], stage.books.rows("member")[0]
    assert declining._to_itself(Move(action, {"tool": tool, "other": tool}))
    assert not declining._to_itself(Move(action, {"member": member, "guarantor": member}))
    assert not declining._to_itself(Move(action, {"member": member, "tool": tool}))


def test_several_rules_are_met():
    rules = {made.facts[0][0] for _, made in drafts("decline") if made.facts}
    assert len(rules) >= 5
