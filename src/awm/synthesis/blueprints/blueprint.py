"""A blueprint: everything about one world that its rows, code and tasks follow from.

It is made by `compose` from the written form, and is checked: names lead somewhere, expressions
have the types that are needed, and nothing in them can fail.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from awm.synthesis.blueprints.speech import spoken
from awm.synthesis.blueprints.trees import names_in
from awm.synthesis.blueprints.types import BOOL, DATE, INT, MONEY, TEXT, Type, row

__all__ = [
    "Action",
    "Blueprint",
    "Effects",
    "Entity",
    "Expression",
    "Field",
    "FieldKind",
    "Question",
    "Rule",
    "Template",
    "Typical",
]

FieldKind: TypeAlias = Literal["text", "int", "money", "date", "bool", "choice", "state", "ref"]

_TYPES = {
    "text": TEXT,
    "int": INT,
    "money": MONEY,
    "date": DATE,
    "bool": BOOL,
    "choice": TEXT,
    "state": TEXT,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes:
        source: As it was written.
        tree: Parsed.
        type: What it gives.
    """

    source: str
    tree: ast.expr = field(compare=False, repr=False)
    type: Type


@dataclass(frozen=True, slots=True)
class Effects:
    """Checked lines of effects; `tree` is their statements in order."""

    source: str
    tree: tuple[ast.stmt, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it: literal texts and expressions in turn."""

    parts: tuple[str | Expression, ...]

    @property
    def source(self) -> str:
        """As it was written."""
        return "".join(
            part if isinstance(part, str) else f"{{{part.source}}}" for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an entity, or a parameter of an action.

    Attributes:
        name: How expressions call it; of a reference without `_id`.
        kind: What is in it.
        optional: Whether it may be empty.
        low: Least number, or least number of days from `base` (None: from today).
        high: Largest, likewise.
        base: The date field or parameter that `low` and `high` are counted from.
        choices: Of `choice` and `state`: the words with their weights, the first state first.
        pool: Of `text`: the vocabulary that it is drawn from.
        share: Of `bool`: per cent of rows in which it is true.
        target: Of `ref`: the entity that it leads to.
        back: Of `ref` fields: how the target calls the rows that lead to it.
        unique: No two rows have the same.
        value: What a new row gets where nothing else is said; sees the row's own fields.
        of: Of `text`: the text field or parameter whose words its vocabulary is filled in with.
        by: Of `text`: the field or parameter whose value tells which pool it is drawn from:
            `<pool>_<value>`.
        called: What people call it, where its name does not tell.
    """

    name: str
    kind: FieldKind
    optional: bool = False
    low: int | None = None
    high: int | None = None
    base: str | None = None
    choices: tuple[tuple[str, int], ...] = ()
    pool: str | None = None
    share: int = 50
    target: str = ""
    back: str = ""
    unique: bool = False
    value: Expression | None = None
    of: str = ""
    by: str = ""
    called: str = ""

    @property
    def column(self) -> str:
        """What it is called in the database and in tools."""
        return f"{self.name}_id" if self.kind == "ref" else self.name

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a `choice` or `state`."""
        return tuple(word for word, _ in self.choices)

    @property
    def weighted(self) -> bool:
        """Whether its words differ in weight."""
        return len({weight for _, weight in self.choices}) > 1

    @property
    def type(self) -> Type:
        """What expressions see in it."""
        return _seen(self.kind, self.target, self.choices, self.optional)

    @property
    def says(self) -> str:
        """How a person calls it: `due_on` is "due date", `fee_cents` is "fee"."""
        return self.called or spoken(self.name, self.kind)


@dataclass(frozen=True, slots=True)
class Typical:
    """What rows are like whose names have one of a few words in them.

    Attributes:
        words: The words; one may be several.
        fields: The fields as such rows draw them, from narrower ranges, by name.
        pattern: Finds the words in a name.
    """

    words: tuple[str, ...]
    fields: Mapping[str, Field]
    pattern: re.Pattern[str] = field(compare=False, repr=False)


@lru_cache(maxsize=4096)
def _seen(
    kind: FieldKind, target: str, choices: tuple[tuple[str, int], ...], optional: bool
) -> Type:
    known = row(target) if kind == "ref" else _TYPES[kind]
    if choices:
        known = replace(known, words=tuple(word for word, _ in choices))
    return known.maybe if optional else known


@dataclass(frozen=True, slots=True)
class Rule:
    """What has to hold before something is done: `test`, or `says` is answered."""

    name: str
    test: Expression
    says: Template


@dataclass(frozen=True)
class Entity:
    """Something that records are kept of, with a table of its own.

    Attributes:
        name: Singular, snake case.
        plural: Plural; also the table's name.
        says: How a person calls one.
        fields: In the order of the columns, without `id`.
        named: The field by which people name one; None where it has no name.
        described: Ways to point to one that has no name: texts with paths such as
            `{member}` or `{tool.home}` in them.
        part_of: The field that leads to the row that it is shown in.
        rows: How many there are at the start; None where rows come from actions only.
        edits: The fields that its update tool may change.
        edits_need: What has to hold then.
        words: Of numbers and dates: what one with the lowest and one with the highest is called.
        typical: What rows are like by the words of their names; the first rule that names a field
            holds for it.
    """

    name: str
    plural: str
    says: str
    fields: Mapping[str, Field]
    named: str | None = None
    described: tuple[str, ...] = ()
    part_of: str | None = None
    rows: tuple[int, int] | None = None
    edits: tuple[str, ...] = ()
    edits_need: tuple[Rule, ...] = ()
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    typical: tuple[Typical, ...] = ()

    @cached_property
    def state(self) -> Field | None:
        """The field that holds its life cycle."""
        return next((f for f in self.fields.values() if f.kind == "state"), None)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The fields that lead to other rows."""
        return tuple(f for f in self.fields.values() if f.kind == "ref")

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """The entities that its references lead to, by field."""
        return {field.name: field.target for field in self.references}

    @cached_property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Its fields, each with its column."""
        return tuple((name, field.column) for name, field in self.fields.items())

    def typically(self, name: str) -> Mapping[str, Field]:
        """The fields that a row of this name draws from narrower ranges, by name."""
        found: dict[str, Field] = {}
        for rule in self.typical:
            if rule.pattern.search(name):
                found = {**rule.fields, **found}
        return found

    @property
    def class_name(self) -> str:
        """`rental_item` as `RentalItem`."""
        return "".join(word.capitalize() for word in self.name.split("_"))


@dataclass(frozen=True)
class Action:
    """Something that can be done, and a tool of its own.

    Attributes:
        name: Verb and noun, snake case.
        makes: The entity of which it adds a row, if it does.
        on: The entity of which it takes a row, if it does.
        starts: The states of that row in which it can be done; empty for any.
        to: The state that the row then has.
        removes: Whether the row is gone then.
        takes: Its parameters besides that row.
        sets: Fields of the new row that are neither parameters nor left to themselves.
        needs: Its rules, in the order in which they are checked, after `starts`.
        does: What else happens.
        phrases: Ways to ask for it.
        often: Its weight in the past from which the rows come.
    """

    name: str
    makes: str | None
    on: str | None
    starts: tuple[str, ...]
    to: str | None
    removes: bool
    takes: Mapping[str, Field]
    sets: Mapping[str, Expression]
    needs: tuple[Rule, ...]
    does: Effects
    phrases: tuple[str, ...]
    often: int

    @property
    def subject(self) -> str | None:
        """The entity that it is about: that it makes, or works on."""
        return self.makes or self.on

    @cached_property
    def decided(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that can be tried as soon as its row or a parameter is known, by its name.

        Names get known in this order. A rule may count on those before it: it is left out where
        one of these is about the same names and cannot be tried yet.
        """
        order = [*((self.on,) if self.on else ()), *self.takes]
        about = [names_in(rule.test.tree) & frozenset(order) for rule in self.needs]
        found: dict[str, tuple[Rule, ...]] = {}
        for place, last in enumerate(order):
            waiting: set[str] = set()
            rules: list[Rule] = []
            for rule, names in zip(self.needs, about, strict=True):
                if not names.issubset(order[: place + 1]) or names & waiting:
                    waiting |= names
                elif last in names:
                    rules.append(rule)
            found[last] = tuple(rules)
        return found


@dataclass(frozen=True, slots=True)
class Question:
    """Something to find out: about a row of `of`, or about everything."""

    of: str | None
    asks: tuple[str, ...]
    answer: Expression


@dataclass(frozen=True)
class Blueprint:
    """One world, before anything is drawn by lot.

    Attributes:
        domain: The domain that it is made from.
        category: Its category.
        is_: What such a business is, in a few words.
        entities: Those that are referred to come first, as far as there are no circles.
        actions: What can be done, by name.
        questions: What a person in the trade would ask.
        pools: Vocabulary, with the common one.
        options: The numbers that rules name.
        modules: The modules that are in it, with the clause that tells of each.
        capabilities: The capabilities, likewise.
    """

    domain: str
    category: str
    is_: str
    entities: Mapping[str, Entity]
    actions: Mapping[str, Action]
    questions: tuple[Question, ...]
    pools: Mapping[str, tuple[str, ...]]
    options: Mapping[str, int]
    modules: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_plural(self) -> Mapping[str, Entity]:
        """Entities by their plurals."""
        return {entity.plural: entity for entity in self.entities.values()}

    @cached_property
    def backs(self) -> Mapping[str, Mapping[str, tuple[Entity, Field]]]:
        """For each entity, by name of the list: which entity's rows lead to it, by which field."""
        found: dict[str, dict[str, tuple[Entity, Field]]] = {name: {} for name in self.entities}
        for entity in self.entities.values():
            for reference in entity.references:
                found[reference.target][reference.back] = (entity, reference)
        return found

    def parts_of(self, entity: Entity) -> tuple[tuple[Entity, Field], ...]:
        """The entities whose rows are shown in this one's, with the fields that lead here."""
        return tuple(
            (part, part.fields[part.part_of])
            for part in self.entities.values()
            if part.part_of and part.fields[part.part_of].target == entity.name
        )

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Every rule, with the action or entity that it belongs to."""
        for action in self.actions.values():
            yield from ((action.name, rule) for rule in action.needs)
        for entity in self.entities.values():
            yield from ((entity.name, rule) for rule in entity.edits_need)
