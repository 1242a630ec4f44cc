"""From the written form to a checked blueprint."""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as defaulted
from typing import Final

from awm.synthesis.blueprints.actions import read_action, read_rules, read_template_paths
from awm.synthesis.blueprints.blueprint import Action, Blueprint, Effects, Entity, Field, Question
from awm.synthesis.blueprints.expressions import can_be, read_expression
from awm.synthesis.blueprints.faults import Fault, Faults
from awm.synthesis.blueprints.fields import read_field
from awm.synthesis.blueprints.form import DomainForm, EntityForm, QuestionForm
from awm.synthesis.blueprints.scope import Scope, Shape
from awm.synthesis.blueprints.trees import names_in
from awm.synthesis.blueprints.types import row
from awm.synthesis.blueprints.typical import read_typical
from awm.synthesis.blueprints.vocabulary import check_field, check_pools

__all__ = ["Composition", "compose"]

_TAKEN: Final = frozenset(
    {
        *keyword.kwlist,
        *("id", "type", "list", "dict", "set", "str", "int", "bool", "date", "sum", "count"),
        *("any", "all", "min", "max", "abs", "money", "label", "days", "today", "add", "remove"),
        *("created_at", "metadata", "registry", "session", "body", "limit", "offset"),
        *("order_by", "descending", "query", "app", "engine", "self", "row", "rows", "total"),
    }
)
_PROTOCOLS: Final = frozenset(
    ("reset", "step", "state", "close", "done", "verify", "list_tools", "call_tool", "submit")
)


@dataclass(frozen=True)
class Composition:
    """What a blueprint is composed of, besides the merged domain.

    Attributes:
        options: The number that each option has.
        pools: Further vocabulary: common, and what a flavour has in place of the domain's.
        modules: The modules that were merged, with their blurbs.
        capabilities: The capabilities, likewise.
    """

    options: Mapping[str, int] = defaulted(default_factory=dict)
    pools: Mapping[str, tuple[str, ...]] = defaulted(default_factory=dict)
    modules: Mapping[str, str] = defaulted(default_factory=dict)
    capabilities: Mapping[str, str] = defaulted(default_factory=dict)


def compose(domain: DomainForm, composition: Composition | None = None) -> Blueprint:
    """Read and check a merged domain.

    Args:
        domain: Without modules left in it, see `merged`.
        composition: What was chosen; by default the first number of each option.

    Raises:
        BlueprintError: Something is wrong with it; all that was found is in the error.
    """
    return _Composer(domain, composition or Composition()).compose()


def outline(domain: DomainForm, composition: Composition | None = None) -> Blueprint:
    """What there is and what can be done, without rules, effects and questions: soon made.

    Args:
        domain: Without modules left in it, see `merged`.
        composition: What was chosen.

    Raises:
        BlueprintError: An entity is wrong.
    """
    return _Composer(domain, composition or Composition()).outline()


class _Composer:
    def __init__(self, domain: DomainForm, composition: Composition) -> None:
        self._domain = domain
        self._composition = composition
        self._faults = Faults(domain.domain)
        options = {name: values[0] for name, values in domain.options.items() if values}
        self._options = {**options, **composition.options}
        self._values: dict[str, dict[str, str]] = {}
        self._pools = {**domain.pools, **composition.pools}

    def outline(self) -> Blueprint:
        entities = self._entities()
        actions = {
            name: Action(
                name=name,
                makes=form.makes,
                on=form.on,
                starts=(),
                to=None,
                removes=form.removes,
                takes={},
                sets={},
                needs=(),
                does=Effects(""),
                phrases=(),
                often=0,
            )
            for name, form in self._domain.actions.items()
        }
        return self._blueprint(_sorted(entities), actions, ())

    def compose(self) -> Blueprint:
        self._check_options()
        check_pools(self._pools, self._faults)
        entities = self._entities()
        shape = self._shape(entities)
        self._faults.give_up()
        entities = {
            name: self._completed(entity, shape) for name, entity in _sorted(entities).items()
        }
        self._faults.give_up()
        # The fields have their values now, which tells what an action may leave out.
        shape = replace(shape, fields={name: each.fields for name, each in entities.items()})
        actions = self._actions(entities, shape)
        questions = self._questions(shape)
        self._faults.give_up()
        return self._blueprint(entities, actions, questions)

    def _entities(self) -> dict[str, Entity]:
        """The entities without the values of their fields, and without rules."""
        entities = {name: self._entity(name, form) for name, form in self._domain.entities.items()}
        self._faults.give_up()
        self._check_references(entities)
        self._faults.give_up()
        return entities

    def _blueprint(
        self,
        entities: Mapping[str, Entity],
        actions: Mapping[str, Action],
        questions: tuple[Question, ...],
    ) -> Blueprint:
        return Blueprint(
            domain=self._domain.domain,
            category=self._domain.category,
            is_=self._domain.is_,
            entities=entities,
            actions=actions,
            questions=questions,
            pools=self._pools,
            options={name: self._options[name] for name in self._domain.options},
            modules=self._composition.modules,
            capabilities=self._composition.capabilities,
        )

    def _check_options(self) -> None:
        for name, values in self._domain.options.items():
            with self._faults.at(f"options.{name}"):
                _check_name(name)
                if not values:
                    raise Fault("an option has at least one number.")

    def _entity(self, name: str, form: EntityForm) -> Entity:
        with self._faults.at(f"entities.{name}"):
            _check_name(name)
        fields: dict[str, Field] = {}
        for each, written in form.fields.items():
            with self._faults.at(f"entities.{name}.fields.{each}"):
                read, source = read_field(each, written)
                worked_out = self._values.get(name, {})
                self._check_drawn(
                    read, {key: other for key, other in fields.items() if key not in worked_out}
                )
                fields[each] = replace(read, called=form.calls.get(each, ""))
                if source is not None:
                    self._values.setdefault(name, {})[each] = source
        with self._faults.at(f"entities.{name}.calls"):
            _check_calls(form)
        low, _, high = (form.rows or "").partition("..")
        with self._faults.at(f"entities.{name}.rows"):
            if low and int(high or low) < int(low):
                raise Fault(f"{form.rows!r} ends before it begins.")
        return Entity(
            name=name,
            plural=form.plural or f"{name}s",
            says=form.says or name.replace("_", " "),
            fields=fields,
            named=form.named,
            described=form.described,
            part_of=form.part_of,
            rows=(int(low), int(high or low)) if low else None,
            edits=form.edits,
            words=form.words,
        )

    def _check_drawn(self, each: Field, before: Mapping[str, Field]) -> None:
        _check_name(each.name)
        check_field(each, before, self._pools)

    def _check_references(self, entities: Mapping[str, Entity]) -> None:
        plurals = [entity.plural for entity in entities.values()]
        for name, entity in entities.items():
            with self._faults.at(f"entities.{name}"):
                if plurals.count(entity.plural) > 1 or entity.plural in entities:
                    raise Fault(f"the plural {entity.plural!r} is taken.", "Give it a `plural`.")
                if name.removesuffix("_id") in entities.keys() - {name}:
                    what = f"{name!r} is what the ids of {name.removesuffix('_id')} are called."
                    raise Fault(what, "Call it otherwise.")
                _check_name(entity.plural)
                _check_fields(entity)
            for each in entity.references:
                with self._faults.at(f"entities.{name}.fields.{each.name}"):
                    if each.target not in entities:
                        raise Fault(f"there is no entity {each.target!r}.")
                    if each.column in entity.fields:
                        raise Fault(f"the column {each.column!r} is there twice.")

    def _shape(self, entities: dict[str, Entity]) -> Shape:
        lists: dict[str, dict[str, str]] = {name: {} for name in entities}
        for name, entity in list(entities.items()):
            fields = dict(entity.fields)
            for each in entity.references:
                back = each.back or entity.plural
                with self._faults.at(f"entities.{name}.fields.{each.name}"):
                    if back in lists[each.target] or back in entities[each.target].fields:
                        raise Fault(
                            f"a {each.target} has {back!r} already.",
                            f"Write `-> {each.target} as OTHER_NAME`.",
                        )
                    lists[each.target][back] = name
                fields[each.name] = replace(each, back=back)
            entities[name] = replace(entity, fields=fields)
        parts = {
            (entity.fields[entity.part_of].target, entity.fields[entity.part_of].back)
            for entity in entities.values()
            if entity.part_of
        }
        return Shape(
            fields={name: entity.fields for name, entity in entities.items()},
            lists=lists,
            holds={
                name: tuple(back for back in backs if (name, back) not in parts)
                for name, backs in lists.items()
            },
            plurals={entity.plural: name for name, entity in entities.items()},
            options={name: 0 not in each for name, each in self._domain.options.items()},
        )

    def _completed(self, entity: Entity, shape: Shape) -> Entity:
        where = f"entities.{entity.name}"
        fields = dict(entity.fields)
        if entity.named:
            fields[entity.named] = replace(fields[entity.named], unique=True)
        own = Scope(shape).with_names({name: each.type for name, each in entity.fields.items()})
        for name, source in self._values.get(entity.name, {}).items():
            with self._faults.at(f"{where}.fields.{name}"):
                value = read_expression(source, own)
                if not can_be(value.type, fields[name].type):
                    raise Fault(f"`{source}` is {value.type}, not {fields[name].type}.")
                fields[name] = replace(fields[name], value=value)
        for name, field in fields.items():
            with self._faults.at(f"{where}.fields.{name}"):
                _check_order(field, fields)
                _check_base(field, fields)
        for number, text in enumerate(entity.described):
            with self._faults.at(f"{where}.described.{number}"):
                read_template_paths(text, own)
        scope = Scope(shape).with_names(
            {entity.name: row(entity.name)}
            | {name: entity.fields[name].type.maybe for name in entity.edits}
        )
        rules, _ = read_rules(
            self._domain.entities[entity.name].edits_need,
            scope,
            self._faults,
            f"{where}.edits_need",
        )
        entity = replace(entity, fields=fields, edits_need=rules)
        typical = self._domain.entities[entity.name].typical
        return replace(entity, typical=read_typical(typical, entity, self._pools, self._faults))

    def _actions(self, entities: Mapping[str, Entity], shape: Shape) -> dict[str, Action]:
        actions = {}
        for name, form in self._domain.actions.items():
            with self._faults.at(f"actions.{name}"):
                _check_name(name)
                if name in _PROTOCOLS or "_" not in name:
                    raise Fault("an action is called verb_noun, as no protocol's tool is.")
                actions[name] = read_action(
                    name, form, entities, shape, self._faults, self._check_drawn
                )
        return actions

    def _questions(self, shape: Shape) -> tuple[Question, ...]:
        questions = []
        for number, form in enumerate(self._domain.questions):
            with self._faults.at(f"questions.{number}"):
                questions.append(_question(form, shape))
        return tuple(questions)


def _question(form: QuestionForm, shape: Shape) -> Question:
    if form.of is not None and form.of not in shape.fields:
        raise Fault(f"there is no entity {form.of!r}.")
    names = {form.of: row(form.of)} if form.of else {}
    answer = read_expression(form.answer, Scope(shape).with_names(names))
    if answer.type.kind not in ("int", "money", "date", "row", "text"):
        raise Fault(f"`{form.answer}` is {answer.type}, which is no answer.")
    for text in form.asks:
        placeholders = re.findall(r"\{([^{}]*)\}", text)
        if placeholders != ([form.of] if form.of else []):
            raise Fault(f"{text!r} has to name {{{form.of}}}, once." if form.of else f"{text!r}")
    return Question(form.of, form.asks, answer)


def _check_calls(form: EntityForm) -> None:
    for name, said in form.calls.items():
        if name not in form.fields:
            raise Fault(f"there is no field {name!r}.")
        if (first := said.split()[0].lower()) in ("the", "a", "an", "whether"):
            raise Fault(f"{said!r} begins with {first!r}.", "Leave it out: it is added.")


def _check_fields(entity: Entity) -> None:
    for known in (entity.named, entity.part_of, *entity.edits, *entity.words):
        if known is not None and known not in entity.fields:
            raise Fault(f"there is no field {known!r}.")
    if entity.part_of and entity.fields[entity.part_of].kind != "ref":
        raise Fault(f"`part_of: {entity.part_of}` is no reference.")
    if entity.named and entity.fields[entity.named].kind != "text":
        raise Fault(f"`named: {entity.named}` is no text.")
    states = [each.name for each in entity.fields.values() if each.kind == "state"]
    if len(states) > 1:
        raise Fault(f"{' and '.join(states)}: a row is in one state.")
    if set(states) & set(entity.edits):
        raise Fault("its state is changed by actions only.", "Leave it out of edits.")


def _check_order(field: Field, fields: Mapping[str, Field]) -> None:
    """Values are worked out in the order of the fields, after all fields that have none."""
    if field.value is None:
        return
    used = names_in(field.value.tree)
    later = list(fields)[list(fields).index(field.name) :]
    if wrong := [each for each in later if each in used and fields[each].value is not None]:
        raise Fault(f"it needs {', '.join(wrong)}, worked out after it.", "Change their order.")


def _check_base(field: Field, fields: Mapping[str, Field]) -> None:
    """Dates are drawn in the order of the fields."""
    if field.base is None:
        return
    before = list(fields)[: list(fields).index(field.name)]
    base = fields[field.base] if field.base in before else None
    if base is None or base.kind != "date":
        raise Fault(f"{field.base!r} is no date that comes before it.")
    if base.optional and not field.optional:
        raise Fault(f"{field.base!r} may be empty, and it may not.", "Write `date?`.")


def _check_name(name: str) -> None:
    if name.endswith("_"):
        raise Fault(f"{name!r} ends in an underscore.", "Call it otherwise.")
    if name in _TAKEN:
        raise Fault(f"{name!r} means something else already.", "Call it otherwise.")


def _sorted(entities: Mapping[str, Entity]) -> dict[str, Entity]:
    """Entities behind those that they refer to; circles are broken where they come first."""
    found: dict[str, Entity] = {}
    visiting: set[str] = set()

    def visit(entity: Entity) -> None:
        if entity.name in found or entity.name in visiting:
            return
        visiting.add(entity.name)
        for each in entity.references:
            visit(entities[each.target])
        found[entity.name] = entity

    for entity in entities.values():
        visit(entity)
    return found
