"""The row of a scenario gives its plan back; nonsense that was edited into it is told."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.plan import WorldPlan
from tests.synthesis.ordering import whole_catalogue


@pytest.fixture(scope="module")
def row(plan):
    """The row of a plan as it comes from a file."""
    return json.loads(json.dumps(scenario_row(plan)))


def changed(row, where, value):
    """A row with another value; the last part of `where` may be new."""
    copy = json.loads(json.dumps(row))
    *path, last = where.split(".")
    inside = copy
    for part in path:
        inside = inside[part]
    inside[last] = value
    return copy


def test_a_plan_goes_round(plan, row):
    assert WorldPlan.from_row(row) == plan
    assert WorldPlan.from_row(changed(row, "mine", [1])) == plan
    assert WorldPlan.from_row(changed(row, "builtin.mine", [1])) == plan


@pytest.mark.parametrize("written", [None, 7, "x", [{}]])
def test_a_row_of_others_is_told(row, written):
    with pytest.raises(UsageError) as caught:
        WorldPlan.from_row(changed(row, "builtin", written))
    assert caught.value.message.endswith("was not planned by the builtin author.")


@pytest.mark.parametrize(
    ("where", "value", "what"),
    [
        ("builtin.seed", "a", "builtin.seed is 'a' and no integer"),
        ("builtin.seed", True, "builtin.seed is True and no integer"),
        ("builtin.seed", 1.0, "builtin.seed is 1.0 and no integer"),
        ("builtin.seed", float("nan"), "builtin.seed is nan and no integer"),
        ("builtin.seed", 10**30, f"builtin.seed is {10**30} and no integer"),
        ("builtin.index", -1, "builtin.index is -1 and no integer from 0 to"),
        ("builtin.index", None, "builtin.index is None and no integer"),
        ("name", "", "without a Latin letter or a digit"),
        ("name", "日本", "without a Latin letter or a digit"),
        ("name", 7, "name is 7 and no text"),
        ("name", "A\0B", "characters that cannot be shown"),
        ("name", "A\nB", "characters that cannot be shown"),
        ("name", "\ud800A", "characters that cannot be shown"),
        ("name", "x" * 121, "name is longer than 120 characters"),
        ("description", ["a"], "description is ['a'] and no text"),
        ("description", 'a\n"""', "description has characters that cannot be shown"),
        ("categories", [], "categories is empty"),
        ("categories", "community", "categories is 'community' and no list"),
        ("categories", ["../x"], "categories[0] is '../x', which cannot be its value"),
        ("builtin.today", "2026-02-30", "builtin.today is '2026-02-30': day is out of range"),
        ("builtin.today", "20260220", "which cannot be its value"),
        ("builtin.today", "0001-01-01", "not from 1990 to 2099"),
        ("builtin.recipe", [], "builtin.recipe is [] and no object"),
        ("builtin.recipe.more", 1, "builtin.recipe.more is a key that nobody knows"),
        ("builtin.recipe.domain", "../x", "builtin.recipe.domain is '../x', which cannot be"),
        ("builtin.recipe.modules", ["a", "a"], "builtin.recipe.modules says the same twice"),
        ("builtin.recipe.modules", "ab", "builtin.recipe.modules is 'ab' and no list"),
        ("builtin.recipe.options", {"a": 1}, "builtin.recipe.options is {'a': 1} and no list"),
        ("builtin.recipe.options", [["a"]], "['a'] in builtin.recipe.options is no name with"),
        ("builtin.recipe.options", [["a", "1"]], "builtin.recipe.options.number is '1' and no"),
        ("builtin.recipe.flavour", -1, "builtin.recipe.flavour is -1 and no integer from 0"),
        ("builtin.recipe.synonyms", True, "builtin.recipe.synonyms is True and no integer"),
        ("builtin.style.sorts", 1, "builtin.style.sorts is 1 and neither true nor false"),
        ("builtin.style.prefix", "/../x", "builtin.style.prefix is '/../x', which cannot be"),
        ("builtin.style.rows_key", "from", "'from', which means something in Python"),
        ("builtin.style.list_verb", "x(); y", "builtin.style.list_verb is 'x(); y', which"),
        ("builtin.style.more", 1, "builtin.style.more is a key that nobody knows"),
    ],
)
def test_a_row_that_was_edited_into_nonsense_is_told_what_of_it(row, where, value, what):
    with pytest.raises(UsageError) as caught:
        WorldPlan.from_row(changed(row, where, value))
    assert what in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint.startswith("Its row was changed: plan it again")


def test_one_name_for_the_rows_and_their_number_is_refused(row, plan):
    same = changed(row, "builtin.style.rows_key", plan.style.total_key)
    with pytest.raises(UsageError, match="one name for the rows and for their number"):
        WorldPlan.from_row(same)


@pytest.mark.parametrize("missing", ["seed", "index", "recipe", "style", "today"])
def test_a_row_that_lacks_a_part_is_told_which(row, missing):
    copy = json.loads(json.dumps(row))
    del copy["builtin"][missing]
    with pytest.raises(UsageError, match=f"builtin.{missing} is missing"):
        WorldPlan.from_row(copy)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [
        *("name", "description", "categories"),
        *(f"builtin.{key}" for key in ("seed", "index", "recipe", "style", "today")),
        *(f"builtin.recipe.{key}" for key in ("modules", "options", "flavour", "synonyms")),
        *(f"builtin.style.{key}" for key in ("prefix", "list_verb", "ranges", "total_key")),
    ]
)


@given(where=PLACES, value=JSON)
def test_whatever_stands_in_a_row_it_is_a_plan_or_told(row, where, value):
    try:
        plan = WorldPlan.from_row(changed(row, where, value))
    except UsageError:
        return
    assert WorldPlan.from_row(json.loads(json.dumps(scenario_row(plan)))) == plan


def test_what_a_recipe_names_has_to_be_known(row):
    """Whoever edits a row can misspell what is in it."""
    plan = WorldPlan.from_row(
        changed(row, "builtin.recipe", {
            "domain": "campsite", "modules": [], "capabilities": [], "options": [], "flavour": 0,
            "synonyms": None,
        })
    )  # fmt: skip
    catalogue = whole_catalogue()
    catalogue.check(plan.recipe)
    option, values = next(iter(catalogue.domain("campsite").options.items()))
    for change, what in (
        ({"domain": "nowhere"}, "There is no domain 'nowhere'."),
        ({"modules": ("nowhere",)}, "The domain campsite has no module 'nowhere'."),
        ({"capabilities": ("nowhere",)}, "There is no capability 'nowhere'."),
        ({"flavour": 999}, "The domain campsite has no flavour 999."),
        ({"synonyms": 999}, "The domain campsite has no set of synonyms 999."),
        ({"options": (("nowhere", 1),)}, "The option 'nowhere' of campsite cannot be 1."),
        ({"options": ((option, 10**6),)}, f"The option '{option}' of campsite cannot be 1000000."),
    ):
        for use in (catalogue.check, catalogue.blueprint):
            with pytest.raises(UsageError) as caught:
                use(replace(plan.recipe, **change))
            assert caught.value.message == what
            assert caught.value.hint.startswith(("There is ", "They are ", "It has "))
    catalogue.check(replace(plan.recipe, options=((option, values[-1]),)))
