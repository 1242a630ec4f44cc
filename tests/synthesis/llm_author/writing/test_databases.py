"""Stage `db`: a schema that SQLite executes, and in which the tasks can take place."""

import json

import pytest

from awm.errors import LLMAnswerError
from awm.synthesis.llm_author.writing.databases import DatabaseStage
from awm.worlds import World, WorldFile
from tests.synthesis.llm_author.writing.drafting import (
    LIBRARY,
    as_json,
    correction,
    example_of,
    library,
    whole_draft,
    written,
)


def _answer(*ddl: str, **indexes: list[str]) -> str:
    names = [text.split()[2] for text in ddl]
    tables = [
        {"name": name, "ddl": text, "indexes": indexes.get(name, [])}
        for name, text in zip(names, ddl, strict=True)
    ]
    return as_json({"tables": tables})


GOOD = _answer(*LIBRARY, loans=["CREATE INDEX idx_loans_user ON loans (user_id);"])
USERS, TOOLS, LOANS = LIBRARY


def _names(made) -> list[str]:
    tables = made.value[WorldFile.DATABASE][0]["db_schema"]["tables"]
    return [table["name"] for table in tables]


async def test_the_model_is_told_the_tasks_from_which_the_schema_follows(runtime):
    _, (question,) = await written(DatabaseStage(), runtime, library(), [GOOD])
    system, user = (message.content for message in question.messages)
    assert system.startswith("awm prompt db v")
    assert "<tasks>\n1. Extend my loan of the 'Bosch drill' to 20 March 2026.\n2. How" in user


async def test_the_row_names_its_file_its_clock_and_that_foreign_keys_count(runtime):
    made, _ = await written(DatabaseStage(), runtime, library(), [GOOD])
    (row,) = made.value[WorldFile.DATABASE]
    assert row["scenario"] == "Tool Library"
    assert row["db_path"] == "./databases/tool_library.db"
    assert row["foreign_keys"] is True
    assert row["clock"] == "2026-02-02T09:00:00Z"
    world = World.from_records(library().with_records(made.value).records)
    assert world.clock.isoformat() == "2026-02-02T09:00:00+00:00"
    assert [table.name for table in world.tables] == ["users", "tools", "loans"]


async def test_what_the_builtin_author_writes_is_taken_as_it_is(runtime, plan, catalogue):
    draft = whole_draft(plan, catalogue)
    schema = draft.row(WorldFile.DATABASE)["db_schema"]
    made, _ = await written(DatabaseStage(), runtime, draft, [as_json(schema)])
    assert made.problems == ()
    tables = made.value[WorldFile.DATABASE][0]["db_schema"]["tables"]
    assert [table["ddl"] for table in tables] == [table["ddl"] for table in schema["tables"]]


@pytest.mark.parametrize(
    ("broken", "evidence"),
    [
        (
            _answer(USERS, TOOLS, LOANS.replace("INTEGER NOT NULL REFERENCES", "INTEGER NOT REF")),
            ["table loans: ddl", 'near "REF": syntax error', "CREATE TABLE loans"],
        ),
        (
            _answer(*LIBRARY, loans=["CREATE INDEX idx ON loans (usr_id);"]),
            ["table loans: indexes[0]", "no such column: usr_id", "CREATE INDEX idx"],
        ),
        (
            _answer(USERS, TOOLS, LOANS.replace("tools(id)", "tool(id)")),
            ["foreign key of tool_id", "there is no table tool", "there are: tools"],
        ),
        (
            _answer(USERS, TOOLS, LOANS.replace("tools(id)", "tools(tool_id)")),
            ["tools has no column tool_id", "it has: id, name, status"],
        ),
        (
            _answer(USERS, TOOLS, LOANS.replace("tools(id)", "tools(name)")),
            ["foreign key mismatch", "make (name) UNIQUE there"],
        ),
        (
            GOOD.replace('"name": "tools"', '"name": "devices"'),
            ["table devices", "does not create a table of this name", "tools"],
        ),
        (
            _answer(USERS, TOOLS.replace("INTEGER PRIMARY KEY", "INTEGER"), LOANS),
            ["table tools", "no primary key"],
        ),
        (
            _answer(USERS, TOOLS.replace("INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"), LOANS),
            ["id is BIGINT", "write `id INTEGER PRIMARY KEY`"],
        ),
        (
            _answer(USERS.replace("name TEXT", "password_hash TEXT, name TEXT"), TOOLS, LOANS),
            ["column password_hash", "leave the column out"],
        ),
        (
            _answer(*LIBRARY, users=["INSERT INTO users VALUES (1, 'Ann', 'a@b.org');"]),
            ["insert 1 rows", "rows are written in the next step"],
        ),
        (
            _answer(
                *LIBRARY,
                "CREATE TABLE telescopes (id INTEGER PRIMARY KEY);",
                json.loads(example_of("db"))["tables"][0]["ddl"],
            ),
            ["table sessions: it is the example of the form"],
        ),
        (_answer(USERS, TOOLS), ["2 tables are too few"]),
        (
            _answer(
                "CREATE TABLE places (id INTEGER PRIMARY KEY);",
                TOOLS,
                "CREATE TABLE racks (id INTEGER PRIMARY KEY);",
            ),
            ["no table can hold the user who speaks", "add a table `users`"],
        ),
    ],
)
async def test_each_fault_is_told_with_its_evidence_and_mended(runtime, broken, evidence):
    made, questions = await written(DatabaseStage(), runtime, library(), [broken, GOOD])
    told = correction(questions)
    assert [part for part in evidence if part not in told] == []
    assert made.is_sound
    assert made.attempts == 2
    assert _names(made) == ["users", "tools", "loans"]


async def test_a_foreign_key_that_fits_nowhere_is_told_once_and_of_its_own_table(runtime):
    bikes = "CREATE TABLE bikes (id INTEGER PRIMARY KEY, due_on TEXT REFERENCES loans(due_on));"
    _, questions = await written(
        DatabaseStage(), runtime, library(), [_answer(*LIBRARY, bikes), GOOD]
    )
    told = correction(questions)
    assert told.count("foreign key mismatch") == 1
    assert "table bikes: foreign key of due_on" in told


async def test_an_unknown_type_is_mentioned_and_no_reason_to_ask_again(runtime):
    odd = _answer(USERS, TOOLS.replace("name TEXT", "name ENUM"), LOANS)
    made, _ = await written(DatabaseStage(), runtime, library(), [odd])
    assert made.is_sound
    assert ["ENUM" in problem.what for problem in made.problems] == [True]


async def test_what_is_never_mended_is_left_out_with_all_that_refers_to_it(runtime):
    shelves = "CREATE TABLE shelves (id INTEGER PRIMARY KEY, tool_id INTEGER REFERENCES nails(id));"
    labels = "CREATE TABLE labels (id INTEGER PRIMARY KEY, shelf INTEGER REFERENCES shelves(id));"
    broken = _answer(*LIBRARY, shelves, labels, loans=["CREATE INDEX x ON loans (nothing);"])
    made, _ = await written(DatabaseStage(), runtime, library(), [broken, broken])
    assert _names(made) == ["users", "tools", "loans"]
    tables = made.value[WorldFile.DATABASE][0]["db_schema"]["tables"]
    assert [table["indexes"] for table in tables] == [[], [], []]
    assert not made.is_sound


async def test_a_schema_of_which_most_fails_is_an_error(runtime):
    broken = _answer(USERS, TOOLS.replace("TABLE tools", "TABLE tools tools"), "CREATE TABEL x ()")
    with pytest.raises(LLMAnswerError, match="syntax error"):
        await written(DatabaseStage(), runtime, library(), [broken, broken])


async def test_only_the_fault_is_told_and_not_what_follows_from_it(runtime):
    broken = USERS.replace(");", " UNIQUE (id, name));")
    bad = _answer(broken, TOOLS, LOANS, users=["CREATE INDEX idx_users ON users (name);"])
    _, questions = await written(DatabaseStage(), runtime, library(), [bad, GOOD])
    told = correction(questions)
    assert "a comma is missing before UNIQUE" in told
    assert "idx_users" not in told
    assert "there is no table users" not in told
