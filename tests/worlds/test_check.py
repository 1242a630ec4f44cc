"""What is wrong with a world shows before any of it runs."""

import pytest

from awm.errors import Problem
from awm.worlds import World, WorldFile, check_world, open_worlds
from awm.worlds.check import PROTOCOL_NAMES


def problems(rows, **rest) -> list[tuple[str, str, str]]:
    found = check_world(World.from_records(rows, **rest))
    assert all(isinstance(problem, Problem) and problem.hint for problem in found)
    assert all(problem.world == "city_zoo" for problem in found)
    return [(problem.severity, problem.where, problem.what) for problem in found]


def tool(name: str) -> str:
    return f"@app.get('/{name}', operation_id='{name}')\ndef {name}(): pass\n"


def code(*names: str) -> list[dict[str, str]]:
    text = "from fastapi import FastAPI\napp = FastAPI()\n" + "".join(map(tool, names))
    return [{"scenario": "City Zoo", "full_code": text}]


def test_a_sound_world_has_no_problems(zoo):
    assert problems(zoo) == []


def test_the_real_worlds_have_no_problems(sample_folder):
    assert [check_world(world) for world in open_worlds(sample_folder).values()] == [(), (), ()]


@pytest.mark.parametrize(
    ("part", "severity"),
    [
        (WorldFile.ENVIRONMENT, "error"),
        (WorldFile.DATABASE, "error"),
        (WorldFile.SCENARIO, "warning"),
        (WorldFile.TASKS, "warning"),
        (WorldFile.SAMPLE, "warning"),
    ],
)
def test_a_missing_part_is_a_problem(zoo, part, severity):
    del zoo[part]
    [(found, where, what)] = problems(zoo)
    assert (found, where) == (severity, part)
    assert "has no row of this world" in what


def test_what_is_not_needed_to_run_may_be_missing(zoo):
    del zoo[WorldFile.SPEC], zoo[WorldFile.VERIFIER_CODE]
    assert problems(zoo) == []


def test_a_prebuilt_database_stands_in_for_the_schema(zoo, tmp_path):
    del zoo[WorldFile.DATABASE]
    assert problems(zoo, database_file=tmp_path / "city_zoo.db") == []


def test_code_that_does_not_compile_is_an_error_with_its_line(zoo):
    zoo[WorldFile.ENVIRONMENT][0]["full_code"] = "from fastapi import FastAPI\napp = = 1\n"
    assert problems(zoo) == [
        ("error", "gen_envs.jsonl: full_code: line 2", "does not compile: invalid syntax")
    ]


def test_code_without_an_application_is_an_error(zoo):
    zoo[WorldFile.ENVIRONMENT][0]["full_code"] = "print('hello')\n"
    assert problems(zoo) == [
        ("error", "gen_envs.jsonl: full_code", "nothing is called `app`"),
        ("error", "gen_envs.jsonl: full_code", "FastAPI is not imported"),
    ]


@pytest.mark.parametrize("name", sorted(PROTOCOL_NAMES))
def test_a_tool_with_a_name_of_a_protocol_is_a_warning(zoo, name):
    zoo[WorldFile.ENVIRONMENT] = code("list_pets", name)
    [(severity, where, _)] = problems(zoo)
    assert (severity, where) == ("warning", f"gen_envs.jsonl: tool {name}")


def test_the_interface_is_looked_at_like_the_code(zoo):
    zoo[WorldFile.SPEC][0]["api_spec"] = {
        "api_groups": [
            {"endpoints": [{"operation_id": "reset"}, {"operation_id": "twice"}, {"path": "/x"}]},
            {"endpoints": [{"operation_id": "twice"}, "nonsense"]},
            {"endpoints": None},
            7,
        ]
    }
    assert [(severity, where) for severity, where, _ in problems(zoo)] == [
        ("error", "gen_spec.jsonl: tool twice"),
        ("warning", "gen_spec.jsonl: tool reset"),
    ]


def test_two_tools_of_one_name_are_an_error(zoo):
    zoo[WorldFile.ENVIRONMENT] = code("list_pets", "feed", "feed")
    [(severity, where, what)] = problems(zoo)
    assert (severity, where) == ("error", "gen_envs.jsonl: tool feed")
    assert what.startswith("2 operations have this id")


def test_tasks_that_say_nothing_new_are_problems(zoo):
    del zoo[WorldFile.VERIFIER_CODE]
    zoo[WorldFile.TASKS][0]["tasks"] = ["Feed the fox.", " \n", "Feed the fox."]
    assert problems(zoo) == [
        ("error", "gen_tasks.jsonl: task 1", "the task is empty"),
        ("warning", "gen_tasks.jsonl: task 2", "is the same as task 0"),
    ]


def test_an_empty_list_of_tasks_is_a_warning(zoo):
    del zoo[WorldFile.VERIFIER_CODE]
    zoo[WorldFile.TASKS][0]["tasks"] = []
    assert problems(zoo) == [("warning", "gen_tasks.jsonl", "the list of tasks is empty")]


def test_rows_that_do_not_count_are_reported(zoo):
    verifier = zoo[WorldFile.VERIFIER_CODE][0]
    zoo[WorldFile.VERIFIER_CODE] += [
        verifier | {"task_idx": 1, "verification": None},
        verifier | {"verification": {"code": "pass"}},
    ]
    zoo[WorldFile.TASKS].append({"scenario": "City Zoo", "tasks": 5})
    assert problems(zoo) == [
        (
            "warning",
            "gen_tasks.jsonl: row 2",
            "is left out: tasks should be a list, is a whole number",
        ),
        (
            "warning",
            "gen_verifier.pure_code.jsonl: row 1",
            "is replaced by row 4, which is for the same task",
        ),
        (
            "warning",
            "gen_verifier.pure_code.jsonl: row 3",
            "is left out: verification should be an object, is null",
        ),
    ]


def test_a_verifier_that_is_the_only_one_and_broken_is_an_error(zoo):
    zoo[WorldFile.VERIFIER_CODE][1]["verification"] = {}
    found = problems(zoo)
    assert [(severity, where) for severity, where, _ in found] == [
        ("error", "gen_verifier.pure_code.jsonl: row 2"),
        ("warning", "gen_verifier.pure_code.jsonl, gen_verifier.jsonl"),
    ]
    assert found[1][2] == "there is no verifier for task 1"


def test_a_verifier_that_does_not_compile_is_an_error(zoo):
    zoo[WorldFile.VERIFIER_CODE][1]["verification"]["code"] = "def verify(:"
    [(severity, where, _)] = problems(zoo)
    assert (severity, where) == ("error", "gen_verifier.pure_code.jsonl: task 1: line 1")


def test_a_verifier_for_another_task_is_a_warning(zoo):
    zoo[WorldFile.VERIFIER_CODE][0]["task"] = "Sell the fox."
    zoo[WorldFile.VERIFIER_CODE].append(zoo[WorldFile.VERIFIER_CODE][0] | {"task_idx": 7})
    zoo[WorldFile.VERIFIER_CODE][1]["task"] = "Name  the\nowl."
    assert problems(zoo) == [
        (
            "warning",
            "gen_verifier.pure_code.jsonl: task 0",
            "was written for a task of other words than the world's",
        ),
        (
            "warning",
            "gen_verifier.pure_code.jsonl: task 7",
            "there is no such task; the world has 2",
        ),
    ]
