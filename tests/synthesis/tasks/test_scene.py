"""Moves are worded by the action's phrases, with all that they are given and nothing else."""

import re

from awm.synthesis.dry.carrying import refusal
from awm.synthesis.tasks.clerk import Unfindable
from awm.synthesis.tasks.scene import is_undoing
from tests.synthesis.tasks.lots import scene


def test_a_move_that_is_found_would_be_carried_out():
    for lot in range(30):
        stage = scene(lot % 3, lot)
        clerk = stage.clerk()
        for action in stage.actions:
            move = stage.move(clerk, action)
            if move is not None:
                assert refusal(clerk.books, action, move.arguments, move.on) is None
                assert (move.on is None) == (action.on is None)


def test_all_that_a_move_is_given_is_told():
    for lot in range(30):
        stage = scene(lot % 3, lot)
        clerk = stage.clerk()
        for action in stage.actions:
            move = stage.any_move(clerk, action)
            if move is None:
                continue
            try:
                texts = stage.texts(clerk, move)
            except Unfindable:
                continue
            assert texts, action.name
            for text in texts:
                assert not re.search(r"[{}]", text)
                for name, value in move.arguments.items():
                    if isinstance(value, str) and action.takes[name].kind == "text":
                        assert value in text


def test_what_stands_in_the_place_of_a_parameter_is_said_instead():
    stage = scene(0, 4)
    clerk = stage.clerk()
    move = stage.move(clerk, stage.blueprint.actions["return_tool"])
    assert move is not None
    for text in stage.texts(clerk, move, {"loan": "every open loan"}):
        assert "every open loan" in text


def test_the_wanted_action_comes_first():
    assert scene(0, 1, "take_payment").actions[0].name == "take_payment"


def test_only_rows_in_the_right_state_can_be_begun_with():
    stage = scene(0, 1)
    rows = stage.startable(stage.books, stage.blueprint.actions["return_tool"])
    assert rows
    assert {row.status for row in rows} == {"open"}


def test_undoing_is_told_by_the_name_or_by_the_removal():
    actions = scene(0, 1).blueprint.actions
    undoing = {name for name, action in actions.items() if is_undoing(action)}
    assert undoing == {"drop_inspection", "drop_hold"}
