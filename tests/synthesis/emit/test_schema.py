"""The tables of a world insist on what all its tools keep to, and on nothing else."""

import sqlite3

import pytest

from awm.synthesis.blueprints import compose
from awm.synthesis.blueprints.form import DomainForm
from awm.synthesis.emit import inserts_of, tables_of
from tests.synthesis.emit.making import rows_by_lot, workshop


def database(blueprint=None, rows=None):
    """The tables with rows in them, foreign keys enforced."""
    blueprint = blueprint or workshop()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    for table in tables_of(blueprint):
        connection.execute(table["ddl"])
        for index in table["indexes"]:
            connection.execute(index)
    connection.execute("BEGIN")
    for group in inserts_of(blueprint, rows or rows_by_lot(blueprint)):
        for statement in group["insert_statements"]:
            connection.execute(statement)
    connection.execute("COMMIT")
    return connection


def ddl_of(table: str, blueprint=None) -> str:
    tables = {each["name"]: each["ddl"] for each in tables_of(blueprint or workshop())}
    return tables[table]


def column(table: str, name: str, blueprint=None) -> str:
    lines = (line.strip().rstrip(",") for line in ddl_of(table, blueprint).splitlines())
    return next(line for line in lines if line.split()[0].strip('"') == name)


def made(effects: str, **fields: str):
    """A domain in which something is done to a box with these fields."""
    return compose(
        DomainForm.model_validate(
            {
                "domain": "made",
                "category": "retail",
                "is": "made for a test",
                "flavours": [{"is": "made for a test"}],
                "options": {"limit_cents": [100], "loss_cents": [-3]},
                "pools": {"word": ["a", "b"]},
                "entities": {
                    "box": {"plural": "boxes", "fields": fields},
                    "bin": {"fields": {"box": "-> box", "stock": "int -9..9"}},
                },
                "actions": {
                    "do_something": {
                        "on": "box",
                        "takes": {
                            "number": "int 0..9",
                            "loss": "int -9..9",
                            "size": "one of small, large",
                            "shade": "one of small, dark",
                        },
                        "does": effects,
                        "phrases": [
                            "do {box} {number} {loss} {size} {shade}",
                            "do it to {box} {number} {loss} {size} {shade}",
                        ],
                    }
                },
            }
        )
    )


def test_a_row_of_every_table_can_be_stored_and_is_what_it_was():
    rows = rows_by_lot(workshop())
    connection = database(rows=rows)
    connection.row_factory = sqlite3.Row
    for entity in workshop().entities.values():
        stored = connection.execute(f'SELECT * FROM "{entity.plural}" ORDER BY id').fetchall()
        written = [
            {name: str(value) if hasattr(value, "year") else value for name, value in row.items()}
            for row in rows[entity.name]
        ]
        assert [dict(row) for row in stored] == written


def test_tables_that_are_referred_to_come_first_even_where_there_are_circles():
    names = [table["name"] for table in tables_of(workshop())]
    assert names.index("tools") < names.index("loans") < names.index("loan_lines")
    assert names.index("members") < names.index("loans")


def test_a_reference_that_points_ahead_is_checked_at_the_end():
    assert "DEFERRABLE" in column("members", "home_id")
    assert "DEFERRABLE" in column("members", "referred_by_id")
    assert "DEFERRABLE" not in column("branches", "head_id")


def test_what_may_be_empty_may_be_null_and_nothing_else():
    assert column("loans", "returned_on") == "returned_on TEXT"
    assert column("loans", "due_on") == "due_on TEXT NOT NULL"


def test_names_are_unique_and_so_is_what_says_so():
    assert column("members", "name") == "name TEXT NOT NULL UNIQUE"
    assert column("members", "email") == "email TEXT UNIQUE"


def test_a_column_that_is_called_like_a_keyword_is_quoted():
    assert column("tools", "group").startswith('"group" TEXT NOT NULL CHECK ("group" IN (')


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loans SET status = 'eaten'",
        "UPDATE loans SET member_id = 99",
        "UPDATE loans SET due_on = NULL",
        "UPDATE loans SET deposit_cents = -1",
        "UPDATE tools SET on_loan = 2",
        "UPDATE tools SET name = 'x'",
        "DELETE FROM tools",
    ],
)
def test_what_no_tool_would_do_is_refused(statement):
    with pytest.raises(sqlite3.IntegrityError):
        database().execute(statement)


def test_references_states_and_dates_are_indexed():
    indexes = {table["name"]: " ".join(table["indexes"]) for table in tables_of(workshop())}
    for name in ("member_id", "tool_id", "status", "due_on", "returned_on"):
        assert f"({name})" in indexes["loans"]
    assert "fee_cents" not in indexes["loans"]


def test_ids_are_never_used_again():
    connection = database()
    connection.execute("DELETE FROM notices WHERE id = 6")
    connection.execute(
        "INSERT INTO notices (member_id, text, level, weight) VALUES (1, 'x', 'low', 0)"
    )
    assert connection.execute("SELECT max(id) FROM notices").fetchone() == (7,)


@pytest.mark.parametrize(
    ("effects", "is_natural"),
    [
        ("", True),
        ("box.stock += number", True),
        ("box.stock = max(0, box.stock - number)", True),
        ("box.stock = limit_cents * number // 3 + box.stock % 7", True),
        ("box.stock = number if box.stock > 3 else 0", True),
        ("total = 0\nfor b in box.bins:\n  total += 1\nbox.stock = total", True),
        ("box.stock = sum(b.other for b in boxes)", True),
        ("box.stock -= number", False),
        ("box.stock = box.stock - number", False),
        ("box.stock += loss", False),
        ("box.stock += loss_cents", False),
        ("box.stock = sum(b.stock for b in box.bins)", False),
        ("total = 0\nfor b in box.bins:\n  total -= 1\nbox.stock = total", False),
        ("box.other -= 1\nbox.stock = box.other", False),
        ("for b in bins:\n  b.stock -= 1", True),
        ("for b in bins:\n  b.box.stock = 0 - 1", False),
    ],
)
def test_a_number_is_checked_only_if_nothing_can_bring_it_below_zero(effects, is_natural):
    blueprint = made(effects, stock="int", other="int")
    assert ("CHECK (stock >= 0)" in column("boxes", "stock", blueprint)) is is_natural


@pytest.mark.parametrize(
    ("effects", "is_sure"),
    [
        ("", True),
        ("box.kind = 'large'", True),
        ("box.kind = size", True),
        ("box.kind = 'small' if number > 3 else box.kind", True),
        ("word = size\nbox.kind = word", True),
    ],
)
def test_words_are_checked_if_nothing_else_can_be_put_there(effects, is_sure):
    blueprint = made(effects, kind="one of small, large")
    assert ("CHECK" in column("boxes", "kind", blueprint)) is is_sure


def test_what_may_start_below_zero_is_not_checked():
    assert column("notices", "weight") == "weight INTEGER NOT NULL"
    assert column("members", "credit_cents") == "credit_cents INTEGER NOT NULL"
