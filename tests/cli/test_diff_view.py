"""State diffs as people read them."""

import pytest
from rich.console import Console

from awm.cli.diff_view import describe
from awm.runtime import RowChange, StateDiff, TableDiff


def shown(*tables: TableDiff) -> list[str]:
    console = Console(width=80, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(describe(StateDiff(tables)))
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
            added=[{"id": 8, "status": "open", "note": None, "total": 1.5}],
            removed=[{"id": 2, "status": "void", "note": "a  b\nc", "total": 0}],
            changed=[RowChange(before, after)],
        )
    ) == [
        "orders",
        "  ~ id=7  status: open -> paid  note: null -> thanks",
        "  + id=8  status=open  total=1.5",
        "  - id=2  status=void  note=a b c  total=0",
    ]


def test_long_values_and_long_tables_are_cut_short():
    rows = [{"id": n, "text": "long " * 20, "blob": bytes(300)} for n in range(6)]
    lines = shown(table(added=rows))
    assert lines[0] == "orders"
    assert lines[1] == "  + id=0  text=long long long long lon…  blob=300 bytes"
    assert lines[-1] == "    and 2 more"
    assert len(lines) == 6


def test_a_row_without_a_key_is_still_a_row():
    change = RowChange({"a": 1}, {"a": 2})
    assert shown(table(key=(), changed=[change])) == ["orders", "  ~ a row  a: 1 -> 2"]


@pytest.mark.parametrize("text", ["[bold]x[/]", "[/]"])
def test_values_are_shown_as_they_are(text):
    (_, line) = shown(table(added=[{"id": 1, "text": text}]))
    assert line == f"  + id=1  text={text}"
