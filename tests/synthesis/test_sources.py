"""What stages read is told apart from what they cannot use, whoever wrote or edited it."""

import json
import shutil
from pathlib import Path

import pytest

from awm.errors import UsageError, WorldFileError
from awm.synthesis.order import Order
from awm.synthesis.sources import read_plans, scenarios_of, tasks_ordered
from awm.worlds import WorldFile
from awm.worlds.names import normalise
from tests.synthesis.ordering import SHARED

STAGED = Order(2, SHARED.seed)
"""The order of the stages that prove: what domains there were to choose from is no matter then."""


@pytest.fixture(scope="module")
def plans(generated):
    """The plans of the shared worlds, as their scenarios tell them."""
    return read_plans(generated / WorldFile.SCENARIO)


@pytest.fixture
def scenarios(generated, tmp_path):
    """A folder with the scenarios of the shared worlds and nothing else."""
    shutil.copy(generated / WorldFile.SCENARIO, tmp_path)
    return tmp_path / WorldFile.SCENARIO


def rewritten(path, change) -> None:
    """Change the rows of a file."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in change(rows)), "utf-8")


# --- reading plans ---


def test_plans_are_found_in_a_file_and_beside_those_of_later_stages(generated, tmp_path):
    found = read_plans(generated / WorldFile.SCENARIO)
    assert [(plan.seed, plan.index) for plan in found] == [(SHARED.seed, 0), (SHARED.seed, 1)]
    for part in WorldFile:
        assert read_plans(generated / part) == found
    assert read_plans(generated / "not_yet_written.jsonl") == found
    shutil.copy(generated / WorldFile.SCENARIO, tmp_path / "mine.jsonl")
    assert read_plans(tmp_path / "mine.jsonl") == found


def test_scenarios_are_chosen_by_any_spelling(generated, plans):
    spelled = plans[1].title.upper().replace(" ", "--")
    assert read_plans(generated / WorldFile.SCENARIO, [spelled]) == [plans[1]]
    with pytest.raises(UsageError) as caught:
        read_plans(generated / WorldFile.SCENARIO, [spelled, "No Such", "nor this"])
    assert caught.value.message.endswith("has no scenario no_such, nor_this.")


def test_rows_may_carry_keys_of_others_and_lines_may_be_empty(scenarios, plans):
    rewritten(scenarios, lambda rows: [{**row, "mine": "\u2028"} for row in rows])
    text = scenarios.read_text("utf-8").replace("\\u2028", "\u2028")
    scenarios.write_text("\n" + text.replace("\n", "\n\n"), "utf-8")
    assert read_plans(scenarios) == plans


@pytest.mark.parametrize(
    ("content", "error", "what"),
    [
        (b"", UsageError, "holds no scenario."),
        (b"\n \n", UsageError, "holds no scenario."),
        (b"\xff\n", WorldFileError, "cannot be read: it is no UTF-8."),
        (b"{\n", WorldFileError, "is no JSON: "),
        (b"[]\n", WorldFileError, "line 1 of"),
        (b'{"name": "Rover"}\n', UsageError, "'Rover' was not planned by the builtin author."),
        (b'{"name": "Rover", "builtin": 7}\n', UsageError, "was not planned by the builtin"),
        (b'{"name": "R", "builtin": {"recipe": {}}}\n', UsageError, "'R' makes no sense: "),
    ],
)
def test_what_holds_no_plans_is_told(scenarios, content, error, what):
    scenarios.write_bytes(content)
    with pytest.raises(error) as caught:
        read_plans(scenarios)
    assert what in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_there_is_named_once(tmp_path):
    for path in (tmp_path / WorldFile.SCENARIO, tmp_path / "gen_tasks.jsonl"):
        with pytest.raises(WorldFileError) as caught:
            read_plans(path)
        assert caught.value.message == (
            f"{tmp_path / WorldFile.SCENARIO} cannot be read: No such file or directory."
        )
        assert caught.value.hint == "Begin with `awm gen scenario`."


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(WorldFileError, match="cannot be read: Is a directory"):
        read_plans(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_all_right(scenarios, plans):
    text = scenarios.read_text("utf-8")
    scenarios.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_plans(scenarios) == plans


@pytest.mark.parametrize("path", [".", "/", "nowhere", "nu\0ll", "x" * 300])
def test_what_is_no_file_of_scenarios_is_told(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nowhere").symlink_to("gone")
    with pytest.raises(WorldFileError) as caught:
        read_plans(Path(path))
    assert " cannot be read: " in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["", " ", "\u65e5\u672c", "../.."])
def test_a_name_without_letters_is_no_scenario(scenarios, name):
    with pytest.raises(UsageError) as caught:
        read_plans(scenarios, [name])
    assert caught.value.message == f"{name!r} is no scenario's name."


def test_two_scenarios_of_one_name_are_refused(scenarios, plans):
    rewritten(scenarios, lambda rows: [rows[0], {**rows[1], "name": rows[0]["name"].upper()}])
    with pytest.raises(UsageError, match="has two scenarios that are called "):
        read_plans(scenarios)


def test_a_title_that_is_a_path_leads_nowhere_else(scenarios, plans):
    rewritten(scenarios, lambda rows: [{**rows[0], "name": "../../x"}])
    (plan,) = read_plans(scenarios)
    assert normalise(plan.title) == "x"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"seed": "a"}, "makes no sense: builtin.seed is 'a' and no integer."),
        ({"recipe": {"modules": ["nowhere"]}}, "has no module 'nowhere'."),
        ({"recipe": {"domain": "nowhere"}}, "There is no domain 'nowhere'."),
    ],
)
def test_a_plan_that_was_edited_is_told_before_anything_is_made(scenarios, change, what):
    def edited(rows):
        built = rows[0]["builtin"]
        recipe = {**built["recipe"], **change.get("recipe", {})}
        return [{**rows[0], "builtin": {**built, **change, "recipe": recipe}}]

    rewritten(scenarios, edited)
    with pytest.raises(UsageError) as caught:
        read_plans(scenarios)
    assert what in caught.value.message
    assert caught.value.hint


def test_the_scenarios_lie_beside(scenarios):
    assert scenarios_of(scenarios) == scenarios
    assert scenarios_of(scenarios.with_name("gen_tasks.jsonl")) == scenarios


# --- what tasks were ordered ---


def test_the_order_of_tasks_is_read_from_their_file(generated, plans):
    assert tasks_ordered(generated / WorldFile.TASKS, plans) == STAGED


def test_the_state_that_they_are_of_is_read_too(scenarios, plans):
    path = scenarios.with_name("gen_tasks.jsonl")
    row = {
        "scenario": plans[0].title,
        "tasks": [],
        "builtin": {"tasks": 4, "levels": [2, 3], "state": 3},
    }
    path.write_text(json.dumps(row) + "\n")
    found = tasks_ordered(path, plans[:1])
    assert found == Order(1, SHARED.seed, tasks=4, levels=(2, 3), state=3)


@pytest.mark.parametrize(
    "row", [{}, {"builtin": 7}, {"builtin": {}}, {"builtin": {"tasks": 4, "levels": 3}}]
)
def test_tasks_of_others_have_no_order(scenarios, plans, row):
    path = scenarios.with_name("gen_tasks.jsonl")
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(UsageError) as caught:
        tasks_ordered(path, plans)
    assert caught.value.message == f"{path} holds no tasks of the builtin author."
    assert caught.value.hint == "Begin with `awm gen task`."


@pytest.mark.parametrize(
    "change",
    [
        {"tasks": "a"},
        {"tasks": True},
        {"tasks": 0},
        {"levels": ["x"]},
        {"levels": []},
        {"state": -1},
    ],
    ids=str,
)
def test_an_order_of_tasks_that_was_edited_is_told(scenarios, plans, change):
    path = scenarios.with_name("gen_tasks.jsonl")
    built = {"tasks": 4, "levels": [2], "state": 0, **change}
    path.write_text(json.dumps({"scenario": plans[0].title, "tasks": [], "builtin": built}) + "\n")
    with pytest.raises(UsageError) as caught:
        tasks_ordered(path, plans[:1])
    assert f"the order of the tasks of {plans[0].title!r} in {path} makes no sense: " in str(
        caught.value
    )
    assert caught.value.hint == "The row was changed: write the tasks again with `awm gen task`."


def test_tasks_that_are_not_there_or_of_several_orders_are_told(scenarios, plans):
    path = scenarios.with_name("gen_tasks.jsonl")
    rows = [
        {"scenario": plan.title, "builtin": {"tasks": number, "levels": [2], "state": 0}}
        for number, plan in enumerate(plans, 1)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(UsageError, match="holds tasks of several orders: those of "):
        tasks_ordered(path, plans)
    assert tasks_ordered(path, plans[1:]) == Order(1, SHARED.seed, tasks=2, levels=(2,))
    path.write_text(json.dumps(rows[0]) + "\n")
    with pytest.raises(UsageError, match=f"has no tasks of {normalise(plans[1].title)}"):
        tasks_ordered(path, plans)
