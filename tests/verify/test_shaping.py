import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.verify.components import Component
from awm.verify.effects import Added, Changed, Effects, Ref, Removed
from awm.verify.milestones import Milestone, Minefield, milestones_of
from awm.verify.shaping import MOST, Shaping, ShapingWeights, shape


def line(sku, label, target="orders#1"):
    return Added("lines", label, {"order_id": Ref(target), "sku": sku})


ORDER = Added("orders", "orders#1", {"customer": 1, "note": None, "status": "placed"})
DRAFT = Added("orders", "orders#1", {"customer": 1, "note": None, "status": "draft"})
STOCK = Changed("products", {"id": 7}, {"stock": 3})
GONE = Removed("carts", {"id": 2})
STEPS = (
    Effects(added=(DRAFT,)),
    Effects(added=(DRAFT, line("a", "lines#1"))),
    Effects(added=(DRAFT, line("a", "lines#1"), line("a", "lines#2"))),
    Effects(added=(ORDER, line("a", "lines#1"), line("a", "lines#2")), changed=(STOCK,)),
    Effects(
        added=(ORDER, line("a", "lines#1"), line("a", "lines#2")), changed=(STOCK,), removed=(GONE,)
    ),
)
MILESTONES = milestones_of(STEPS)
MINES = tuple(Minefield(name, "any", None, f"{name} is not yours") for name in "abcdefgh")


def reached(actual, milestones=MILESTONES):
    return [
        part.name.removeprefix("milestone: step ")
        for part in shape(milestones, (), actual).components
        if part.value
    ]


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_whoever_goes_as_far_as_the_oracle_has_reached_as_much(place):
    assert reached(STEPS[place]) == [str(number + 1) for number in range(place + 1)]


def test_whoever_does_nothing_has_reached_nothing():
    assert shape(MILESTONES, (), Effects()).total == 0


def test_milestones_are_reached_in_any_order_and_under_any_label():
    actual = Effects(
        added=(
            line("a", "lines#5", target="orders#9"),
            Added("orders", "orders#9", dict(ORDER.cells)),
        ),
        removed=(GONE,),
    )
    assert reached(actual) == ["1", "2", "5"]


def test_one_row_does_not_stand_for_two_that_are_alike():
    assert reached(Effects(added=(line("a", "lines#1"),))) == ["2"]


def test_a_row_of_another_table_or_content_reaches_nothing():
    assert reached(Effects(added=(line("b", "lines#1"),))) == []
    assert reached(Effects(added=(Added("baskets", "x#1", dict(ORDER.cells)),))) == []
    assert reached(Effects(changed=(Changed("products", {"id": 8}, {"stock": 3}),))) == []
    assert reached(Effects(removed=(Removed("carts", {"id": 3}),))) == []


def test_the_row_that_meets_all_demands_is_preferred_to_one_that_meets_some():
    actual = Effects(
        added=(
            Added("orders", "orders#1", {**ORDER.cells, "status": "draft"}),
            Added("orders", "orders#2", dict(ORDER.cells)),
        ),
        changed=(STOCK,),
    )
    assert reached(actual) == ["1", "4"]


def test_a_row_is_given_to_whom_it_satisfies_in_full():
    def asked(name, label, **cells):
        return Milestone(name, Effects(added=(Added("rows", label, cells),)))

    milestones = (
        asked("step part", "long", x=1),
        asked("step more", "long", x=1, y=2),
        asked("step all", "long", x=1, y=2, z=3),
        asked("step short", "short", x=1),
    )
    one = Effects(added=(Added("rows", "rows#1", {"x": 1, "y": 2, "z": 0}),))
    assert reached(one, milestones) == ["short"]


def test_each_milestone_is_worth_as_much_and_all_together_half_the_gap():
    shaping = shape(MILESTONES, (), STEPS[-1])
    assert [part.value for part in shaping.components] == [0.1] * 5
    assert shaping.total == pytest.approx(0.5)
    first, *others = shape(MILESTONES, (), STEPS[0]).components
    assert first == Component("milestone: step 1", 0.1, "reached")
    assert others[-1] == Component("milestone: step 5", 0.0, "not reached")


def on(names):
    return Effects(added=tuple(Added(name, f"{name}#1", {}) for name in names))


def test_a_minefield_costs_a_tenth_and_says_why():
    (part,) = shape((), MINES, on("a")).components
    assert part == Component("minefield: a", -0.1, "add a, but a is not yours")


@pytest.mark.parametrize(("names", "total"), [("", 0.0), ("ab", -0.2), ("abcdefgh", -0.5)])
def test_minefields_cost_half_the_gap_at_most(names, total):
    assert shape((), MINES, on(names)).total == pytest.approx(total)


def test_weights_are_the_callers():
    weights = ShapingWeights(milestones=0.9, minefield=0.0)
    assert shape(MILESTONES, MINES, STEPS[-1], weights=weights).total == pytest.approx(0.9)
    assert shape((), MINES, on("ab"), weights=weights).total == 0


@pytest.mark.parametrize(
    "weights",
    [
        {"milestones": 1.0},
        {"milestones": -0.1},
        {"minefield": -0.1},
        {"minefields": float("inf")},
        {"milestones": float("nan")},
    ],
)
def test_weights_that_could_pay_a_failure_like_a_success_are_refused(weights):
    with pytest.raises(UsageError):
        ShapingWeights(**weights)


@pytest.mark.parametrize("value", [MOST + 0.01, float("nan"), float("inf")])
def test_shaping_beyond_its_limit_cannot_be_made(value):
    with pytest.raises(UsageError):
        Shaping((Component("milestone: mine", value),))


def test_two_milestones_of_one_name_are_refused():
    with pytest.raises(UsageError, match="one name"):
        shape((MILESTONES[0], MILESTONES[0]), (), Effects())


def effects_of_rows(rows):
    """Rows of two tables with the same columns each; a 2 stands for a reference to the first."""
    return Effects(
        added=tuple(
            Added(
                table,
                f"r#{number}",
                {
                    column: Ref("r#0") if cell == 2 else cell
                    for column, cell in zip("abc", cells, strict=True)
                },
            )
            for number, (table, *cells) in enumerate(rows)
        )
    )


CELL = st.integers(0, 2)
ROW = st.tuples(st.sampled_from(["orders", "lines"]), CELL, CELL, CELL)
ROWS = st.lists(ROW, max_size=4).map(effects_of_rows)


@given(steps=st.lists(ROWS, max_size=4))
def test_an_oracle_reaches_all_its_own_milestones(steps):
    milestones = milestones_of(steps)
    end = steps[-1] if steps else Effects()
    assert all(part.value > 0 for part in shape(milestones, (), end).components)


@given(steps=st.lists(ROWS, max_size=4), actual=ROWS)
def test_no_attempt_is_shaped_beyond_the_weights(steps, actual):
    total = shape(milestones_of(steps), MINES, actual).total
    assert -0.5 <= total <= 0.5 + 1e-9
