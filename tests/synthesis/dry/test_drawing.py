"""What is drawn by lot fits its field, and is the same for the same lot."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import Books, Drawer, entity_of
from tests.synthesis.library import TODAY, library, past

SEEDS = st.integers(0, 10**6)
DRY = past(1)


def drawer(seed: int) -> Drawer:
    return Drawer(DRY, random.Random(seed))


@given(SEEDS, st.integers(-500, 2_000_000), st.integers(0, 2_000_000), st.booleans())
def test_a_number_is_within_its_limits(seed, low, width, money):
    field = Field(
        "n_cents" if money else "n", "money" if money else "int", low=low, high=low + width
    )
    assert low <= drawer(seed).value(field, {}) <= low + width


@given(SEEDS, st.integers(-400, 400), st.integers(0, 60))
def test_a_date_is_within_its_limits_from_today_or_from_another_date(seed, low, width):
    field = Field("on", "date", low=low, high=low + width)
    assert low <= (drawer(seed).value(field, {}) - TODAY).days <= low + width
    later = Field("later_on", "date", low=low, high=low + width, base="on")
    assert low <= (drawer(seed).value(later, {"on": TODAY}) - TODAY).days <= low + width
    assert drawer(seed).value(later, {"on": None}) is None


@given(SEEDS)
def test_a_text_has_no_places_left_in_it(seed):
    for name, pool in library().pools.items():
        text = drawer(seed).text(name)
        assert text
        assert not set("{}#") & set(text), (name, pool)


@given(SEEDS)
def test_the_same_lot_draws_the_same(seed):
    action = DRY.blueprint.actions["lend_tool"]
    assert drawer(seed).arguments(action) == drawer(seed).arguments(action)


@given(SEEDS)
def test_arguments_fit_their_parameters(seed):
    for action in DRY.blueprint.actions.values():
        on = DRY.rows(action.on)[0] if action.on else None
        arguments = drawer(seed).arguments(action, on)
        assert arguments is not None
        for name, field in action.takes.items():
            value = arguments.get(name)
            assert value is not None or field.optional
            if value is not None and field.kind == "ref":
                assert entity_of(value).name == field.target
                assert value is not on
            if value is not None and field.kind == "choice":
                assert value in field.words


def test_optional_arguments_are_sometimes_given_and_sometimes_not():
    action = DRY.blueprint.actions["lend_tool"]
    given_ = Counter(
        drawer(seed).arguments(action).get("guarantor") is not None for seed in range(99)
    )
    assert min(given_[True], given_[False]) > 5


def test_nothing_is_drawn_where_a_reference_has_nothing_to_lead_to():
    empty = Books(library(), TODAY)
    assert Drawer(empty, random.Random(1)).arguments(library().actions["lend_tool"]) is None


def test_names_are_drawn_until_none_is_left():
    books = Books(library(), TODAY)
    lot = Drawer(books, random.Random(1))
    branch = library().entities["branch"]
    names = []
    while (values := lot.row_values(branch)) is not None:
        names.append(books.add("branch", **values).name)
    assert sorted(names) == sorted(library().pools["branch_name"])


def test_the_first_are_drawn_more_often_than_the_last():
    lot = drawer(5)
    counts = Counter(lot.skewed("abcdef") for _ in range(2000))
    assert set(counts) == set("abcdef")
    assert counts["a"] != counts["f"]
    assert max(counts["a"], counts["f"]) > 1.5 * min(counts["a"], counts["f"])


def test_a_life_begins_in_its_first_state_unless_states_have_weights():
    values = drawer(1).row_values(library().entities["loan"])
    assert values is not None
    assert values["status"] == "open"
    assert "lent_on" not in values, "it has a value of its own"
