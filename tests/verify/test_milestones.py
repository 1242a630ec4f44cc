import pytest

from awm.errors import UsageError
from awm.runtime.schema import Column, Schema, TableSchema
from awm.verify.effects import Added, Changed, Effects, Ref, Removed, Stamp
from awm.verify.milestones import Minefield, milestones_of, minefields_of


def order(status="draft", label="orders#1", **cells):
    row = {"customer": 1, "total": 5.0, "made_at": Stamp(True), "status": status, **cells}
    return Added("orders", label, row)


def line(sku, label="lines#1", target="orders#1"):
    return Added("lines", label, {"order_id": Ref(target), "sku": sku})


def stock(amount, number=7):
    return Changed("products", {"id": number}, {"stock": amount})


def told(*steps, names=None):
    return [(found.name, found.effects) for found in milestones_of(steps, names)]


def test_each_call_that_brings_something_about_is_a_milestone():
    first = Effects(added=(order(),))
    second = Effects(added=(order(), line("a")))
    third = Effects(added=(order(), line("a")), changed=(stock(3),))
    assert told(first, second, third) == [
        ("step 1", first),
        ("step 2", Effects(added=(line("a"),))),
        ("step 3", Effects(changed=(stock(3),))),
    ]


def test_a_call_that_only_reads_is_none():
    first = Effects(added=(order(),))
    assert [name for name, _ in told(Effects(), first, first)] == ["step 2"]


def test_a_task_that_only_reads_has_none():
    assert told(Effects(), Effects()) == []
    assert told() == []


def test_milestones_may_be_called_after_the_tools():
    first = Effects(added=(order(),))
    assert told(Effects(), first, names=["look", "order"]) == [("step 2 order", first)]
    with pytest.raises(UsageError, match="1 names for 2 steps"):
        milestones_of([Effects(), first], ["look"])


def test_a_row_that_is_removed_again_is_no_goal():
    draft = Effects(added=(Added("drafts", "drafts#1", {"text": "a"}),))
    assert told(draft, Effects(), Effects(removed=(Removed("notes", {"id": 1}),))) == [
        ("step 3", Effects(removed=(Removed("notes", {"id": 1}),)))
    ]


def test_a_value_that_is_written_over_is_no_goal():
    assert told(
        Effects(changed=(stock(9),)), Effects(changed=(stock(3),)), Effects(changed=(stock(3),))
    ) == [("step 2", Effects(changed=(stock(3),)))]


def test_of_a_draft_that_is_finished_later_the_draft_is_a_milestone_and_so_is_the_finish():
    first, second = told(Effects(added=(order("draft"),)), Effects(added=(order("placed"),)))
    cells = {"customer": 1, "total": 5.0, "made_at": Stamp(True)}
    assert first == ("step 1", Effects(added=(Added("orders", "orders#1", cells),)))
    assert second == ("step 2", Effects(added=(order("placed"),)))


def test_a_row_that_has_little_in_common_with_the_end_is_another_row():
    other = order("draft", customer=2, total=1.0, made_at=Stamp(False))
    assert [
        name for name, _ in told(Effects(added=(other,)), Effects(added=(order("placed"),)))
    ] == ["step 2"]


def test_labels_may_change_from_step_to_step():
    one = Effects(added=(line("b"),))
    both = Effects(added=(line("a", "lines#1"), line("b", "lines#2")))
    assert told(one, both) == [
        ("step 1", Effects(added=(line("b", "lines#2"),))),
        ("step 2", Effects(added=(line("a", "lines#1"),))),
    ]


def test_two_rows_alike_are_two_goals():
    one = Effects(added=(line("a", "lines#1"),))
    two = Effects(added=(line("a", "lines#1"), line("a", "lines#2")))
    assert [len(effects.added) for _, effects in told(one, two)] == [1, 1]


def test_a_row_without_cells_is_a_goal_once():
    bare = Effects(added=(Added("visits", "visits#1", {}),))
    assert told(bare, bare) == [("step 1", bare)]


def schema(**tables):
    return Schema(
        {
            name: TableSchema(
                name, tuple(Column(c, "", None) for c in columns), ("id",), "id", (), ()
            )
            for name, columns in tables.items()
        }
    )


SHOP = schema(orders=["id", "status"], products=["id", "stock", "price"], users=["id", "name"])


def mines(expected, *alternatives):
    return {
        (mine.table, mine.act, mine.columns)
        for mine in minefields_of(expected, SHOP, *alternatives)
    }


def test_every_table_that_a_solution_leaves_alone_is_a_minefield():
    assert mines(Effects()) == {(table, "any", None) for table in ("orders", "products", "users")}


def test_in_a_table_that_is_touched_other_acts_and_other_columns_are_minefields():
    expected = Effects(added=(order(),), changed=(stock(3),))
    assert mines(expected) == {
        ("orders", "remove", None),
        ("orders", "change", None),
        ("products", "add", None),
        ("products", "remove", None),
        ("products", "change", frozenset({"id", "price"})),
        ("users", "any", None),
    }


def test_what_one_solution_does_is_nobodys_minefield():
    rename = Effects(changed=(Changed("users", {"id": 1}, {"name": "b"}),))
    assert ("users", "any", None) not in mines(Effects(), rename)
    assert ("users", "change", frozenset({"id"})) in mines(Effects(), rename)


def test_no_solution_is_on_its_own_minefields():
    expected = Effects(
        added=(order(),), changed=(stock(3),), removed=(Removed("users", {"id": 1}),)
    )
    assert all(mine.hit(expected) is None for mine in minefields_of(expected, SHOP))


@pytest.mark.parametrize(
    ("mine", "hit"),
    [
        (Minefield("orders", "any", None, ""), "add orders"),
        (Minefield("orders", "add", None, ""), "add orders"),
        (Minefield("orders", "remove", None, ""), None),
        (Minefield("products", "change", None, ""), "change products stock and 1 more"),
        (
            Minefield("products", "change", frozenset({"stock"}), ""),
            "change products stock and 1 more",
        ),
        (Minefield("products", "change", frozenset({"price"}), ""), None),
        (Minefield("users", "any", None, ""), "remove users"),
        (Minefield("users", "remove", None, ""), "remove users"),
        (Minefield("users", "change", None, ""), None),
        (Minefield("notes", "any", None, ""), None),
    ],
)
def test_a_minefield_says_what_is_on_it(mine, hit):
    actual = Effects(
        added=(order(),),
        removed=(Removed("users", {"id": 1}),),
        changed=(stock(3), stock(4, number=8)),
    )
    assert mine.hit(actual) == hit


@pytest.mark.parametrize(
    ("mine", "text"),
    [
        (Minefield("orders", "any", None, ""), "orders"),
        (Minefield("orders", "add", None, ""), "add orders"),
        (Minefield("orders", "change", frozenset({"b", "a"}), ""), "change orders.{a, b}"),
    ],
)
def test_a_minefield_has_a_short_name(mine, text):
    assert str(mine) == text
