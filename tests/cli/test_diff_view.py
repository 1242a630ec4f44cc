"""State diffs as people read them."""

import pytest
from rich.console import Console

from awm.cli.diff_view import describe
from awm.runtime import RowChange, StateDiff, TableDiff


def shown(*tables: TableDiff, width=80, **options) -> list[str]:
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(describe(StateDiff(tables), **options))
    return [line.rstrip() for line in capture.get().splitlines()]


def table(name="orders", key=("id",), added=(), removed=(), changed=()) -> TableDiff:
    return TableDiff(name, key, tuple(added), tuple(removed), tuple(changed))


def test_no_difference_is_said():
    assert shown() == ["nothing changed"]


def test_rows_are_marked_by_what_became_of_them():
    before = {"id": 7, "status": "open", "note": None, "total": 5}
    after = {"id": 7, "status": "paid", "note": "thanks", "total": 5}
    assert shown(
        table(
            added=[
                {"id": 8, "status": "open", "note": None, "total": 1.5},
                {"id": 10, "status": "on hold", "note": None, "total": 20},
            ],
            removed=[{"id": 2, "status": "void", "note": "a  b\nc", "total": 0}],
            changed=[RowChange(before, after)],
        )
    ) == [
        "orders  2 added, 1 removed, 1 changed",
        "  ~  id=7  status  open -> paid",
        "           note    NULL -> thanks",
        "     id  status   total",
        "  +   8  open       1.5",
        "  +  10  on hold     20",
        "     id  status  note   total",
        "  -   2  void    a b c      0",
    ]


def test_rows_too_wide_for_the_console_are_told_cell_by_cell():
    row = {"id": 8, "title": "A title of some length", "status": "open", "n": 5, "note": None}
    assert shown(table(added=[row]), width=40) == [
        "orders  1 added",
        "  +  id=8  title=A title of some length",
        "     status=open  n=5",
    ]


def test_volatile_columns_are_said_to_be_so_with_the_reason():
    change = RowChange({"id": 1, "at": "t0"}, {"id": 1, "at": "t1"})
    volatile = {("orders", "at"): "its default is CURRENT_TIMESTAMP", ("orders", "id"): "unseen"}
    assert shown(table(changed=[change]), volatile=volatile) == [
        "orders  1 changed",
        "  ~  id=1  at  t0 -> t1",
        "     volatile: at (its default is CURRENT_TIMESTAMP)",
    ]


def test_volatile_cells_are_dimmed():
    change = RowChange({"id": 1, "at": "t0", "a": 1}, {"id": 1, "at": "t1", "a": 2})
    console = Console(width=80, force_terminal=True, color_system="standard", highlight=False)
    with console.capture() as capture:
        console.print(describe(StateDiff((table(changed=[change]),)), {("orders", "at"): "why"}))
    (line,) = (line for line in capture.get().splitlines() if "t1" in line)
    assert "\x1b[2mt1" in line
    assert "\x1b[32m" not in line


def test_long_values_and_long_tables_are_cut_short():
    rows = [{"id": n, "text": "long " * 20, "blob": bytes(300)} for n in range(6)]
    lines = shown(table(added=rows))
    assert lines[:3] == [
        "orders  6 added",
        "     id  text                      blob",
        "  +   0  long long long long lon…  300 bytes",
    ]
    assert lines[-1] == "     and 2 more added"
    assert len(lines) == 7


def test_all_rows_are_shown_when_that_is_asked_for():
    rows = [{"id": number} for number in range(50)]
    lines = shown(table(added=rows, removed=rows), rows=None)
    assert len(lines) == 1 + 2 * 51
    assert not any("more" in line for line in lines)


def test_a_row_without_a_key_is_still_a_row():
    change = RowChange({"a": 1}, {"a": 2})
    assert shown(table(key=(), changed=[change])) == [
        "orders  1 changed", "  ~  a row  a  1 -> 2"
    ]  # fmt: skip


def test_a_table_that_came_empty_is_named():
    assert shown(table()) == ["orders  the table itself"]


@pytest.mark.parametrize("text", ["[bold]x[/]", "[/]"])
def test_values_are_shown_as_they_are(text):
    lines = shown(table(f"t{text}", added=[{"id": 1, "text": text}]))
    assert lines == [f"t{text}  1 added", "     id  text", f"  +   1  {text}"]


def test_a_row_of_nulls_is_still_shown():
    assert shown(table(key=(), added=[{"a": None}]))[-1].strip() == "+"
