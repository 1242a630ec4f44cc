"""Tools follow from the blueprint; each has a name of its own, whatever the style."""

import itertools
import re

import pytest

from awm.synthesis.surface import Style, Surface, sortable
from tests.synthesis.library import MODULES, composed, library, with_action

VERBS = [("search", "get", "update"), ("find", "open", "change"), ("query", "read", "amend")]
STYLES = [
    Style(*verbs, prefix=prefix, sorts=yes, ranges=not yes, singles=yes)
    for verbs, prefix, yes in itertools.product(VERBS, ["", "/api/v1"], [True, False])
]


@pytest.fixture(params=STYLES, ids=str)
def surface(request):
    return Surface(library(*MODULES), request.param)


def test_names_are_there_once_and_are_no_protocols(surface):
    names = [tool.name for tool in surface.tools]
    assert len(set(names)) == len(names)
    assert not set(names) & {"reset", "step", "state", "close", "done", "verify", "list_tools"}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_paths_are_there_once_for_each_method(surface):
    routes = [(tool.method, re.sub(r"\{\w+\}", "{}", tool.path)) for tool in surface.tools]
    assert len(set(routes)) == len(routes)
    assert all(path.startswith(f"{surface.style.prefix}/") for _, path in routes)


def test_parameters_are_there_once_and_stand_in_the_path_where_it_has_places(surface):
    for tool in surface.tools:
        names = [each.name for each in tool.parameters]
        assert len(set(names)) == len(names), tool.name
        placed = [each.name for each in tool.parameters if each.place == "path"]
        assert re.findall(r"\{(\w+)\}", tool.path) == placed
        assert all(each.required for each in tool.parameters if each.place == "path")


def test_each_action_is_a_tool_that_takes_what_the_action_takes(surface):
    for action in surface.blueprint.actions.values():
        tool = surface.by_name[action.name]
        body = {each.name: each.required for each in tool.parameters if each.place == "body"}
        assert body == {each.column: not each.optional for each in action.takes.values()}
        assert (tool.row_parameter is not None) == bool(action.on)
        assert (tool.kind, tool.method) == ("action", "POST")


def test_each_entity_but_parts_has_a_list(surface):
    for entity in surface.blueprint.entities.values():
        if entity.part_of:
            with pytest.raises(KeyError):
                surface.list_of(entity)
            continue
        tool = surface.list_of(entity)
        assert (tool.kind, tool.method, tool.entity) == ("list", "GET", entity)
        filters = {each.filter for each in tool.parameters}
        assert {"limit", "offset"} <= filters
        assert ("order_by" in filters) == surface.style.sorts
        assert not any(each.required for each in tool.parameters)
        if entity.state:
            assert entity.state.name in {each.name for each in tool.parameters}


def test_what_can_be_edited_has_a_tool_for_it(surface):
    for entity in surface.blueprint.entities.values():
        if entity.edits:
            tool = surface.edit_of(entity)
            columns = [entity.fields[name].column for name in entity.edits]
            assert [each.name for each in tool.parameters][1:] == columns
        else:
            with pytest.raises(KeyError):
                surface.edit_of(entity)


def test_a_row_with_parts_can_be_shown_alone(surface):
    assert surface.shows_alone(surface.blueprint.entities["loan"])
    assert surface.get_of(surface.blueprint.entities["loan"]).kind == "get"
    assert not surface.shows_alone(surface.blueprint.entities["inspection"])


def test_every_number_that_a_tool_shows_leads_somewhere(surface):
    for entity in surface.blueprint.entities.values():
        if entity.part_of or surface.shows_alone(entity):
            continue
        lists = {each.name for each in surface.list_of(entity).parameters}
        assert f"{entity.name}_id" in lists or not surface.blueprint.backs[entity.name]


@pytest.mark.parametrize(
    ("style", "action", "left"),
    [
        (Style(get_verb="open"), "open_shelf", "get_shelf"),
        (Style(edit_verb="change"), "change_ware", "update_ware"),
        (Style(list_verb="find"), "find_wares", "search_wares"),
        (Style(), "get_shelf", "get_shelf_record"),
    ],
)
def test_an_action_keeps_its_name_and_the_other_tool_is_called_otherwise(style, action, left):
    form = with_action()
    form["actions"][action] = form["actions"].pop("do_something")
    form["entities"]["ware"]["edits"] = ["left"]
    surface = Surface(composed(form), style)
    names = [tool.name for tool in surface.tools]
    assert names.count(action) == 1
    assert left in names
    assert surface.by_name[action].kind == "action"


def test_lists_are_sorted_by_numbers_dates_and_the_name():
    blueprint = library()
    assert sortable(blueprint.entities["tool"]) == (
        "id", "name", "weight_grams", "deposit_cents", "worth_cents", "bought_on",
        "due_for_service_on",
    )  # fmt: skip
    assert "tool" not in sortable(blueprint.entities["loan"])
