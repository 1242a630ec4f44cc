import ast
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awm.errors import OracleError
from awm.verify.canonical import effects_of
from awm.verify.comparison import compare
from awm.verify.compiling import compile_verifier
from awm.verify.effects import Added, Effects, Ref
from awm.verify.expected import Expectation, ExpectedOutcome
from awm.verify.facts import Fact, extract_facts, hedges, missing_facts
from awm.verify.volatile import volatile_by_schema
from tests.verify.databases import changed, database, diff_of, effects, schema_of

SHOP = database(
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, balance REAL, updated_at TEXT);",
    "INSERT INTO users VALUES (1, 'Ann', 10, 't0'), (2, 'Bob', 0.5, NULL), (3, 'Cy', 0, NULL);",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT, user_id INTEGER REFERENCES users,"
    " total REAL, created_at TEXT DEFAULT CURRENT_TIMESTAMP);",
    "INSERT INTO orders VALUES (1, 'OP-1', 1, 5, 't'), (2, 'OP-2', 1, 6, 't');",
    "INSERT INTO orders VALUES (3, 'OP-3', 2, 7, 't');",
    "CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, product TEXT, quantity INT);",
    "INSERT INTO lines VALUES (1, 1, 'tea', 1), (2, 3, 'tea', 2);",
    "CREATE TABLE log (what TEXT, entity_type TEXT, entity_id INTEGER, created_at TEXT);",
    "INSERT INTO log VALUES ('old', 'order', 1, 't0'), ('old', 'order', 1, 't0');",
    "CREATE TABLE seats (train, seat, taken, picture BLOB, PRIMARY KEY (train, seat));",
    "INSERT INTO seats VALUES ('A', 1, NULL, x'00ff'), ('A', 2, NULL, NULL), ('B', 1, 'x', NULL);",
    'CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY, "a b" TEXT);',
    "CREATE VIRTUAL TABLE texts USING fts5(body);",
)
SCHEMA = schema_of(SHOP)
VOLATILE = volatile_by_schema(SCHEMA)

# Two orders with a line each, a polymorphic reference, a removed row, changed rows.
DONE = {
    "user": "INSERT INTO users (id, name) VALUES (9, 'Di')",
    "order": "INSERT INTO orders VALUES (4, 'OP-4', 9, 0.3, 't5')",
    "line": "INSERT INTO lines VALUES (5, 4, 'tea', 2)",
    "other order": "INSERT INTO orders VALUES (5, 'OP-5', 9, 0.3, 't6')",
    "other line": "INSERT INTO lines VALUES (6, 5, 'salt', 1)",
    "log": "INSERT INTO log VALUES ('placed', 'order', 4, 't5')",
    "removed": "DELETE FROM lines WHERE id = 2",
    "removed log": "DELETE FROM log WHERE rowid = 1",
    "balance": "UPDATE users SET balance = 9.7, updated_at = 't5' WHERE id = 1",
    "seat": "UPDATE seats SET taken = 'Di', picture = x'0001' WHERE train = 'A' AND seat = 2",
    "moved": "UPDATE orders SET user_id = 9 WHERE id = 3",
    "odd": """INSERT INTO "odd ""name" VALUES (1, 'it''s "so" \\ \n')""",
    "text": "INSERT INTO texts VALUES ('hello there')",
}
ANSWER = "Order OP-4 for Di Fern costs $0.30; it arrives on 2026-06-20."


def expected(*statements: str, answer: str | None = None) -> ExpectedOutcome:
    facts = extract_facts(answer) if answer else ()
    return ExpectedOutcome(effects(SHOP, *statements), facts, answer)


def program(*outcomes: ExpectedOutcome, mode="code", task="Do it.") -> str:
    return compile_verifier(mode, "shop", 3, task, Expectation(outcomes, VOLATILE), SCHEMA).code


class Run:
    """Runs a program on files, as a published runner would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._initial = folder / "a #1?%41.db"
        self.initial(SHOP)

    def initial(self, image: bytes) -> None:
        self._initial.write_bytes(image)

    def __call__(self, code: str, *statements: str, answer: str | None = None) -> dict:
        return self.on(code, changed(SHOP, *statements), answer)

    def on(self, code: str, final: bytes, answer: str | None = None) -> dict:
        path = self._folder / "final.db"
        path.write_bytes(final)
        found: dict = {}
        exec(code, {}, found)
        if "verify_task" in found:
            return found["verify_task"](str(self._initial), str(path))
        return found["verify_task_completion"](str(self._initial), str(path), final_answer=answer)

    def accepts(self, code: str, *statements: str, answer: str | None = None) -> bool:
        return {"complete": True, "others": False}[self(code, *statements, answer=answer)["result"]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_the_expected_state_is_accepted_in_either_kind_of_scope(run, tmp_path):
    code = program(expected(*DONE.values()))
    assert run.accepts(code, *DONE.values())
    scope: dict = {}
    exec(code, scope)
    paths = tmp_path / "a #1?%41.db", tmp_path / "final.db"
    assert scope["verify_task_completion"](*paths) == {"result": "complete"}


def test_doing_nothing_is_rejected(run):
    assert not run.accepts(program(expected(*DONE.values())))


@pytest.mark.parametrize("left_out", DONE)
def test_each_single_effect_is_needed(run, left_out):
    code = program(expected(*DONE.values()))
    rest = [statement for name, statement in DONE.items() if name != left_out]
    assert not run.accepts(code, *rest)


@pytest.mark.parametrize(
    "stray",
    [
        "INSERT INTO users (name) VALUES ('Ed')",
        "INSERT INTO orders (number, user_id) VALUES ('OP-6', 1)",
        "INSERT INTO lines (order_id) VALUES (1)",
        "INSERT INTO log VALUES ('placed', 'order', 4, 't5')",
        "INSERT INTO seats VALUES ('C', 1, NULL, NULL)",
        "INSERT INTO seats VALUES (NULL, 1, NULL, NULL)",
        """INSERT INTO "odd ""name" VALUES (2, NULL)""",
        "INSERT INTO texts VALUES ('hello there')",
        "DELETE FROM lines WHERE id = 1",
        "DELETE FROM log WHERE what = 'old'",
        "UPDATE users SET name = 'Anna' WHERE id = 1",
        "UPDATE users SET balance = NULL WHERE id = 3",
        "UPDATE users SET updated_at = 't' WHERE id = 2",
        "UPDATE seats SET picture = x'00fe' WHERE train = 'A' AND seat = 1",
        "UPDATE seats SET seat = 3 WHERE train = 'B'",
        "UPDATE lines SET quantity = '1x' WHERE id = 1",
        "UPDATE log SET what = entity_type, entity_type = what",
        "UPDATE seats SET seat = '1' WHERE train = 'B'",
        "CREATE TABLE more (id)",
        "DROP TABLE seats",
        "ALTER TABLE seats ADD COLUMN more",
        "ALTER TABLE lines RENAME COLUMN quantity TO amount",
    ],
)
def test_nothing_else_may_change(run, stray):
    code = program(expected(*DONE.values()))
    assert not run.accepts(code, *DONE.values(), stray)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("user", "INSERT INTO users (id, name) VALUES (9, 'Do')"),
        ("order", "INSERT INTO orders VALUES (4, 'OP-4', 9, 0.31, 't5')"),
        ("order", "INSERT INTO orders VALUES (4, 'OP-4', 9, 0.3, NULL)"),
        ("order", "INSERT INTO orders VALUES (4, 'OP-7', 9, 0.3, 't5')"),
        ("order", "INSERT INTO orders VALUES (4, 'OP-4', 1, 0.3, 't5')"),
        ("line", "INSERT INTO lines VALUES (5, 5, 'tea', 2)"),
        ("line", "INSERT INTO lines VALUES (5, 1, 'tea', 2)"),
        ("line", "INSERT INTO lines VALUES (5, 4, 'tea', '2x')"),
        ("log", "INSERT INTO log VALUES ('placed', 'order', 5, 't5')"),
        ("log", "INSERT INTO log VALUES ('placed', 'user', 9, 't5')"),
        ("removed", "DELETE FROM lines WHERE id = 1"),
        ("balance", "UPDATE users SET balance = 9.70001, updated_at = 't5' WHERE id = 1"),
        ("balance", "UPDATE users SET balance = 9.7, updated_at = NULL WHERE id = 1"),
        ("balance", "UPDATE users SET balance = 9.7, updated_at = 't' WHERE id = 3"),
        ("seat", "UPDATE seats SET taken = 'Di', picture = x'0002' WHERE train = 'A' AND seat = 2"),
        ("seat", "UPDATE seats SET taken = 'Di', picture = x'0001' WHERE train = 'B'"),
        ("moved", "UPDATE orders SET user_id = 3 WHERE id = 3"),
        ("moved", "UPDATE orders SET user_id = NULL WHERE id = 3"),
    ],
)
def test_one_wrong_cell_is_rejected(run, name, wrong):
    code = program(expected(*DONE.values()))
    assert not run.accepts(code, *{**DONE, name: wrong}.values())


def test_other_numbers_orders_of_insertion_and_times_are_accepted(run):
    code = program(expected(*DONE.values()))
    assert run.accepts(
        code,
        DONE["text"], DONE["odd"].replace("(1,", "(77,"), DONE["seat"], DONE["removed log"],
        "UPDATE users SET balance = 10 - 0.1 - 0.1 - 0.1, updated_at = 'then' WHERE id = 1",
        "INSERT INTO users (id, name) VALUES (20, 'Di')",
        "UPDATE orders SET user_id = 20 WHERE id = 3",
        "INSERT INTO orders VALUES (4, 'OP-4', 20, 0.1 + 0.2, 'later')",
        "INSERT INTO orders VALUES (30, 'OP-30', 20, 0.3, 'then')",
        "INSERT INTO log VALUES ('placed', 'order', 30, 'then')",
        "INSERT INTO lines VALUES (8, 4, 'salt', 1), (9, 30, 'tea', 2)",
        "DELETE FROM lines WHERE id = 2",
    )  # fmt: skip


def test_lines_that_were_swapped_between_like_orders_are_rejected(run):
    code = program(expected(*DONE.values()))
    swapped = {**DONE, "line": "INSERT INTO lines VALUES (5, 5, 'tea', 2)",
               "other line": "INSERT INTO lines VALUES (6, 4, 'salt', 1)"}  # fmt: skip
    assert not run.accepts(code, *swapped.values())
    without_log = {name: text for name, text in swapped.items() if name != "log"}
    plain = {name: text for name, text in DONE.items() if name != "log"}
    assert run.accepts(program(expected(*plain.values())), *without_log.values())


def test_a_column_leads_where_the_cell_beside_it_says(run):
    # Both new rows have the number 4, and are named in the same column.
    order = "INSERT INTO orders VALUES (4, 'OP-4', 1, 1, 't'); INSERT INTO log VALUES"
    user = "INSERT INTO users (id, name) VALUES (4, 'Di'); INSERT INTO log VALUES"
    named = (f"{order} ('x', 'order', 4, 't')", f"{user} ('x', 'user', 4, 't')")
    code = program(expected(*named))
    assert run.accepts(code, *named)
    assert run.accepts(code, named[0], named[1].replace("4", "5"))
    assert not run.accepts(code, named[0], f"{user} ('x', 'user', 1, 't')")
    assert not run.accepts(code, named[0], named[1].replace("'user'", "'order'"))


def test_a_touch_of_nothing_but_a_time_stamp_is_nothing(run):
    code = program(expected(*DONE.values()))
    assert run.accepts(code, *DONE.values(), "UPDATE orders SET created_at = 'now' WHERE id = 1")
    assert run.accepts(code, *DONE.values(), "UPDATE log SET created_at = 'now'")


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        "OP-4 ($0.3) for Di Fern will be there by June 20.",
        "di fern: 0.30 USD, op-4, 20 June 2026",
    ],
)
def test_the_right_answer_is_accepted_in_other_words(run, answer):
    code = program(expected(*DONE.values(), answer=ANSWER))
    assert run.accepts(code, *DONE.values(), answer=answer)
    assert not run.accepts(code, answer=answer)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "Done.",
        "Order OP-4 for Di Fern costs $0.31; it arrives on 2026-06-20.",
        "Order OP-4 for Di Fern costs $0.30; it arrives on 2026-06-21.",
        "Order OP-41 for Di Fern costs $0.30; it arrives on 2026-06-20.",
        "Order OP-4 for Ann costs $0.30; it arrives on 2026-06-20.",
        ANSWER + " " + " ".join(f"${cents / 100}" for cents in range(100)),
        ANSWER + " " * 20_000,
    ],
)
def test_a_wrong_or_missing_answer_is_rejected(run, answer):
    code = program(expected(*DONE.values(), answer=ANSWER))
    assert not run.accepts(code, *DONE.values(), answer=answer)


def test_where_no_answer_is_asked_any_will_do(run):
    code = program(expected(DONE["seat"]))
    for answer in (None, "", "1 2 3" * 10_000):
        assert run.accepts(code, DONE["seat"], answer=answer)


def test_a_question_is_answered_without_changing_anything(run):
    code = program(expected(answer="Ann has $10."))
    assert run.accepts(code, answer="It is Ann, with 10 dollars.")
    assert not run.accepts(code, answer="It is Bob, with 10 dollars.")
    assert not run.accepts(code, DONE["seat"], answer="It is Ann, with 10 dollars.")


def test_any_of_several_outcomes_will_do_but_only_in_full(run):
    code = program(
        expected(DONE["seat"], answer="Seat 2"), expected(DONE["balance"], answer="$9.70")
    )
    assert run.accepts(code, DONE["seat"], answer="2")
    assert run.accepts(code, DONE["balance"], answer="9.70")
    assert not run.accepts(code, DONE["seat"], answer="9.70")
    assert not run.accepts(code, DONE["seat"], DONE["balance"], answer="2, 9.70")


def test_rows_that_trade_their_content_have_both_changed(run):
    swap = "UPDATE users SET name = CASE id WHEN 1 THEN 'Bob' ELSE 'Ann' END WHERE id IN (1, 2)"
    code = program(expected(swap))
    assert run.accepts(code, swap)
    assert not run.accepts(code, "UPDATE users SET name = 'Bob' WHERE id = 1")


def test_infinities_and_nulls_are_values(run):
    grown = "UPDATE users SET balance = 9e999 WHERE id = 1"
    code = program(expected(grown))
    assert run.accepts(code, grown)
    for other in ("-9e999", "1e308", "NULL", "'inf'"):
        assert not run.accepts(code, f"UPDATE users SET balance = {other} WHERE id = 1")


def test_text_that_is_no_utf_8_is_compared_byte_by_byte(run):
    named = "UPDATE users SET name = CAST(x'41ff' AS TEXT) WHERE id = 1"
    code = program(expected(named))
    assert run.accepts(code, named)
    assert not run.accepts(code, named.replace("41ff", "41fe"))


def test_integers_are_exact_however_large(run):
    grown = "UPDATE seats SET taken = 9007199254740993 WHERE train = 'B'"
    code = program(expected(grown))
    assert run.accepts(code, grown)
    assert not run.accepts(code, grown.replace("993", "992"))


def test_evidence_says_what_is_expected_and_what_is_otherwise(run):
    code = program(expected(*DONE.values(), answer=ANSWER), mode="sql", task='Say "hello".')
    evidence = run(code, *DONE.values())
    assert evidence["state_matches"] is True
    assert evidence["task"] == 'Say "hello".'
    assert evidence["expected_but_not_made"] == evidence["made_but_not_expected"] == []
    assert evidence["expected_answer"] == ANSWER
    assert evidence["expected_facts"] == [["OP-4"], ["Di Fern"], ["$0.30"], ["2026-06-20"]]
    added = "added: lines: order_id = the new orders, product = 'tea', quantity = 2"
    assert added in evidence["expected_changes"]
    wrong = {**DONE, "seat": "UPDATE seats SET taken = 'Di' WHERE train = 'B'"}
    evidence = run(code, *wrong.values(), "CREATE TABLE more (id)")
    assert evidence["state_matches"] is False
    assert evidence["expected_but_not_made"] == [
        r"changed: seats (train = 'A', seat = 2): taken = 'Di', picture = b'\x00\x01'"
    ]
    assert evidence["made_but_not_expected"] == [
        "altered: more is new",
        "changed: seats (train = 'B', seat = 1): taken = 'Di'",
    ]
    assert evidence["summary"].startswith(
        f"Of {len(DONE)} expected changes 1 were NOT made, and 2 were made that nobody asked for."
    )


def test_long_evidence_is_cut(run):
    code = program(expected(DONE["seat"]), mode="sql")
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80)"
    evidence = run(code, f"{rows} INSERT INTO log SELECT 'x', NULL, i, NULL FROM n")
    assert len(evidence["made_but_not_expected"]) == 51
    assert evidence["made_but_not_expected"][-1] == "and 30 more"


@pytest.mark.parametrize("mode", ["code", "sql"])
@pytest.mark.parametrize(
    "task", ["Do it.", 'Say """x"""\\', "\x00 tab\t\u202e\n\nnew line", "@@NAME@@ {x} $y", '"', ""]
)
def test_whatever_the_task_says_the_program_is_sound(run, mode, task):
    code = program(expected(*DONE.values(), answer=ANSWER), mode=mode, task=task)
    assert run(code, *DONE.values(), answer=ANSWER)
    (function,) = ast.parse(code).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    assert code == program(expected(*DONE.values(), answer=ANSWER), mode=mode, task=task)


def test_the_program_stands_by_itself_and_only_reads():
    code = program(expected(*DONE.values(), answer=ANSWER))
    tree = ast.parse(code, feature_version=(3, 10))
    imported = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections", "math", "re", "sqlite3", "unicodedata", "urllib.parse"}
    statements = set(re.findall(r"[ (]f?\"([A-Z]{6}) ", code))
    assert statements == {"SELECT", "PRAGMA"}
    assert "?mode=ro" in code


def test_the_docstring_says_in_words_what_is_expected():
    code = program(expected(DONE["seat"], answer="Seat 2"), expected(answer="None is free."))
    text = ast.get_docstring(ast.parse(code).body[0]) or ""
    for part in (
        "Task 3: Do it.",
        "Outcome 1 of 2",
        "- seats (train='A', seat=2) changed: taken='Di', picture=2 bytes",
        '- "2"',
        "Nothing may have been changed.",
        '- "free"',
    ):
        assert part in text


def test_an_expectation_that_doing_nothing_would_meet_is_refused():
    for outcomes in ((), (expected(),), (expected(DONE["seat"]), expected())):
        with pytest.raises(OracleError) as caught:
            program(*outcomes)
        assert caught.value.world == "shop"
    assert program(ExpectedOutcome(Effects(), (Fact(("5",)),)))


def test_a_row_that_names_one_that_is_not_there_is_refused():
    lost = Effects((Added("lines", "lines#1", {"order_id": Ref("orders#1")}),))
    with pytest.raises(OracleError, match=r"lines\.order_id to name orders#1"):
        program(ExpectedOutcome(lost))


# ---- The program and `compare` agree, whatever is done ----

DEEDS = {
    "new user": "INSERT INTO users (name) VALUES ('Ed')",
    "new order": "INSERT INTO orders (number, user_id, total) SELECT 'OP-' || (max(id) + 1), 1, 0.3"
    " FROM orders",
    "new order of the last user": "INSERT INTO orders (user_id, total) SELECT max(id), 0.3"
    " FROM users",
    "line of the last order": "INSERT INTO lines (order_id, product) SELECT max(id), 'tea'"
    " FROM orders",
    "line of the last order but one": "INSERT INTO lines (order_id, product)"
    " SELECT max(id) - 1, 'tea' FROM orders",
    "line of an old order": "INSERT INTO lines (order_id, product) VALUES (2, 'tea')",
    "log of the last order": "INSERT INTO log SELECT 'x', 'orders', max(id), 't' FROM orders",
    "log of the last user": "INSERT INTO log SELECT 'x', 'users', max(id), NULL FROM users",
    "old log": "DELETE FROM log WHERE rowid = (SELECT min(rowid) FROM log WHERE what = 'old')",
    "log touched": "UPDATE log SET created_at = 'now' WHERE what = 'old'",
    "line gone": "DELETE FROM lines WHERE id = 1",
    "dearer": "UPDATE users SET balance = balance + 0.1 WHERE id = 2",
    "dearer and cheaper": "UPDATE users SET balance = balance + 0.1 + 0.2 - 0.3 WHERE id = 3",
    "much dearer": "UPDATE users SET balance = balance + 0.2, updated_at = 't' WHERE id = 2",
    "seat taken": "UPDATE seats SET taken = 5 WHERE train = 'A' AND seat = 1",
    "seat taken by another": "UPDATE seats SET taken = 5.0 WHERE train = 'A' AND seat = 1",
    "seat unnamed": "INSERT INTO seats VALUES (NULL, 1, NULL, NULL)",
    "order moved": "UPDATE orders SET user_id = (SELECT max(id) FROM users) WHERE id = 1",
}


# Tables in which each row has a key of its own, and nothing is volatile.
STRICT = database(
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, balance REAL);",
    "INSERT INTO users VALUES (1, 'Ann', 10), (2, 'Bob', 0.5), (3, 'Cy', 0);",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT, user_id INTEGER REFERENCES users,"
    " total REAL);",
    "INSERT INTO orders VALUES (1, 'OP-1', 1, 5), (2, 'OP-2', 1, 6), (3, 'OP-3', 2, 7);",
    "CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, product TEXT);",
    "INSERT INTO lines VALUES (1, 1, 'tea'), (2, 3, 'tea');",
)
OF_STRICT = [
    name for name, deed in DEEDS.items() if not re.search("log|seats|updated_at|created_at", deed)
]


def agree(run: Run, image: bytes, names: list[list[str]], *, volatile: bool) -> None:
    """Programs of each mode, and `compare`, see the same in what was done instead."""
    schema = schema_of(image)
    places = volatile_by_schema(schema) if volatile else {}
    *wanted, final = (changed(image, *(DEEDS[name] for name in deeds)) for deeds in names)
    *ours, theirs = (effects_of(diff_of(image, each), schema, places) for each in (*wanted, final))
    if not all(ours):
        return
    expectation = Expectation(tuple(map(ExpectedOutcome, ours)), places)
    run.initial(image)
    for mode in ("code", "sql"):
        code = compile_verifier(mode, "shop", 3, "Do it.", expectation, schema).code
        for state, done in (*zip(wanted, ours, strict=True), (final, theirs)):
            met = any(compare(each, done).equal for each in ours)
            found = run.on(code, state)
            if mode == "code":
                assert found == {"result": "complete" if met else "others"}
            else:
                assert found["state_matches"] is met
                assert (
                    bool(found["expected_but_not_made"] or found["made_but_not_expected"])
                    is not met
                )


@st.composite
def deeds(draw, known: list[str]) -> list[list[str]]:
    """What is done in each of one or two outcomes, and what is done instead."""
    names = st.lists(st.sampled_from(known), min_size=1, max_size=6)
    first = draw(names)
    more = [[*first, draw(st.sampled_from(known))]]
    instead = draw(st.permutations(first) | names | st.sampled_from(more))
    return [first, *draw(st.lists(names, max_size=1)), instead]


MANY = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@MANY
@given(deeds([*DEEDS]), st.booleans())
def test_programs_see_what_comparisons_see(run, names, volatile):
    agree(run, SHOP, names, volatile=volatile)


@MANY
@given(deeds(OF_STRICT))
def test_programs_see_as_much_where_each_row_has_a_key_and_nothing_is_volatile(run, names):
    agree(run, STRICT, names, volatile=False)


@pytest.mark.parametrize("balance", ["0.1 + 0.2 - 0.3", "1e-10", "-0.0", "0"])
def test_what_is_zero_but_for_rounding_is_zero(run, balance):
    spent = "UPDATE users SET balance = 0 WHERE id = 1"
    code = program(expected(spent))
    assert run.accepts(code, spent.replace("= 0", f"= {balance}", 1))
    assert run.accepts(code, spent, f"UPDATE users SET balance = {balance} WHERE id = 3")
    assert not run.accepts(code, spent, "UPDATE users SET balance = 1e-8 WHERE id = 3")


WORDINGS = ["5", "$34.97", "5 credits", "2026-06-20", "20 June", "10:30", "OP-10019", "Di Fern",
            "yes", "no", "June 2026", "\u20ac", "noon", "twelve", "1,234.50"]  # fmt: skip
SAYINGS = [*WORDINGS, "34.97 USD", "five", "June 20, 2026", "3 to 5 pm", "op 10019", "di fern",
           "12", "06/20/2026", "at", "10.30", "1, 2, 3", "1,2,3", "5th", "OP-1"]  # fmt: skip


@MANY
@given(
    st.lists(st.lists(st.sampled_from(WORDINGS), min_size=1, max_size=2), min_size=1, max_size=3),
    st.none() | st.lists(st.sampled_from(SAYINGS), max_size=6).map(" ".join)
    | st.integers(15, 40).map(lambda count: " ".join(f"{n} 10:{n} OP-{n}" for n in range(count))),
)  # fmt: skip
def test_programs_read_answers_as_facts_are_read(run, wordings, answer):
    facts = tuple(Fact(tuple(each)) for each in wordings)
    code = program(ExpectedOutcome(Effects(), facts))
    met = not missing_facts(facts, answer) and not hedges(facts, answer)
    assert run.accepts(code, answer=answer) is met


def test_of_outcomes_of_the_same_effects_either_answer_will_do(run):
    outcomes = expected(DONE["seat"], answer="Seat 2"), expected(DONE["seat"], answer="It is A.")
    code = program(*outcomes)
    assert run.accepts(code, DONE["seat"], answer="2")
    assert run.accepts(code, DONE["seat"], answer="A")
    assert not run.accepts(code, DONE["seat"], answer="B")
    evidence = run(program(*outcomes, mode="sql"), DONE["seat"])
    assert evidence["expected_answer"] == "Seat 2; or: It is A."


def test_a_program_holds_no_more_than_its_task_needs():
    asked = program(expected(answer="Ann"))
    done = program(expected("INSERT INTO users (name) VALUES ('Di')"))
    for part in ("references", "numbering", "serial", "colours_of", "MONTHS", "MONEY", "outcomes"):
        assert part not in asked
    for part in ("references", "serial", "colours_of", "unicodedata", "READERS", "outcomes"):
        assert part not in done
    assert "numbering" in done
    assert "colours_of" not in program(expected(DONE["user"], DONE["order"]))
    assert "colours_of" in program(expected(*DONE.values()))
    assert "MONTHS" not in program(expected(answer="It costs $5."))
