"""Reading and checking actions and rules."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from awm.synthesis.blueprints.blueprint import (
    Action,
    Effects,
    Entity,
    Expression,
    Field,
    Rule,
    Template,
)
from awm.synthesis.blueprints.effects import read_effects, unfilled
from awm.synthesis.blueprints.expressions import can_be, read_expression
from awm.synthesis.blueprints.faults import Fault, Faults
from awm.synthesis.blueprints.fields import read_field
from awm.synthesis.blueprints.form import ActionForm, RuleForm
from awm.synthesis.blueprints.scope import Scope, Shape, known_if_false, known_if_true
from awm.synthesis.blueprints.types import BOOL, Type, row

__all__ = ["read_action", "read_rules", "read_template", "read_template_paths"]

_PARTS: Final = re.compile(r"\{([^{}]*)\}")


def read_action(
    name: str,
    form: ActionForm,
    entities: Mapping[str, Entity],
    shape: Shape,
    faults: Faults,
    check_field: Callable[[Field, Mapping[str, Field]], None],
) -> Action:
    """Read one action.

    Args:
        name: Its name.
        form: As it was written.
        entities: All entities.
        shape: What expressions can reach.
        faults: Takes note of what is wrong in its parts.
        check_field: Raises a `Fault` for a parameter that cannot be drawn; it is given the
            parameters before it too.

    Raises:
        Fault: It is wrong as a whole.
    """
    where = f"actions.{name}"
    _check_frame(form, entities)
    takes = _parameters(form, entities, faults, where, check_field)
    names: dict[str, Type] = {each.name: each.type for each in takes.values()}
    if form.on:
        names[form.on] = row(form.on)
    scope = Scope(shape).with_names(names)
    needs, scope = read_rules(form.needs, scope, faults, f"{where}.needs")
    sets: dict[str, Expression] = {}
    if form.makes:
        sets = _sets(form, entities[form.makes], takes, scope, faults, where)
        scope = scope.with_names({form.makes: row(form.makes)})
    does = Effects("")
    with faults.at(f"{where}.does"):
        does = read_effects(form.does, scope)
        _check_removal(form, shape)
    for number, phrase in enumerate(form.phrases):
        with faults.at(f"{where}.phrases.{number}"):
            _check_phrase(phrase, form, takes)
    if len(form.phrases) < _FEWEST_PHRASES:
        raise Fault(f"it has fewer than {_FEWEST_PHRASES} phrases.")
    return Action(
        name=name,
        makes=form.makes,
        on=form.on,
        starts=form.from_,
        to=form.to,
        removes=form.removes,
        takes=takes,
        sets=sets,
        needs=needs,
        does=does,
        phrases=form.phrases,
        often=form.often,
    )


_FEWEST_PHRASES: Final = 2


def _check_frame(form: ActionForm, entities: Mapping[str, Entity]) -> None:
    for entity in (form.makes, form.on):
        if entity is not None and entity not in entities:
            raise Fault(f"there is no entity {entity!r}.")
    if form.makes and form.on:
        raise Fault("it both `makes` and is `on` a row.", "Take the row as a parameter.")
    if form.makes and entities[form.makes].state is None and form.to:
        raise Fault(f"a {form.makes} has no state.")
    subject = form.on or form.makes
    if form.from_ or form.to:
        state = entities[subject].state if subject else None
        if state is None or (form.from_ and not form.on):
            raise Fault("`from` and `to` are states of the row that it is `on`.")
        unknown = {*form.from_, *([form.to] if form.to else [])} - set(state.words)
        if unknown:
            raise Fault(f"no state is called {', '.join(sorted(unknown))}.")
    if form.removes and not form.on:
        raise Fault("`removes` says that the row it is `on` is gone.")


def _check_removal(form: ActionForm, shape: Shape) -> None:
    """What leads to a row that goes has to be asked for by a rule, or be dealt with."""
    if not form.removes or form.on is None:
        return
    told = [form.does, *(rule.needs for rule in form.needs)]
    for held in shape.holds.get(form.on, ()):
        if not any(re.search(rf"\b{form.on}\.{held}\b", each) for each in told):
            raise Fault(
                f"the {form.on} is gone then, but its {held} may lead to it.",
                f"Need `not any(True for each in {form.on}.{held})`, or lead them elsewhere.",
            )


def _parameters(
    form: ActionForm,
    entities: Mapping[str, Entity],
    faults: Faults,
    where: str,
    check_field: Callable[[Field, Mapping[str, Field]], None],
) -> dict[str, Field]:
    takes: dict[str, Field] = {}
    subject = entities.get(form.makes or form.on or "")
    called = {each.name: each.called for each in subject.fields.values()} if subject else {}
    for name, written in form.takes.items():
        with faults.at(f"{where}.takes.{name}"):
            read, value = read_field(name, written)
            check_field(read, takes)
            if read.kind == "ref" and read.target not in entities:
                raise Fault(f"there is no entity {read.target!r}.")
            if value is not None or read.kind == "state":
                raise Fault("a parameter has neither a value nor states.")
            if read.kind in ("int", "money", "date") and read.low is None:
                raise Fault("a parameter needs a range.", f"Write `{written} 1..20`, say.")
            if read.kind == "text" and read.pool is None:
                raise Fault("a parameter needs vocabulary.", "Write `text from POOL`.")
            if read.base is not None and (
                read.base not in takes or takes[read.base].kind != "date"
            ):
                raise Fault(f"{read.base!r} is no date that was taken before.")
            if name == form.on:
                raise Fault(f"the row it is on is called {name!r} already.")
            if read.column in {f"{form.on}_id", *(each.column for each in takes.values())}:
                raise Fault(f"something else is called {read.column!r} in the tool.")
            takes[name] = replace(read, called=called.get(name, ""))
    return takes


def read_rules(
    forms: Iterable[RuleForm], scope: Scope, faults: Faults, where: str
) -> tuple[tuple[Rule, ...], Scope]:
    """Read rules; each may count on those before it.

    Returns:
        The rules, and what is known where all of them hold.
    """
    rules = []
    for form in forms:
        with faults.at(f"{where}.{form.rule}"):
            test = read_expression(form.needs, scope)
            if test.type != BOOL:
                raise Fault(f"`{form.needs}` is {test.type}, not true or false.")
            broken = scope.knowing(known_if_false(test.tree))
            rules.append(Rule(form.rule, test, read_template(form.says, broken)))
            scope = scope.knowing(known_if_true(test.tree))
    return tuple(rules), scope


def read_template(text: str, scope: Scope) -> Template:
    """Read a text with `{expressions}` in it.

    Raises:
        Fault: One is wrong.
    """
    parts: list[str | Expression] = []
    for place, part in enumerate(_PARTS.split(text)):
        if place % 2 == 0:
            if "{" in part or "}" in part:
                raise Fault(f"the braces in {text!r} do not match.")
            parts += [part] if part else []
        else:
            expression = read_expression(part, scope)
            if expression.type.kind in ("row", "rows", "none", "span"):
                raise Fault(f"`{part}` is {expression.type}.", "Write label(row) for its name.")
            parts.append(expression)
    return Template(tuple(parts))


def read_template_paths(text: str, scope: Scope) -> tuple[str, ...]:
    """The paths in a text such as `{member}'s loan of {tool}`.

    Raises:
        Fault: One leads nowhere, to a list, or may lead through nothing.
    """
    paths = tuple(_PARTS.findall(text))
    if not paths:
        raise Fault(f"{text!r} has nothing in braces.")
    for path in paths:
        if not re.fullmatch(r"\w+(\.\w+)*", path):
            raise Fault(f"`{path}` is no path.")
        if path.partition(".")[0] not in scope.names:
            raise Fault(f"`{path}` begins with no field.")
        if read_expression(path, scope).type.kind == "rows":
            raise Fault(f"`{path}` is many rows.")
    return paths


def _sets(
    form: ActionForm,
    made: Entity,
    takes: Mapping[str, Field],
    scope: Scope,
    faults: Faults,
    where: str,
) -> dict[str, Expression]:
    sets: dict[str, Expression] = {}
    for name, source in form.sets.items():
        with faults.at(f"{where}.sets.{name}"):
            if name not in made.fields:
                raise Fault(f"a {made.name} has no {name!r}.")
            if name in takes:
                raise Fault("it is taken as a parameter too.", "Do one of the two.")
            value = read_expression(source, scope)
            if not can_be(value.type, made.fields[name].type):
                raise Fault(f"`{source}` is {value.type}, not {made.fields[name].type}.")
            sets[name] = value
    taken = [name for name in takes if name in made.fields]
    for name in taken:
        with faults.at(f"{where}.takes.{name}"):
            if not can_be(takes[name].type, made.fields[name].type):
                what = f"{takes[name].type} cannot be the {name} of a {made.name}"
                raise Fault(f"{what}, which is {made.fields[name].type}.")
    left = unfilled(made.fields, frozenset((*sets, *taken)))
    if left:
        raise Fault(
            f"the new {made.name} gets no {', '.join(left)}.",
            "Take it as a parameter, put it into `sets`, or give the field a value with `=`.",
        )
    return sets


def _check_phrase(phrase: str, form: ActionForm, takes: Mapping[str, Field]) -> None:
    named = _PARTS.findall(phrase)
    wanted = {name for name, each in takes.items() if not each.optional}
    wanted |= {form.on} if form.on else set()
    if len(set(named)) < len(named):
        raise Fault(f"{phrase!r} names something twice.")
    if missing := wanted - set(named):
        raise Fault(f"{phrase!r} does not say {', '.join(sorted(missing))}.")
    if unknown := set(named) - wanted - set(takes):
        raise Fault(f"{phrase!r} names {', '.join(sorted(unknown))}, which it does not take.")
