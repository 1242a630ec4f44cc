"""The code of a world does what its blueprint does in plain Python, refusal by refusal."""

import json
import random
from datetime import date
from typing import Any

import pytest

from awm.runtime import Instance, Runtime
from awm.synthesis.blueprints import Action
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.dry import Books, Drawer, Refusal, Row, perform, play_history
from tests.synthesis.emit.making import TODAY, world_of

ACTIONS = 80


def plain(value: Any) -> Any:
    """A value of the dry books as JSON has it."""
    if isinstance(value, Row):
        return value.id
    return value.isoformat() if isinstance(value, date) else value


def row_of(books: Books, row: Row) -> dict[str, Any]:
    return {name: plain(value) for name, value in books.values(row).items()}


def subject(books: Books, action: Action, lot: random.Random) -> Row | None:
    """A row for an action to work on; mostly one in a state in which it can be done."""
    entity = books.blueprint.entities[action.on or ""]
    rows = books.rows(entity.name)
    fit = [row for row in rows if entity.state and getattr(row, entity.state.name) in action.starts]
    rows = fit if fit and lot.random() < 0.8 else rows
    return lot.choice(rows) if rows else None


@pytest.mark.parametrize("domain", ["retail_bank", "grocery_delivery"])
async def test_rows_and_refusals_are_the_same(runtime: Runtime, domain: str):
    lot = random.Random(5)
    blueprint = Catalogue().blueprint(Recipe(domain))
    books = play_history(blueprint, TODAY, lot)
    start = {name: [books.values(row) for row in books.rows(name)] for name in books.names}
    drawer, outcomes = Drawer(books, lot), set()
    async with await runtime.launch(world_of(blueprint, start)) as instance:
        for action in lot.choices(list(blueprint.actions.values()), k=ACTIONS):
            on = subject(books, action, lot) if action.on else None
            arguments = drawer.arguments(action, on)
            if arguments is not None and (on is not None or not action.on):
                outcomes.add(await _compare(books, instance, action, arguments, on))
        for entity in blueprint.entities.values():
            if not entity.part_of:
                listed = await instance.call_tool(f"search_{entity.plural}", {"limit": 100})
                rows = [row_of(books, row) for row in books.rows(entity.name)]
                assert json.loads(listed.text)["items"] == rows[:100]
    assert len(outcomes) > 6  # it was done, and refused for several reasons


async def _compare(
    books: Books, instance: Instance, action: Action, arguments: dict[str, Any], on: Row | None
) -> str:
    """Carry an action out in both; tell what came of it."""
    call = {action.takes[name].column: plain(value) for name, value in arguments.items()}
    if on is not None:
        call[f"{action.on}_id"] = on.id
    expected = perform(books, action, arguments, on)
    result = await instance.call_tool(action.name, call)
    if isinstance(expected, Refusal):
        assert result.status == 409, (action.name, call)
        detail = json.loads(result.text.split("Response: ", 1)[1])["detail"]
        assert detail["rule"] == expected.rule
        if expected.rule in {rule.name for rule in action.needs}:
            assert detail["message"] == expected.message
        return expected.rule
    assert not result.is_error, (action.name, call, result.text)
    if expected is not None:
        row = row_of(books, expected)
        answer = json.loads(result.text)
        assert {name: answer[name] for name in row} == row
    return "done"
