"""What is drawn by lot fits its field, and is the same for the same lot."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field, spelled
from awm.synthesis.dry import Books, Drawer, entity_of
from tests.synthesis.library import TODAY, composed, library, past, small

SEEDS = st.integers(0, 10**6)
DRY = past(1)


SALON = small(
    pools={
        "work": ["Quick Trim", "Bridal Style", "Wash"],
        "person": ["Ada Lind", "Bo Chen", "Zoë O'Neil"],
        "mail": ["{first}.{last}@example.com", "{last}@example.com"],
        "remark_1": ["bad"],
        "remark_2": ["good"],
        "note": ["free"],
        "bridal_note": ["veil"],
    },
    entities={
        "work": {
            "rows": "3",
            "named": "title",
            "fields": {
                "title": "text from work",
                "fee_cents": "money 1000..90000",
                "minutes": "int 5..300",
                "level": "one of junior 9, senior 1",
                "at_home": "bool 50%",
                "hint": "text from note",
                "status": "state offered 9, ended 1",
            },
            "edits": ["fee_cents", "level"],
            "typical": [
                {"words": ["trim"], "fee_cents": "1000..2000", "minutes": 15, "at_home": "no"},
                {
                    "words": ["bridal style"],
                    "fee_cents": "40000..60000",
                    "level": "senior",
                    "at_home": "yes",
                    "hint": "bridal_note",
                    "status": "ended",
                },
            ],
        },
        "guest": {
            "rows": "3",
            "named": "name",
            "fields": {
                "name": "text from person",
                "email": "text from mail of name",
                "stars": "int 1..2",
                "remark": "text from remark by stars",
            },
            "edits": ["email", "stars"],
        },
    },
    actions={
        "offer_work": {
            "makes": "work",
            "takes": {
                "title": "text from work",
                "fee_cents": "money 1500..50000",
                "minutes": "int 20..400",
                "level": "one of junior 9, senior 1",
                "at_home": "bool 50%",
                "hint": "text from note",
            },
            "phrases": ["offer {title} {fee_cents} {minutes} {level} {at_home} {hint}"] * 2,
        },
        "price_work": {
            "on": "work",
            "takes": {"fee_cents": "money 1000..90000"},
            "phrases": ["price {work} at {fee_cents}", "charge {fee_cents} for {work}"],
        },
        "judge_guest": {
            "on": "guest",
            "takes": {"stars": "int 1..2", "remark": "text? from remark by stars"},
            "phrases": ["give {guest} {stars}", "give {guest} {stars}: {remark}"],
        },
    },
)


def salon(seed: int) -> tuple[Books, Drawer]:
    """Books whose rows have names that something is typical of."""
    books = Books(composed(SALON), TODAY)
    lot = Drawer(books, random.Random(seed))
    for name in ("work", "guest"):
        for _ in range(3):
            books.add(name, **(lot.row_values(books.blueprint.entities[name]) or {}))
    return books, lot


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
        text = drawer(seed).text(name, spelled("Zoë van Dijk"))
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


@given(SEEDS)
def test_a_row_draws_what_is_typical_of_its_name(seed):
    books, _ = salon(seed)
    for row in books.rows("work"):
        assert 1000 <= row.fee_cents <= 90000
        if row.title == "Quick Trim":
            assert row.fee_cents <= 2000
            assert (row.minutes, row.at_home) == (15, False)
        if row.title == "Bridal Style":
            assert 40000 <= row.fee_cents <= 60000
            assert (row.level, row.at_home) == ("senior", True)
            assert (row.hint, row.status) == ("veil", "ended")


@given(SEEDS)
def test_so_does_an_action_that_makes_one_within_its_own_ranges(seed):
    books, lot = salon(seed)
    made = lot.arguments(books.blueprint.actions["offer_work"])
    if made["title"] == "Quick Trim":
        assert 1500 <= made["fee_cents"] <= 2000
        assert not made["at_home"]
        assert made["minutes"] >= 20, "nothing is in both ranges, so its own holds"
    if made["title"] == "Bridal Style":
        assert 40000 <= made["fee_cents"] <= 50000
        assert (made["level"], made["hint"]) == ("senior", "veil")


@given(SEEDS)
def test_so_do_actions_on_a_row_and_corrections(seed):
    books, lot = salon(seed)
    fee = books.blueprint.entities["work"].fields["fee_cents"]
    for row in books.rows("work"):
        most = {"Quick Trim": 2000, "Bridal Style": 60000}.get(row.title, 90000)
        assert lot.arguments(books.blueprint.actions["price_work"], row)["fee_cents"] <= most
        assert lot.anew(row, fee) <= most


@given(SEEDS)
def test_an_address_is_made_of_the_name_also_when_it_is_drawn_anew(seed):
    books, lot = salon(seed)
    for row in books.rows("guest"):
        last = spelled(row.name)["last"]
        assert last in row.email
        assert last in lot.anew(row, books.blueprint.entities["guest"].fields["email"])


@given(SEEDS)
def test_a_remark_goes_by_the_stars(seed):
    books, lot = salon(seed)
    said = {1: "bad", 2: "good", None: None}
    for row in books.rows("guest"):
        assert row.remark == said[row.stars]
        given_ = lot.arguments(books.blueprint.actions["judge_guest"], row)
        assert given_.get("remark") in (None, said[given_["stars"]])


def test_names_that_nothing_is_typical_of_are_drawn_as_ever():
    fees = [
        row.fee_cents
        for seed in range(40)
        for row in salon(seed)[0].rows("work")
        if "Wash" in row.title
    ]
    assert min(fees) < 20000
    assert max(fees) > 50000
