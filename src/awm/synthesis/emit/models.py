"""The mapped classes of a world's code: columns, relationships, and rows as tools show them."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from awm.synthesis.blueprints import Action, Blueprint, Entity, Field
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.emit.effects import calls_in, known_to_class, start_of
from awm.synthesis.emit.examples import example_row
from awm.synthesis.emit.expressions import Names
from awm.synthesis.emit.layout import Doc, bracketed, called, quote, render
from awm.synthesis.emit.literals import literal
from awm.synthesis.emit.names import class_of
from awm.synthesis.emit.wording import a, row_words

__all__ = ["Models"]

_TYPES = {"int": "int", "money": "int", "date": "date", "bool": "bool", "ref": "int"}


@dataclass(frozen=True)
class Models:
    """The mapped classes of a blueprint.

    Attributes:
        blueprint: Whose entities they map.
        today: The business day, for examples.
    """

    blueprint: Blueprint
    today: date

    def source(self) -> Iterator[str]:
        """Each class, as text."""
        for entity in self.blueprint.entities.values():
            yield "\n".join(self._class(entity))

    def shown(self, entity: Entity) -> str:
        """The method that shows a row of an entity, with its parts if it has some."""
        return "with_parts" if self.blueprint.parts_of(entity) else "as_json"

    def example(self, entity: Entity) -> str:
        """What documents a row as `shown` shows it."""
        parts = [
            f'"{part.plural}": [{self.example(part)}]'
            for part, _ in self.blueprint.parts_of(entity)
        ]
        own = f"{class_of(entity)}.__example__"
        return f"{own} | {{{', '.join(parts)}}}" if parts else own

    @cached_property
    def _attributes(self) -> frozenset[str]:
        """Every attribute that an expression asks for."""
        trees: list[ast.AST] = []
        for action in self.blueprint.actions.values():
            trees += _trees_of(action)
        for entity in self.blueprint.entities.values():
            trees += [each.value.tree for each in entity.fields.values() if each.value]
        for _, rule in self.blueprint.rules():
            trees.append(rule.test.tree)
            trees += [part.tree for part in rule.says.parts if not isinstance(part, str)]
        return frozenset(
            node.attr
            for tree in trees
            for node in nodes_of(tree)
            if isinstance(node, ast.Attribute)
        )

    def _class(self, entity: Entity) -> Iterator[str]:
        yield f"class {class_of(entity)}(Base):"
        yield f'    """{row_words(entity, self.blueprint)}"""'
        yield ""
        yield f'    __tablename__ = "{entity.plural}"'
        yield f"    __says__ = {quote(entity.says)}"
        if entity.named:
            yield f'    __named__ = "{entity.named}"'
        example = literal(example_row(entity, self.blueprint, self.today))
        yield render(example, 1, first="__example__: ClassVar[Row] = ")
        yield ""
        yield "    id: Mapped[int] = mapped_column(primary_key=True)"
        yield from (self._column(field, entity) for field in entity.fields.values())
        yield from self._relationships(entity)
        yield ""
        yield from self._as_json(entity)

    def _column(self, field: Field, entity: Entity) -> str:
        kind = _TYPES.get(field.kind, "str") + (" | None" if field.optional else "")
        options: list[Doc] = []
        if field.kind == "ref":
            target = self.blueprint.entities[field.target]
            options.append(f'ForeignKey("{target.plural}.id")')
        options += ["unique=True"] if field.unique else []
        start = self._start(field, entity)
        options += [["default=", start]] if start is not None else []
        head = f"{field.column}: Mapped[{kind}]"
        if not options:
            return f"    {head}"
        return render(called("mapped_column", options), 1, first=f"{head} = ")

    @cached_property
    def _made(self) -> frozenset[str]:
        """The entities of which an action makes rows."""
        made = {action.makes for action in self.blueprint.actions.values() if action.makes}
        added = {
            str(call.args[0].value)
            for action in self.blueprint.actions.values()
            for call in calls_in(action.does.tree, "add")
            if isinstance(call.args[0], ast.Constant)
        }
        return frozenset(made | added)

    def _start(self, field: Field, entity: Entity) -> Doc | None:
        """What the class fills in, of an entity of which there are new rows."""
        names = Names(self.blueprint)
        if entity.name not in self._made or not known_to_class(field, names, entity):
            return None
        start = start_of(field, names, entity).doc
        return None if start == "None" else start

    def _relationships(self, entity: Entity) -> Iterator[str]:
        for field in entity.references:
            yield self._reference(field, entity)
        for back, (other, field) in self.blueprint.backs[entity.name].items():
            if self._leads_back(other, field):
                yield self._list(back, other, field)

    def _leads_back(self, entity: Entity, field: Field) -> bool:
        """Whether anything asks for the rows that lead to one by a field."""
        return field.back in self._attributes or field.name == entity.part_of

    def _reference(self, field: Field, entity: Entity) -> str:
        target = self.blueprint.entities[field.target]
        options: list[Doc] = []
        if self._is_one_of_many(entity, target):
            options.append(f"foreign_keys=[{field.column}]")
        if target.name == entity.name:
            options.append(f'remote_side="{class_of(target)}.id"')
        if self._leads_back(entity, field):
            options.append(f'back_populates="{field.back}"')
        if field.optional and self._is_in_circle(entity, target):
            options.append("post_update=True")
        optional = " | None" if field.optional else ""
        head = f'{field.name}: Mapped["{class_of(target)}{optional}"] = '
        return render(called("relationship", options), 1, first=head)

    def _list(self, back: str, other: Entity, field: Field) -> str:
        name, target = class_of(other), self.blueprint.entities[field.target]
        options: list[Doc] = []
        if self._is_one_of_many(other, target):
            options.append(f'foreign_keys="{name}.{field.column}"')
        options.append(f'back_populates="{field.name}"')
        options.append(f'order_by="{name}.id"')
        # Parts go with the row that they are parts of; other rows keep it from being removed.
        is_part = field.name == other.part_of
        options.append('cascade="all"' if is_part else 'passive_deletes="all"')
        return render(
            called("relationship", options), 1, first=f'{back}: Mapped[list["{name}"]] = '
        )

    def _is_one_of_many(self, entity: Entity, target: Entity) -> bool:
        """Whether there is more than one way between two tables."""
        ways = Counter(
            frozenset((each.name, field.target))
            for each in self.blueprint.entities.values()
            for field in each.references
        )
        return ways[frozenset((entity.name, target.name))] > 1

    def _is_in_circle(self, entity: Entity, target: Entity) -> bool:
        """Whether references lead from the target back to the entity."""
        seen, waiting = set[str](), [target.name]
        while waiting:
            name = waiting.pop()
            if name == entity.name:
                return True
            if name not in seen:
                seen.add(name)
                waiting += [each.target for each in self.blueprint.entities[name].references]
        return False

    def _as_json(self, entity: Entity) -> Iterator[str]:
        pairs: list[Doc] = ['"id": self.id']
        pairs += [f'"{each.column}": {_as_json(each)}' for each in entity.fields.values()]
        yield "    def as_json(self) -> Row:"
        yield f'        """What tools show of {a(entity.says)}."""'
        yield render(bracketed("{", pairs, "}"), 2, first="return ")
        parts = self.blueprint.parts_of(entity)
        if parts:
            lists: list[Doc] = [
                f'"{part.plural}": [part.{self.shown(part)}() for part in by_id(self.{field.back})]'
                for part, field in parts
            ]
            yield ""
            yield "    def with_parts(self) -> Row:"
            yield '        """The same with the rows that are its parts."""'
            yield render(bracketed("{", lists, "}"), 2, first="return self.as_json() | ")


def _as_json(field: Field) -> str:
    if field.kind != "date":
        return f"self.{field.column}"
    return f"iso(self.{field.name})" if field.optional else f"self.{field.name}.isoformat()"


def _trees_of(action: Action) -> list[ast.AST]:
    return [*(each.tree for each in action.sets.values()), *action.does.tree]
