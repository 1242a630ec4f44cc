"""The worlds of a run on its page."""

import re
from dataclasses import replace

from awm.synthesis.llm_author.report_worlds import left_as_is, lost_ones, world_table
from awm.synthesis.llm_author.reporting import Passage
from tests.pages.outlining import Outline

from .runs import LOST, PART, PROVEN, went


def row(title):
    """The texts of a world's row."""
    table = Outline(world_table(went())).texts
    texts = [text.strip() for text in table if text.strip()]
    place = texts.index(title)
    return texts[place + 1 : place + 8]


def test_each_world_tells_how_often_the_model_was_asked_and_what_came_of_it():
    assert row(PROVEN) == ["proven", "10 / 10", "1", "1", "3", "400", "0.0200"]
    assert row(PART) == ["in part", "7 / 10", "3", "5!", "9", "12,345", "0.50"]
    assert row(LOST) == ["lost", "-", "1", "✕", "0", "0", "0.00"]
    assert row("table 'x' is missing world")[:4] == ["not finished", "-", "·", "·"]


def test_what_was_left_is_told_by_stage_and_what_has_to_be_mended_comes_first():
    report = went()
    noted = replace(report.by_world[0], stages=(Passage("task", 1, ("only a note",)),))
    shown = left_as_is(replace(report, by_world=(noted, *report.by_world[1:])))
    titles = re.findall(r"<summary><b>(.*?)</b>", shown)
    assert titles == [PART, PROVEN]
    assert shown.count("left wrong") == 2
    assert "only a note" in Outline(shown).texts


def test_the_whole_reason_of_a_loss_is_told():
    why = "it does not start: " + "no such column; " * 500
    shown = lost_ones(went(why))
    assert why in Outline(shown).texts
    assert ">env<" in shown


def test_where_there_is_nothing_there_is_no_heading():
    report = replace(went(), by_world=(), lost=())
    assert (world_table(report), left_as_is(report), lost_ones(report)) == ("", "", "")
