"""What calls changed, as HTML."""

import pytest

from awm.rollout.report_diffs import state_diff
from awm.runtime import RowChange, StateDiff, TableDiff
from tests.pages.outlining import HOSTILE, Outline


def table(name="notes", added=(), removed=(), changed=()):
    return TableDiff(name, ("id",), tuple(added), tuple(removed), tuple(changed))


def shown(*tables):
    return "".join(Outline(state_diff(StateDiff(tables))).texts)


def test_no_change_is_nothing():
    assert state_diff(StateDiff(())) == ""


def test_a_new_row_is_told_with_its_cells_but_for_those_that_hold_nothing():
    assert "+id 2 title tea" in shown(table(added=[{"id": 2, "title": "tea", "due": None}]))


def test_a_gone_row_is_told_with_its_cells():
    assert "-id 2 title tea" in shown(table(removed=[{"id": 2, "title": "tea"}]))


def test_of_a_changed_row_the_key_and_the_cells_that_differ_are_told():
    change = RowChange(
        {"id": 2, "title": "tea", "paid": 0}, {"id": 2, "title": "tea", "paid": None}
    )
    text = shown(table(changed=[change]))
    assert "~id 2 paid 0 → NULL" in text
    assert "title" not in text


def test_of_very_many_rows_tables_and_columns_it_is_said_how_many_are_left_out():
    rows = [{"id": number} for number in range(10)]
    assert "and 4 more rows" in shown(table(added=rows))
    assert "and 2 more tables" in shown(*(table(f"t{number}", rows[:1]) for number in range(10)))
    wide = {f"c{number}": number for number in range(30)}
    assert "and 6 more columns" in shown(table(added=[wide]))


def test_a_huge_value_is_cut():
    assert len(state_diff(StateDiff((table(added=[{"id": "x" * 10_000_000}]),)))) < 2_000


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_world_holds_stays_text(text):
    change = RowChange({"id": 1, text: "a"}, {"id": 1, text: text})
    page = state_diff(StateDiff((table(text, [{text: text}], [{text: text}], [change]),)))
    known = {"div", "p", "b", "span", "ul", "li", "i", "del", "ins"}
    assert {tag for tag, *_ in Outline(page).elements} <= known
    page.encode()
