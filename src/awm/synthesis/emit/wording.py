"""What tools and their arguments are said to do, in words that follow from the blueprint."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from awm.synthesis.blueprints import Action, Blueprint, Entity, Expression, Field, Rule, Template
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.surface import MOST, PAGE, Parameter, Surface, Tool

__all__ = ["a", "argument_words", "description", "dollars", "listed", "row_words", "summary"]

_PLACEHOLDER: Final = re.compile(r"\{(\w+)[^{}]*\}")


def a(noun: str) -> str:
    """A noun with its indefinite article."""
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def listed(words: list[str], last: str = "and") -> str:
    """Words as a sentence lists them."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def dollars(cents: int) -> str:
    """An amount of money."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def summary(tool: Tool, surface: Surface) -> str:
    """What a tool does, in one line."""
    if tool.kind == "policies":
        return "Tell today's date and the policies in force."
    if tool.action:
        return _asked(tool.action, surface.blueprint)
    entity = _entity(tool)
    if tool.kind == "list":
        return f"Find {_many(entity)}."
    if tool.kind == "edit":
        return f"Change the {_fields(entity)} of {a(entity.says)}."
    return f"Show {a(entity.says)}."


def description(tool: Tool, surface: Surface) -> tuple[str, ...]:
    """What else there is to know about a tool: paragraphs, and lines that begin with `- `."""
    lines = {
        "policies": _about_policies,
        "list": _about_list,
        "get": _about_row,
        "edit": _about_edit,
        "action": _about_action,
    }[tool.kind](tool, surface)
    return tuple(lines)


def row_words(entity: Entity, blueprint: Blueprint) -> str:
    """What a row of an entity is, in one sentence."""
    owner = f", part of {a(_owner(entity, blueprint).says)}" if entity.part_of else ""
    called = f", called by its {entity.fields[entity.named].says}" if entity.named else ""
    return f"{a(entity.says).capitalize()}{owner or called}."


def argument_words(parameter: Parameter, tool: Tool, surface: Surface) -> str:
    """What an argument means: units, form and range."""
    if parameter.place == "path":
        return f"Id of the {_entity(tool).says}{_source(_entity(tool), surface)}."
    if parameter.filter:
        return _filter_words(parameter, tool)
    field = _field(parameter)
    return f"{_field_words(field, surface)}{' May be left out.' if field.optional else ''}"


def _about_policies(_tool: Tool, surface: Surface) -> Iterator[str]:
    yield "The business day stands still: `today` is the current date for every tool."
    if surface.blueprint.options:
        yield "The policies are the numbers that rules go by; those in `_cents` are amounts."


def _about_list(tool: Tool, surface: Surface) -> Iterator[str]:
    style = surface.style
    yield (
        f"All filters given have to match. `{style.rows_key}` is one page, {PAGE} rows unless "
        f"`limit` says otherwise; `{style.total_key}` counts all matches."
    )
    parts = [part for part, _ in surface.blueprint.parts_of(_entity(tool))]
    if parts:
        names = listed([_many(part) for part in parts])
        yield f"The {names} of each are shown by `{surface.get_of(_entity(tool)).name}`."


def _about_row(tool: Tool, surface: Surface) -> Iterator[str]:
    parts = [part.plural for part, _ in surface.blueprint.parts_of(_entity(tool))]
    yield from [f"With its {listed([f'`{part}`' for part in parts])}."] if parts else []


def _about_edit(tool: Tool, surface: Surface) -> Iterator[str]:
    entity = _entity(tool)
    yield "Give the fields that change, at least one; the others stay as they are."
    unique = [entity.fields[name].says for name in entity.edits if entity.fields[name].unique]
    if unique:
        yield f"Refused as `already_taken` where another has the same {listed(unique, 'or')}."
    yield from _rules(entity.edits_need, surface.blueprint)


def _about_action(tool: Tool, surface: Surface) -> Iterator[str]:
    action, blueprint = tool.action, surface.blueprint
    if action is None:
        return
    if action.makes:
        yield f"Adds {a(blueprint.entities[action.makes].says)} and answers with it."
    yield from _life(action, blueprint)
    changes = list(dict.fromkeys(_changes(action)))
    if changes:
        yield f"Also changes {listed(changes)}."
    added = [a(blueprint.entities[name].says) for name in _added(action)]
    if added:
        yield f"May add {listed(list(dict.fromkeys(added)))}."
    yield from _rules(action.needs, blueprint)


def _life(action: Action, blueprint: Blueprint) -> Iterator[str]:
    if not action.on:
        return
    said = blueprint.entities[action.on].says
    starts = listed([f"`{state}`" for state in action.starts], "or")
    then = f"; then it is `{action.to}`" if action.to else ""
    if starts:
        yield f"Only while the {said} is {starts}, else refused as `wrong_status`{then}."
    elif action.to:
        yield f"The {said} is `{action.to}` then."
    if action.removes:
        yield f"The {said} is gone then."


def _rules(rules: tuple[Rule, ...], blueprint: Blueprint) -> Iterator[str]:
    if rules:
        yield "Refused with status 409 by these rules:"
        yield from (f"- {rule.name}: {_reason(rule.says, blueprint)}" for rule in rules)


def _reason(says: Template, blueprint: Blueprint) -> str:
    return "".join(
        part if isinstance(part, str) else _blank(part, blueprint) for part in says.parts
    )


def _blank(part: Expression, blueprint: Blueprint) -> str:
    """An expression in a message as documentation shows it: a policy's number, else what it is."""
    tree, is_amount = part.tree, False
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.args:
        is_amount = tree.func.id == "money"
        tree = tree.args[0] if tree.func.id in ("money", "label") else tree
    if isinstance(tree, ast.Name) and tree.id in blueprint.options:
        number = blueprint.options[tree.id]
        return dollars(number) if is_amount else str(number)
    if isinstance(tree, ast.Name) and tree.id == "today":
        return "today"
    if isinstance(tree, (ast.Name, ast.Attribute)):
        return f"<{_path_words(ast.unparse(tree), blueprint)}>"
    kinds = {"money": "amount", "int": "number", "date": "date"}
    return f"<{'amount' if is_amount else kinds.get(part.type.kind, 'text')}>"


def _path_words(path: str, blueprint: Blueprint) -> str:
    *owners, last = path.split(".")
    names = {entity.named for entity in blueprint.entities.values()}
    kept = owners if owners and last in names else [*owners, last]
    words = [re.sub(r"_on$", "_date", each).removesuffix("_cents") for each in kept]
    return " ".join(words).replace("_", " ")


def _changes(action: Action) -> Iterator[str]:
    """The fields that an action assigns besides those of the row it makes, as paths."""
    for statement in action.does.tree:
        for node in nodes_of(statement):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                path = ast.unparse(node)
                if path.partition(".")[0] != action.makes:
                    yield f"`{path}`"


def _added(action: Action) -> Iterator[str]:
    for statement in action.does.tree:
        for node in nodes_of(statement):
            match node:
                case ast.Call(func=ast.Name(id="add"), args=[ast.Constant(value=str(name))]):
                    yield name


def _asked(action: Action, blueprint: Blueprint) -> str:
    """An order to do it, with what it takes in the place of things."""
    if not action.phrases:
        return f"{action.name.replace('_', ' ').capitalize()}."

    def blank(match: re.Match[str]) -> str:
        field = action.takes.get(match[1])
        said = blueprint.entities[action.on].says if action.on else match[1]
        return f"<{field.says if field else said}>"

    # Phrases are orders; one that begins with a thing or quotes somebody is none to begin with.
    plain = [each for each in action.phrases if each[0].isalpha() and ";" not in each]
    text = _PLACEHOLDER.sub(blank, (plain or list(action.phrases))[0]).rstrip(".")
    return f"{text[0].upper()}{text[1:]}."


def _field_words(field: Field, surface: Surface) -> str:
    said = f"{field.says[0].upper()}{field.says[1:]}"
    if field.kind == "ref":
        target = surface.blueprint.entities[field.target]
        if target.says == field.says:
            return f"Id of the {field.says}{_source(target, surface)}."
        return f"{said}: id of {a(target.says)}{_source(target, surface)}."
    if field.kind == "date":
        return f"{said}, as YYYY-MM-DD."
    if field.kind == "money":
        return f"{said} in cents."
    if field.kind == "bool":
        return f"Whether: {field.says}."
    return f"{said}."


_PAGING: Final = {
    "order_by": "What to sort by.",
    "descending": "true sorts from the highest to the lowest.",
    "limit": f"Most rows to show, 1 to {MOST}.",
    "offset": "How many matching rows to skip, for paging.",
}
_EDGES: Final = {"from": "Earliest", "to": "Latest", "at_least": "Lowest", "at_most": "Highest"}
_FORMS: Final = {"date": ", as YYYY-MM-DD", "money": " in cents"}


def _filter_words(parameter: Parameter, tool: Tool) -> str:
    how = parameter.filter or ""
    if how in _PAGING:
        return _PAGING[how]
    field, many = _field(parameter), _many(_entity(tool))
    if how in _EDGES:
        return f"{_EDGES[how]} {field.says}{_FORMS.get(field.kind, '')}."
    if how == "contains":
        return f"A part of the {field.says}, in upper or lower case."
    if field.kind == "bool":
        return f"Only {many} with {field.says} true, or false."
    return f"Only {many} with this {field.says}{', by its id' if field.kind == 'ref' else ''}."


def _fields(entity: Entity) -> str:
    return listed([entity.fields[name].says for name in entity.edits])


def _source(target: Entity, surface: Surface) -> str:
    """Where the ids of an entity's rows are to be seen."""
    if not target.part_of:
        return f", as `{surface.list_of(target).name}` shows it"
    owner = _owner(target, surface.blueprint)
    return f", as `{surface.get_of(owner).name}` shows it"


def _owner(entity: Entity, blueprint: Blueprint) -> Entity:
    """The entity in whose rows a part is shown, which may be a part of a part."""
    owner = blueprint.entities[entity.fields[entity.part_of or ""].target]
    return _owner(owner, blueprint) if owner.part_of else owner


def _many(entity: Entity) -> str:
    return entity.plural.replace("_", " ")


def _entity(tool: Tool) -> Entity:
    if tool.entity is None:
        raise ValueError(f"{tool.name} is about no entity")
    return tool.entity


def _field(parameter: Parameter) -> Field:
    if parameter.field is None:
        raise ValueError(f"{parameter.name} is about no field")
    return parameter.field
