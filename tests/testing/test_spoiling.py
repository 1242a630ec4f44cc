"""Each fault makes of a sound answer what that fault is called, and nothing else."""

import ast
import json
import sqlite3

import pytest

from awm.errors import LLMAnswerError
from awm.llm import Reply, find_json
from awm.synthesis.llm_author.answers import DatabaseAnswer, SampleAnswer, code_in, json_as
from awm.testing import ALL
from awm.testing.faults import ON_THE_WAY
from awm.testing.known import KnownWorld
from awm.testing.spoiling import spoilt
from awm.worlds.bundled import bundled_worlds
from awm.worlds.database import DatabaseRecipe, build_database

KEYS = [str(number) for number in range(12)]


@pytest.fixture(scope="module")
def world():
    return bundled_worlds()["coworking_space"]


@pytest.fixture(scope="module")
def known(world):
    return KnownWorld.of(world)


def fenced(code):
    return f"```python\n{code.strip()}\n```"


def problems_of(world, *, database=None, sample=None):
    records = {part: list(rows) for part, rows in world.records.items()}
    del records["gen_tasks.jsonl"]
    if database:
        records["gen_db.jsonl"] = [{**records["gen_db.jsonl"][0], "db_schema": database}]
    if sample:
        records["gen_sample.jsonl"] = [{**records["gen_sample.jsonl"][0], "sample_data": sample}]
    recipe: DatabaseRecipe = type(world).from_records(records).recipe()
    return build_database(recipe).problems


@pytest.mark.parametrize("key", KEYS)
def test_a_broken_off_answer_is_a_beginning_of_the_sound_one(known, key):
    faulty = spoilt("broken_off", "db", known.database, key)
    assert known.database.startswith(faulty)
    assert 0.2 < len(faulty) / len(known.database) < 0.9


def test_prose_stands_around_an_answer_that_is_whole(known):
    faulty = spoilt("prose_around", "db", known.database, "k")
    assert not faulty.startswith("{")
    assert json_as(DatabaseAnswer)(Reply(faulty)) == json_as(DatabaseAnswer)(Reply(known.database))


def test_prose_around_code_leaves_its_fence(known):
    faulty = spoilt("prose_around", "env", fenced(known.code), "k")
    assert code_in(Reply(faulty)) == code_in(Reply(fenced(known.code)))


def test_json_gets_a_fence_and_code_loses_it(known):
    assert spoilt("wrong_fence", "db", "{}", "k") == "```json\n{}\n```"
    assert spoilt("wrong_fence", "env", fenced("a = 1\nb = 2"), "k") == "a = 1\nb = 2\n"


@pytest.mark.parametrize("key", KEYS)
def test_one_statement_of_rows_names_a_column_that_is_not_there(world, known, key):
    faulty = json_as(SampleAnswer)(Reply(spoilt("wrong_column", "sample", known.sample, key)))
    problems = problems_of(world, sample=faulty.model_dump())
    assert any("has no column named" in problem.what for problem in problems)
    sound = json.loads(known.sample)["tables"]
    changed = [
        statement
        for mine, theirs in zip(faulty.tables, sound, strict=True)
        for statement in set(mine.insert_statements) - set(theirs["insert_statements"])
    ]
    assert len(changed) == 1


@pytest.mark.parametrize("key", KEYS)
def test_one_table_is_refused_by_sqlite(world, known, key):
    faulty = json_as(DatabaseAnswer)(Reply(spoilt("bad_ddl", "db", known.database, key)))
    sound = {table["name"]: table["ddl"] for table in json.loads(known.database)["tables"]}
    (table,) = [each for each in faulty.tables if each.ddl != sound[each.name]]
    with pytest.raises(sqlite3.Error):
        sqlite3.connect(":memory:").execute(table.ddl)


async def test_code_that_does_not_start_does_not(known):
    faulty = {code_in(Reply(spoilt("no_start", "env", fenced(known.code), key))) for key in KEYS}
    assert len(faulty) > 2
    for code in faulty:
        try:
            tree = ast.parse(code)
        except SyntaxError:
            continue
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        imports = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert "register_all" in names or "fastapi_crud_toolkit" in imports


@pytest.mark.parametrize("key", KEYS)
def test_one_attribute_of_a_model_stands_for_a_column_that_is_not_there(known, key):
    sound = fenced(known.code).splitlines()
    faulty = spoilt("wrong_column", "env", fenced(known.code), key).splitlines()
    ast.parse("\n".join(faulty[1:-1]))
    ((was, now),) = [pair for pair in zip(sound, faulty, strict=True) if pair[0] != pair[1]]
    attribute = was.partition(":")[0].strip()
    assert f'mapped_column("{attribute}_value"' in now


@pytest.mark.parametrize("name", ["verifier_code", "verifier_sql"])
def test_a_verifier_asks_for_a_column_that_is_not_there(known, name, tmp_path):
    code = known.verifiers[name.removeprefix("verifier_"), 1]
    faulty = code_in(Reply(spoilt("wrong_column", name, fenced(code), "k")))
    path = tmp_path / "world.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    connection.close()
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        run(faulty, path)


def run(code, path):
    names = {}
    exec(code, names)
    verify = next(each for name, each in names.items() if name.startswith("verify_"))
    return verify(str(path), str(path))


@pytest.mark.parametrize(
    ("fault", "result"), [("accepts_all", "complete"), ("accepts_none", "others")]
)
def test_a_verifier_says_the_same_of_everything(fault, result):
    sound = fenced("def verify_task_completion(a, b, c=None):\n    return {}")
    faulty = code_in(Reply(spoilt(fault, "verifier_code", sound, "k")))
    assert run(faulty, "nowhere") == {"result": result}


def test_evidence_says_that_it_was_done_whatever_was():
    faulty = code_in(Reply(spoilt("accepts_all", "verifier_sql", fenced("import json"), "k")))
    assert run(faulty, "nowhere")["done"] is True


CALL = '{"thought":"t","call":{"name":"find_rooms","arguments":{"seats":4}}}'


def test_an_agent_calls_a_tool_that_does_not_exist():
    (found,) = find_json(spoilt("unknown_tool", "agent", CALL, "k"))
    assert found.value["call"] == {"name": "quick_find_rooms", "arguments": {"seats": 4}}


def test_an_agent_gives_up():
    (found,) = find_json(spoilt("gives_up", "agent", CALL, "k"))
    assert "call" not in found.value
    assert "could not" in found.value["answer"]


@pytest.mark.parametrize("fault", [kind for kind in ALL if kind not in ON_THE_WAY])
def test_what_is_drawn_follows_from_the_question(known, fault):
    if fault in {"unknown_tool", "gives_up"}:
        prompt, sound = "agent", CALL
    elif fault in {"wrong_column", "no_start"}:
        prompt, sound = "env", fenced(known.code)
    elif fault in {"accepts_all", "accepts_none"}:
        prompt, sound = "verifier_code", fenced("def verify_task_completion(a, b): ...")
    else:
        prompt, sound = "db", known.database
    faulty = spoilt(fault, prompt, sound, "k")
    assert faulty == spoilt(fault, prompt, sound, "k") != sound


def test_an_answer_without_a_place_for_a_fault_stays_as_it_is():
    assert spoilt("wrong_column", "verifier_code", fenced("pass"), "k") == fenced("pass")
    assert spoilt("hang", "db", "{}", "k") == "{}"
    with pytest.raises(LLMAnswerError):
        code_in(Reply("{}"))
