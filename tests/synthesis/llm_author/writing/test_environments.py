"""Stage `env`: code that comes to life, has the tools that were asked for, and survives calls."""

import pytest

from awm.errors import LLMAnswerError
from awm.synthesis.llm_author.writing import environments
from awm.synthesis.llm_author.writing.environments import EnvironmentStage, tools_told
from awm.worlds import WorldFile
from tests.conftest import HEADER
from tests.synthesis.llm_author.writing.drafting import (
    correction,
    fenced,
    notes,
    whole_draft,
    written,
)

GOOD = fenced(HEADER)


def _code(made) -> str:
    return made.value[WorldFile.ENVIRONMENT][0]["full_code"]


async def test_the_model_is_told_schema_interface_and_how_rows_look(runtime):
    _, (question,) = await written(EnvironmentStage(), runtime, notes(), [GOOD])
    system, user = (message.content for message in question.messages)
    assert system.startswith("awm prompt env v")
    assert "<schema>\nCREATE TABLE notes" in user
    assert "<rows>\nINSERT INTO notes (title) VALUES ('first');" in user
    assert '<api>\n{"api_groups":[{"group_name":"Notes"' in user
    assert question.schema is None


async def test_the_row_holds_the_code_and_its_database(runtime):
    made, _ = await written(EnvironmentStage(), runtime, notes(), [GOOD])
    (row,) = made.value[WorldFile.ENVIRONMENT]
    assert row["scenario"] == "Notes"
    assert row["db_path"] == "./databases/notes.db"
    assert row["full_code"] == HEADER.strip() + "\n"
    assert made.is_sound


async def test_what_the_builtin_author_writes_is_taken_as_it_is(
    runtime, plan, catalogue, monkeypatch
):
    monkeypatch.setattr(environments, "_CALLS_PER_TOOL", 4)  # it has some thirty tools
    draft = whole_draft(plan, catalogue)
    code = draft.row(WorldFile.ENVIRONMENT)["full_code"]
    made, _ = await written(EnvironmentStage(), runtime, draft, [fenced(code)])
    assert made.is_sound
    assert _code(made).strip() == code.strip()
    assert len(tools_told(draft)) > 8


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        (
            HEADER.replace("async def list_notes():", "async def list_notes(:"),
            ["does not compile", "> ", "async def list_notes(:", '@app.get("/notes"'],
        ),
        (
            HEADER.replace("app = FastAPI()", "app = FastAPI()\nrouter = APIRouter()"),
            ["NameError: name 'APIRouter' is not defined", "`router = APIRouter()`"],
        ),
        (
            HEADER.replace("import os", "import os\nimport flask"),
            ["there is no module 'flask'", "`import flask`"],
        ),
        (
            HEADER.replace('operation_id="list_notes"', 'operation_id="notes_list"'),
            ["lacks endpoints of the interface: list_notes", "has not: notes_list"],
        ),
        (
            HEADER.replace("    title = Column", "    body = Column(String)\n    title = Column"),
            ["class Note", "stands for column notes.body, which is not there", "id, title"],
        ),
        (
            HEADER.replace('__tablename__ = "notes"', '__tablename__ = "note"'),
            ["it stands for table note, which is not in the schema", "there are: notes"],
        ),
        (
            HEADER.replace("[note.title for note", "[note.text for note"),
            [
                "tool list_notes: list_notes({}) fails: AttributeError",
                "titles = [note.text for note",
                "Note has: id, title",
            ],
        ),
        (
            HEADER.replace("title: str", "title: str, size: int = 1").replace(
                "    note = Note(", "    100 // size\n    note = Note("
            ),
            ["tool add_note", "ZeroDivisionError", "`100 // size`", '"size": 0'],
        ),
        (
            HEADER.replace(
                "    titles =",
                "    session.add(Note(title='seen'))\n    session.commit()\n    titles =",
            ),
            ["tool list_notes: it is a GET and changes rows: list_notes({})"],
        ),
        (
            HEADER.replace("    return titles", "    return {'n': titles[7]}"),
            ["tool list_notes", "IndexError", "`return {'n': titles[7]}`"],
        ),
        (
            HEADER.replace(
                "    return titles",
                "    list_notes.n = getattr(list_notes, 'n', 0) + 1\n    return list_notes.n",
            ),
            ["tool list_notes", "is not deterministic"],
        ),
        (
            HEADER.replace("    return titles", "    raise HTTPException(409, 'not today')"),
            ["tool list_notes: none of the calls that were tried succeeded"],
        ),
    ],
)
async def test_each_fault_is_told_with_its_evidence_and_mended(runtime, code, evidence):
    made, questions = await written(EnvironmentStage(), runtime, notes(), [fenced(code), GOOD])
    told = correction(questions)
    assert [part for part in evidence if part not in told] == []
    assert made.is_sound
    assert _code(made) == HEADER.strip() + "\n"


async def test_an_answer_without_code_is_asked_for_again(runtime):
    made, questions = await written(
        EnvironmentStage(), runtime, notes(), ["I cannot do that.", GOOD]
    )
    assert "there is no Python in it" in correction(questions)
    assert made.is_sound


async def test_what_others_have_to_mend_is_not_told_to_the_author_of_the_code(runtime):
    draft = notes()
    rows = {"table_name": "notes", "insert_statements": ["INSERT INTO gone VALUES (1)"]}
    sample = {"scenario": "Notes", "sample_data": {"tables": [rows]}}
    draft = draft.with_records({WorldFile.SAMPLE: [sample]})
    made, _ = await written(EnvironmentStage(), runtime, draft, [GOOD])
    assert made.is_sound
    assert [problem for problem in made.problems if "gone" in str(problem)] == []


async def test_code_that_lives_is_kept_with_what_is_wrong_with_it(runtime):
    code = HEADER.replace("[note.title for note", "[note.text for note")
    made, _ = await written(EnvironmentStage(), runtime, notes(), [fenced(code)] * 2)
    assert "note.text" in _code(made)
    assert not made.is_sound


async def test_code_that_never_comes_to_life_is_an_error(runtime):
    dead = fenced(HEADER.replace("import os", "import nothing_like_it"))
    with pytest.raises(LLMAnswerError, match="nothing_like_it"):
        await written(EnvironmentStage(), runtime, notes(), [dead, dead])


async def test_a_run_that_is_repeated_asks_the_same_questions(runtime):
    code = HEADER.replace("[note.title for note", "[note.text for note")
    answers = [fenced(code.replace("title: str", "title: str, size: int = 1")), GOOD]
    _, first = await written(EnvironmentStage(), runtime, notes(), answers)
    _, again = await written(EnvironmentStage(), runtime, notes(), answers)
    assert [question.key for question in first] == [question.key for question in again]
