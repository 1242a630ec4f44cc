"""The text of a world's code: readable, always the same, and sound whatever is written in it."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.synthesis.emit import code_of
from awm.synthesis.surface import Style, Surface
from awm.worlds import check_world
from awm.worlds.code import read_code
from tests.synthesis.emit.making import TODAY, kiosk, rows_by_lot, workshop, world_of

GOLDEN = Path(__file__).parent / "golden" / "kiosk.py.txt"


def code(blueprint=None, title="Platform 3", description="Sells newspapers.", **style) -> str:
    surface = Surface(blueprint or kiosk(), Style(**style))
    return code_of(surface, title=title, description=description, today=TODAY)


def test_it_is_the_text_that_was_approved():
    """Write the file anew with `python -m tests.synthesis.emit.approve`, and read what changed."""
    assert code() == GOLDEN.read_text(encoding="utf-8")


def test_it_is_the_same_in_another_process_with_other_hashes():
    script = "from tests.synthesis.emit.test_code import code, workshop; print(code(workshop()))"
    root = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": f"{root}:{root / 'src'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == code(workshop()) + "\n"


def test_no_line_is_longer_than_a_hundred_columns():
    assert max(map(len, code(workshop()).splitlines())) < 100


def test_it_passes_the_checks_of_a_world():
    assert check_world(world_of(workshop(), rows_by_lot(workshop()))) == ()


def test_its_tools_are_those_of_the_surface_and_its_getters_read():
    facts = read_code(code(workshop()))
    surface = Surface(workshop())
    assert facts.operation_ids == tuple(tool.name for tool in surface.tools)
    assert facts.getters == {tool.name for tool in surface.tools if tool.method == "GET"}


def test_nothing_is_imported_or_defined_for_nothing():
    for text in (code(), code(workshop())):
        tree = ast.parse(text)
        imported = [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        ]
        written = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        assert set(imported) <= set(written)
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert functions - set(written) <= {"enforce_foreign_keys"}


def test_nothing_asks_for_the_time():
    assert not {"now", "today"} & {
        node.attr
        for node in ast.walk(ast.parse(code(workshop())))
        if isinstance(node, ast.Attribute)
    }


@settings(max_examples=30)
@given(st.text(), st.text())
def test_any_title_and_description_can_be_written_into_it(title, description):
    tree = ast.parse(code(title=title, description=description))
    constants = {node.targets[0].id: node.value for node in tree.body if _is_constant(node)}
    assert ast.literal_eval(constants["BUSINESS"]) == title


def test_a_long_word_is_not_broken_in_the_middle_of_an_escape():
    word = "\U0002ebe1" * 40
    assert word in (ast.get_docstring(ast.parse(code(description=f"Sells {word}."))) or "")


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)


def test_the_developers_words_are_used():
    text = code(list_verb="find", rows_key="results", total_key="found", prefix="/v1", sorts=False)
    assert 'operation_id="find_sales"' in text
    assert '{"found": total, "results": [' in text
    assert '"/v1/sales/{sale_id}/settle-sale"' in text
    assert "sorted_by" not in text


@pytest.mark.parametrize("name", ["field", "query", "request", "path", "text", "day"])
def test_an_entity_may_be_called_like_something_in_the_code(name, monkeypatch):
    monkeypatch.setenv("DATABASE_PATH", "sqlite://")
    blueprint = kiosk()
    entities = {
        "reader": blueprint.entities["reader"],
        "sale": blueprint.entities["sale"],
        name: replace(blueprint.entities["reader"], name=name, plural=f"{name}s"),
    }
    text = code(replace(blueprint, entities=entities, actions={}))
    exec(compile(text, "world", "exec"), {"__name__": "world_of_a_test"})
