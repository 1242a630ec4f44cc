"""Stage `sample`: rows that SQLite takes, and on which the tasks can be done."""

import pytest

from awm.errors import LLMAnswerError
from awm.synthesis.llm_author.stage import Choices
from awm.synthesis.llm_author.writing.samples import SampleStage
from awm.worlds import World, WorldFile, build_database
from tests.synthesis.llm_author.writing.drafting import (
    as_json,
    correction,
    library,
    whole_draft,
    written,
)

USERS = (
    "INSERT INTO users (id, name, email)"
    " VALUES (1, 'Ann Lee', 'a@b.org'), (2, 'Priya Nair', 'p@b.org')"
)
TOOLS = (
    "INSERT INTO tools (id, name, status) VALUES (1, 'Bosch drill', 'out')",
    "INSERT INTO tools (id, name, status) VALUES (2, 'Hilti saw', 'free')",
)
LOANS = ("INSERT INTO loans (id, tool_id, user_id, due_on) VALUES (1, 1, 1, '2026-02-09')",)


def _answer(users=(USERS,), tools=TOOLS, loans=LOANS) -> str:
    groups = {"users": users, "tools": tools, "loans": loans}
    return as_json(
        {
            "tables": [
                {"table_name": name, "insert_statements": list(statements)}
                for name, statements in groups.items()
            ]
        }
    )


def _explained(**reasons: str) -> str:
    """Rows of users only, with reasons why other tables have none."""
    empty = [
        {"table_name": name, "reasoning": why, "insert_statements": []}
        for name, why in reasons.items()
    ]
    users = {"table_name": "users", "insert_statements": [USERS]}
    return as_json({"tables": [users, *empty]})


GOOD = _answer()


def _statements(made) -> dict[str, list[str]]:
    groups = made.value[WorldFile.SAMPLE][0]["sample_data"]["tables"]
    return {group["table_name"]: group["insert_statements"] for group in groups}


async def test_the_model_is_told_tasks_schema_and_moment(runtime):
    _, (question,) = await written(SampleStage(), runtime, library(), [GOOD])
    user = question.messages[1].content
    assert "2. How many tools are out today?" in user
    assert "<schema>\nCREATE TABLE users" in user
    assert "2026-02-02 09:00" in user


async def test_the_row_counts_tables_and_statements(runtime):
    made, _ = await written(SampleStage(), runtime, library(), [GOOD])
    (row,) = made.value[WorldFile.SAMPLE]
    assert (row["scenario"], row["tables_count"], row["inserts_count"]) == ("Tool Library", 3, 4)
    assert made.problems == ()
    world = World.from_records(library().with_records(made.value).records)
    assert build_database(world.recipe()).rows == 5


async def test_what_the_builtin_author_writes_is_taken_whole(runtime, plan, catalogue):
    draft = whole_draft(plan, catalogue)
    rows = draft.row(WorldFile.SAMPLE)
    made, _ = await written(SampleStage(), runtime, draft, [as_json(rows["sample_data"])])
    assert made.is_sound
    assert made.value[WorldFile.SAMPLE][0]["inserts_count"] == rows["inserts_count"]


async def test_tables_that_others_refer_to_are_filled_first_whatever_the_answer_s_order(runtime):
    tables = {
        "loans": list(LOANS),
        "TOOLS": list(TOOLS),
        "users": [USERS],
    }
    groups = [{"table_name": name, "insert_statements": sql} for name, sql in tables.items()]
    made, questions = await written(
        SampleStage(), runtime, library(), [as_json({"tables": groups})]
    )
    assert len(questions) == 1
    assert made.is_sound
    assert list(_statements(made)) == ["tools", "users", "loans"]


@pytest.mark.parametrize(
    ("broken", "evidence"),
    [
        (
            _answer(loans=["INSERT INTO loans (id, tool, user_id) VALUES (1, 1, 1)"]),
            ["table loans", "no column named tool", "columns of loans are: tool_id", "INSERT INTO"],
        ),
        (
            _answer(tools=[*TOOLS, "INSERT INTO tool VALUES (3, 'Saw', 'free')"]),
            ["no such table: tool", "The tables are: tools"],
        ),
        (
            _answer(tools=[*TOOLS, "INSERT INTO tools VALUES (3, 'Saw', 'lent')"]),
            ["CHECK constraint failed: status IN ('free', 'out')", "'lent'"],
        ),
        (
            _answer(tools=[*TOOLS, "INSERT INTO tools VALUES (3, NULL, 'out')"]),
            ["NOT NULL constraint failed: tools.name"],
        ),
        (
            _answer(users=[USERS, "INSERT INTO users VALUES (3, 'Bo', 'a@b.org')"]),
            ["UNIQUE constraint failed: users.email", "Another row of users has these values"],
        ),
        (
            _answer(users=[USERS, "INSERT INTO users VALUES (3, 'O'Hara', 'o@b.org')"]),
            ["syntax error", "O'Hara"],
        ),
        (
            _answer(users=[USERS, "INSERT INTO users VALUES (3, 'Bo')"]),
            ["has 3 columns but 2 values", "columns of users are: id, name, email"],
        ),
        (
            _answer(loans=[*LOANS, "INSERT INTO loans VALUES (2, 9, 1, '2026-02-03')"]),
            [
                "FOREIGN KEY constraint failed",
                "No row of tools for tool_id = 9; tools has id: 1, 2",
            ],
        ),
        (
            _answer(loans=[*LOANS, "DROP TABLE loans"]),
            ["only INSERT statements", "DROP TABLE loans"],
        ),
        (_answer(tools=[], loans=[]), ["table tools: it has no rows"]),
        (
            _answer(users=[USERS[: USERS.index(", (2")]], tools=TOOLS[:1]),
            ["3 rows in 3 tables leave nothing to look for", "insert 3 rows or more"],
        ),
        (
            _answer(
                users=[USERS.replace("(1,", "(3,")], loans=[LOANS[0].replace(" 1, '", " 3, '")]
            ),
            ["the user who speaks in the tasks is row 1", "insert that user first"],
        ),
    ],
)
async def test_each_fault_is_told_with_its_evidence_and_mended(runtime, broken, evidence):
    made, questions = await written(SampleStage(), runtime, library(), [broken, GOOD])
    told = correction(questions)
    assert [part for part in evidence if part not in told] == []
    assert made.is_sound
    assert sum(map(len, _statements(made).values())) == 4


async def test_statements_of_a_table_that_fail_alike_are_told_once_with_their_number(runtime):
    broken = _answer(
        tools=[*TOOLS, *(f"INSERT INTO tools VALUES ({at}, 'Saw', 'lent')" for at in range(3, 9))]
    )
    _, questions = await written(SampleStage(), runtime, library(), [broken, GOOD])
    told = correction(questions)
    assert told.count("CHECK constraint failed") == 1
    assert "6 statements fail" in told
    assert "and 3 more" in told


async def test_the_cause_is_told_before_the_foreign_keys_that_fail_because_of_it(runtime):
    broken = _answer(tools=["INSERT INTO tools VALUES (1, 'Bosch drill', 'lent')"])
    _, questions = await written(SampleStage(), runtime, library(), [broken, GOOD])
    told = correction(questions)
    assert told.index("CHECK constraint") < told.index("it has no rows")
    assert told.index("CHECK constraint") < told.index("FOREIGN KEY")


async def test_statements_that_are_never_mended_are_left_out_and_written_down(runtime):
    broken = _answer(tools=[*TOOLS, "INSERT INTO tools VALUES (3, 'Saw', 'lent')"])
    made, _ = await written(SampleStage(), runtime, library(), [broken, broken])
    assert _statements(made)["tools"] == list(TOOLS)
    assert made.value[WorldFile.SAMPLE][0]["inserts_count"] == 4
    assert not made.is_sound
    assert "'lent'" in str(made.problems[0])


async def test_no_row_at_all_is_an_error(runtime):
    broken = _answer(users=["INSERT INTO people VALUES (1)"], tools=[], loans=[])
    with pytest.raises(LLMAnswerError, match="no such table: people"):
        await written(SampleStage(), runtime, library(), [broken, broken])


async def test_a_table_may_be_empty_where_the_model_says_why(runtime):
    draft = library(tasks=["Register the tool 'Bosch drill'."])
    silent, _ = await written(SampleStage(), runtime, draft, [_answer(tools=[], loans=[])] * 2)
    assert not silent.is_sound
    answer = _explained(tools="none yet", loans="none yet")
    reasoned, _ = await written(SampleStage(), runtime, draft, [answer])
    assert reasoned.is_sound


async def test_a_name_that_stands_in_no_row_is_mentioned_with_those_that_are_like_it(runtime):
    tools = [TOOLS[0].replace("Bosch drill", "Bosch dril"), TOOLS[1]]
    made, _ = await written(SampleStage(), runtime, library(), [_answer(tools=tools)])
    assert made.is_sound
    (problem,) = made.problems
    assert "'Bosch drill', which stands in no row" in problem.what
    assert "Bosch dril" in problem.hint


async def test_rows_that_ask_for_the_time_stand_at_the_worlds_and_are_mentioned(runtime):
    loan = (
        "INSERT INTO loans (id, tool_id, user_id, due_on) VALUES (1, 1, 1, date('now', '+1 day'))"
    )
    made, _ = await written(SampleStage(), runtime, library(), [_answer(loans=[loan])])
    assert made.is_sound
    assert ["ask for the time" in problem.what for problem in made.problems] == [True]
    clock = Choices().clock.isoformat()
    draft = library().with_records(made.value)
    schema = {**draft.row(WorldFile.DATABASE), "clock": clock}
    world = World.from_records(draft.with_records({WorldFile.DATABASE: [schema]}).records)
    assert b"2026-02-03" in build_database(world.recipe()).image
