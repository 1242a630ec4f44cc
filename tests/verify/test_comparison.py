from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import SnapshotError
from awm.verify.comparison import compare, same_end_state
from awm.verify.effects import Added, Changed, Effects, Ref, Removed, Stamp
from tests.verify.databases import changed, database

# Two orders of the same content, each with two lines.


def orders(first: tuple[str, str], second: tuple[str, str], **more: object) -> Effects:
    lines = [*((1, what) for what in first), *((2, what) for what in second)]
    return Effects(
        (
            *(Added("orders", f"orders#{number}", {"user_id": 1, **more}) for number in (1, 2)),
            *(
                Added("lines", f"lines#{at}", {"order_id": Ref(f"orders#{number}"), "what": what})
                for at, (number, what) in enumerate(lines)
            ),
        )
    )


def test_equal_effects_have_no_difference():
    comparison = compare(orders(("a", "b"), ("c", "d")), orders(("d", "c"), ("b", "a")))
    assert comparison.equal
    assert (comparison.missing, comparison.unexpected) == (Effects(), Effects())
    assert str(comparison) == "no difference"


def test_two_orders_whose_lines_were_swapped_are_told_apart():
    comparison = compare(orders(("a", "b"), ("c", "d")), orders(("a", "c"), ("b", "d")))
    assert not comparison.equal
    assert comparison.missing.added
    assert comparison.unexpected.added


def test_of_an_order_with_a_wrong_line_only_that_line_is_told():
    comparison = compare(orders(("a", "b"), ("c", "d")), orders(("a", "b"), ("c", "z")))
    assert comparison.lines == (
        "missing: lines#3 added: order_id=orders#2, what='d'",
        "unexpected: lines#3 added: order_id=orders#2, what='z'",
    )


def test_a_row_more_or_less_is_told():
    whole = orders(("a", "b"), ("c", "d"))
    less = replace(whole, added=whole.added[:-1])
    assert compare(whole, less).missing.added == whole.added[-1:]
    assert not compare(whole, less).unexpected
    assert compare(less, whole).unexpected.added == whole.added[-1:]


def test_rows_count_as_often_as_they_occur():
    row = Added("t", "t#1", {"a": 1})
    once, twice = Effects((row,)), Effects((row, replace(row, label="t#2")))
    assert len(compare(twice, once).missing.added) == 1
    assert compare(twice, twice).equal


def test_a_changed_row_is_told_with_the_cells_that_differ():
    def change(**cells):
        return Effects(changed=(Changed("t", {"id": 3}, cells),))

    comparison = compare(change(a=1, b="x", c=None), change(a=1.0, b="y", d=5))
    assert comparison.lines == (
        "missing: t (id=3) changed: b='x', c=NULL",
        "unexpected: t (id=3) changed: b='y', d=5",
    )


def test_a_change_that_leads_to_another_new_row_is_told():
    def change(label):
        rows = Added("t", "t#1", {"a": 1}), Added("t", "t#2", {"a": 2})
        return Effects(rows, (), (Changed("u", {"id": 1}, {"t_id": Ref(label)}),))

    comparison = compare(change("t#1"), change("t#2"))
    assert not comparison.equal
    assert comparison.missing.changed
    assert comparison.unexpected.changed


def test_removed_rows_are_compared_by_key():
    one, other = (Effects(removed=(Removed("t", {"id": number}),)) for number in (1, 2))
    assert compare(one, other).lines == (
        "missing: t (id=1) removed", "unexpected: t (id=2) removed"
    )  # fmt: skip
    assert compare(one, Effects(removed=(Removed("t", {"id": 1.0}),))).equal


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (5, 5.0, True),
        (0.1 + 0.2, 0.3, True),
        (5, 6, False),
        (None, 0, False),
        ("5", 5, False),
        (Stamp(True), Stamp(False), False),
        (Stamp(True), "x", False),
        (b"a", "a", False),
    ],
)
def test_cells_are_compared_by_what_they_say(one, other, equal):
    effects = [Effects((Added("t", "t#1", {"a": cell}),)) for cell in (one, other)]
    assert compare(*effects).equal is equal


def test_rows_of_equal_content_are_told_apart_by_what_names_them():
    def done(first, second):
        return Effects(
            (
                Added("t", "t#1", {}), Added("t", "t#2", {}),
                Added("u", "u#1", {"a": 1, "t_id": Ref(first)}),
                Added("u", "u#2", {"a": 2, "t_id": Ref(second)}),
            )
        )  # fmt: skip

    assert compare(done("t#1", "t#2"), done("t#2", "t#1")).equal
    assert not compare(done("t#1", "t#2"), done("t#1", "t#1")).equal


SCALARS = st.none() | st.integers(-5, 5) | st.sampled_from(["", "a", "b", 0.5, b"x"])
LABELS = [f"t#{number}" for number in range(5)]
CELLS = st.fixed_dictionaries(
    {
        "a": SCALARS,
        "b": SCALARS | st.builds(Ref, st.sampled_from(LABELS)),
        "c": st.builds(Stamp, st.booleans()),
    }
)


@st.composite
def any_effects(draw) -> Effects:
    cells = draw(st.lists(CELLS, min_size=5, max_size=5))
    keys = draw(st.lists(st.integers(0, 9), max_size=3, unique=True))
    return Effects(
        tuple(Added("t", label, row) for label, row in zip(LABELS, cells, strict=True)),
        tuple(Removed("u", {"id": key + 100}) for key in keys),
        tuple(Changed("u", {"id": key}, draw(CELLS)) for key in keys),
    )


def renamed(effects: Effects, names: dict[str, str]) -> Effects:
    def cells(row):
        return {
            column: Ref(names[cell.row]) if isinstance(cell, Ref) else cell
            for column, cell in row.items()
        }

    added = [replace(row, label=names[row.label], cells=cells(row.cells)) for row in effects.added]
    return Effects(
        tuple(sorted(added, key=lambda row: row.label)),
        effects.removed[::-1],
        tuple(replace(row, cells=cells(row.cells)) for row in effects.changed[::-1]),
    )


@given(any_effects(), st.permutations(LABELS))
def test_a_comparison_is_reflexive_whatever_the_labels_and_the_order(effects, labels):
    comparison = compare(effects, renamed(effects, dict(zip(LABELS, labels, strict=True))))
    assert comparison.equal, str(comparison)


@given(any_effects(), st.permutations(LABELS), st.integers(0, 4), st.sampled_from("ab"))
def test_any_one_changed_cell_is_told(effects, labels, at, column):
    row = effects.added[at]
    other = replace(row, cells={**row.cells, column: "something else"})
    wrong = replace(effects, added=(*effects.added[:at], other, *effects.added[at + 1 :]))
    comparison = compare(effects, renamed(wrong, dict(zip(LABELS, labels, strict=True))))
    assert not comparison.equal
    assert comparison.missing.added
    assert any("something else" in row.cells.values() for row in comparison.unexpected.added)


@given(any_effects(), any_effects())
def test_a_comparison_the_other_way_round_says_the_same(one, other):
    there, back = compare(one, other), compare(other, one)
    assert there.equal is back.equal
    assert len(there.missing.removed) == len(back.unexpected.removed)
    assert len(there.missing.changed) == len(back.unexpected.changed)


BEFORE = database(
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title, created_at DEFAULT CURRENT_TIMESTAMP);"
)


async def test_two_end_states_are_compared_through_the_examiner(runtime):
    one = changed(BEFORE, "INSERT INTO notes VALUES (1, 'a', 't1'), (2, 'b', 't1');")
    other = changed(BEFORE, "INSERT INTO notes VALUES (7, 'b', 't2'), (8, 'a', 't2');")
    assert (await same_end_state(runtime.examiner, "notes", BEFORE, one, other)).equal
    strict = await same_end_state(runtime.examiner, "notes", BEFORE, one, other, volatile={})
    assert not strict.equal


async def test_a_damaged_end_state_is_an_error(runtime):
    with pytest.raises(SnapshotError):
        await same_end_state(runtime.examiner, "notes", BEFORE, BEFORE, b"damaged" * 1000)
