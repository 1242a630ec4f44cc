"""How a person points to a row: by its name, or by what is known about it.

A description is only used if it fits exactly one row at that moment.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import Any, Final

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import Books, Row, entity_of, held
from awm.synthesis.tasks.words import DateStyle, tidy, value_words

__all__ = ["Description", "Namer"]

_PATH: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Description:
    """Ways to point to a row, and how someone finds it who goes by them.

    Attributes:
        texts: All of them fit this row and no other.
        through: The rows that have to be found first.
        filters: What its list is then asked for: values by field.
        numbered: Whether the number is told, so that there is nothing to find.
    """

    texts: tuple[str, ...]
    through: tuple[Row, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    numbered: bool = False


class Namer:
    """Describes rows of some books as they stand.

    Args:
        books: The rows.
        lot: Chooses among ways to say it.
        style: How dates are written.
        nests: Whether a row may be described by one that has to be described itself (`the
            photograph in the file of Maria Chen's loan of the Belt Sander`): only where the rows
            stay as they are, so that it is described in the same way when it is looked for.
    """

    def __init__(
        self, books: Books, lot: random.Random, style: DateStyle, *, nests: bool = True
    ) -> None:
        self._books = books
        self._lot = lot
        self._style = style
        self._nests = nests
        self._inside: dict[tuple[str, int], Description | None] = {}

    def describe(self, row: Row) -> Description | None:
        """How to point to a row; None where nothing but its number would do."""
        entity = entity_of(row)
        if entity.named:
            name = getattr(row, entity.named)
            return Description((name,), (), {entity.named: name})
        inside = self._inside.get((entity.name, row.id))
        if inside is not None:
            return inside
        found = [each for each in self._templates(row) if each is not None]
        if not found:
            return None
        # One way only: what it tells is what there is to find the row by.
        return self._lot.choice(found)

    def numbered(self, row: Row) -> Description:
        """By its number."""
        says = entity_of(row).says
        texts = (f"{says} {row.id}", f"{says} no. {row.id}", f"{says} #{row.id}")
        return Description(texts, numbered=True)

    def label(self, row: Row) -> str | None:
        """The name of a row that has one."""
        named = entity_of(row).named
        return str(getattr(row, named)) if named else None

    def _templates(self, row: Row) -> Iterator[Description | None]:
        entity = entity_of(row)
        for template in entity.described:
            text = self._filled(template, row)
            if text is None:
                continue
            nested = [path for path in _paths(template) if self._nested(path, row)]
            rivals = [
                each
                for each in self._books.rows(entity.name)
                if each is not row
                and all(held(each, path) == held(row, path) for path in nested)
                and self._reads(template, each, text)
            ]
            yield self._told_apart(row, template, text, rivals)

    def _told_apart(
        self, row: Row, template: str, text: str, rivals: list[Row]
    ) -> Description | None:
        paths = _paths(template)
        if not rivals:
            return self._described(row, text, paths, ())
        entity = entity_of(row)
        spare = [each for each in entity.fields.values() if _tells(each, row, paths)]
        for size in (1, 2):
            for fields in combinations(spare, size):
                if all(any(_differs(f, row, rival) for f in fields) for rival in rivals):
                    extra = " and ".join(self._with(f, row) for f in fields)
                    return self._described(row, f"{text} {extra}", paths, fields)
        return None

    def _with(self, field: Field, row: Row) -> str:
        value = getattr(row, field.name)
        if field.kind == "state":
            return f"that is {value_words(field, value, self._style)}"
        if field.kind == "ref":
            return f"with {self.label(value)} as {field.says}"
        said = value_words(field, value, self._style)
        if field.kind == "choice":
            return f"whose {field.says} is {said}"
        if field.kind == "money":
            return f"with a {field.says} of {said}"
        if field.kind == "int" and field.says.endswith("s") and " " not in field.says:
            return f"with {said} {field.says}"
        return f"with the {field.says} {said}"

    def _described(
        self, row: Row, text: str, paths: tuple[str, ...], extra: tuple[Field, ...]
    ) -> Description:
        entity = entity_of(row)
        through: list[Row] = []
        filters: dict[str, Any] = {}
        for path in (*paths, *(each.name for each in extra)):
            first = path.split(".")[0]
            value = getattr(row, first)
            filters[first] = value
            if entity.fields[first].kind == "ref" and value is not None:
                through.append(value)
        return Description((tidy(text),), tuple(through), filters)

    def _filled(self, template: str, row: Row) -> str | None:
        parts = []
        pieces = _split(template)
        for place, part in enumerate(pieces):
            words = part if place % 2 == 0 else self._path_words(part, row)
            if words is None:
                return None
            if place % 2 and pieces[place + 1].startswith("'") and self._nested(part, row):
                return None
            parts.append(words)
        return "".join(parts)

    def _reads(self, template: str, row: Row, text: str) -> bool:
        """Whether a template that is filled from a row reads like this."""
        end = 0
        for place, part in enumerate(_split(template)):
            words = part if place % 2 == 0 else self._path_words(part, row)
            if words is None or not text.startswith(words, end):
                return False
            end += len(words)
        return end == len(text)

    def _path_words(self, path: str, row: Row) -> str | None:
        value: Any = row
        field: Field | None = None
        for step in path.split("."):
            field = entity_of(value).fields[step]
            value = getattr(value, step)
            if value is None:
                return None
        if isinstance(value, Row):
            return self._within(value) if self._nested(path, row) else self.label(value)
        if field is None:
            return None
        return str(value) if field.kind == "text" else value_words(field, value, self._style)

    def _nested(self, path: str, row: Row) -> bool:
        """Whether a path leads to a row that has no name."""
        target = entity_of(row).targets.get(path)
        return target is not None and not self._books.blueprint.entities[target].named

    def _within(self, row: Row) -> str | None:
        """A row without a name in the description of another; None if that gets too long."""
        if not self._nests:
            return None
        key = entity_of(row).name, row.id
        if key not in self._inside:
            self._nests = False  # and no row in that of this one
            found = (each for each in self._templates(row) if each is not None)
            short = (each for each in found if len(each.texts[0]) <= _SHORT)
            self._inside[key] = next(short, None)
            self._nests = True
        described = self._inside[key]
        return described.texts[0] if described is not None else None


_SHORT: Final = 64


@lru_cache(maxsize=4096)
def _split(template: str) -> tuple[str, ...]:
    """Literal texts and paths in turn."""
    return tuple(_PATH.split(template))


def _paths(template: str) -> tuple[str, ...]:
    return _split(template)[1::2]


def _tells(field: Field, row: Row, paths: tuple[str, ...]) -> bool:
    """Whether a field can be named to tell a row from its like."""
    value = getattr(row, field.name)
    if field.name in paths or field.kind in ("text", "bool") or value is None:
        return False
    if field.kind == "money" and value == 0:
        return False
    if field.kind == "ref":
        return bool(entity_of(value).named)
    return True


def _differs(field: Field, row: Row, rival: Row) -> bool:
    return bool(getattr(row, field.name) != getattr(rival, field.name))
