"""What is written down about each kind of record, and what cases are about."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from awm.errors import Problem
from awm.synthesis.blueprints import Field
from awm.synthesis.field_names import why_odd
from awm.synthesis.llm_author.blueprint.about_records import RESERVED
from awm.synthesis.llm_author.blueprint.asking import (
    Answer,
    Part,
    Taken,
    between,
    closed,
    inside,
    like,
    list_of,
    one_of,
    problem,
    strings_in,
    warning,
)
from awm.synthesis.llm_author.blueprint.lines import FIELD, read_field_line
from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Record, Size, Sketch
from awm.synthesis.llm_author.blueprint.words import plural
from awm.types import JsonObject

__all__ = ["FIELDS", "RESERVED_WORDS"]


def _fields_schema(sketch: Sketch, size: Size) -> JsonObject:
    # What a business is about comes first: models think of that, and it leads what follows.
    ordered = sketch.sorted("thing") + sketch.sorted("case") + sketch.sorted("worker", "customer")
    return closed({each.name: _fields_of(each, sketch, size) for each in ordered}, "fields")


def _fields_of(record: Record, sketch: Sketch, size: Size) -> dict[str, Any]:
    low, high = size.fields
    least = low + 1 if record.sort == "thing" else low
    fields = list_of(like(FIELD), least, max(high, least))
    if record.sort != "case":
        return fields
    linkable = [each.name for each in _linkable(record, sketch)]
    return closed({"about": list_of(one_of(linkable), 2, 3), "fields": fields})


def _linkable(case: Record, sketch: Sketch) -> tuple[Record, ...]:
    """What a case can be about: everything but itself and cases behind it."""
    return sketch.records[: sketch.records.index(case)]


def _fields_told(sketch: Sketch, size: Size) -> dict[str, str]:
    return {"records": sketch.told(), "fields": between(size.fields)}


def _fields_taken(sketch: Sketch, _size: Size, answer: Answer) -> Taken:
    problems: list[Problem] = []
    changed: dict[str, Record] = {}
    for record in sketch.records:
        written = answer.get(record.name)
        if written is None:
            problems.append(problem(sketch, record.name, "nothing is said of it."))
            continue
        inner = inside(answer, record.name)
        links = _links(record, sketch, strings_in(inner.get("about"))) if inner else ()
        if record.sort == "case":
            links = links or _usual_links(sketch)
        lines = strings_in(inner.get("fields", [])) if inner else strings_in(written)
        fields = _fields(record, links, sketch, lines, problems)
        changed[record.name] = replace(record, links=links, fields=fields)
    return sketch.changed(changed), problems


def _links(record: Record, sketch: Sketch, names: Iterable[str]) -> tuple[str, ...]:
    known = [each.name for each in _linkable(record, sketch)]
    linked = [name for name in dict.fromkeys(names) if name in known]
    if linked and all(sketch.by_name[name].sort == "worker" for name in linked):
        linked.insert(0, sketch.customer.name)
    return tuple(linked)


def _usual_links(sketch: Sketch) -> tuple[str, ...]:
    return (sketch.customer.name, sketch.sorted("thing")[0].name)


def _fields(
    record: Record,
    links: tuple[str, ...],
    sketch: Sketch,
    lines: Iterable[str],
    problems: list[Problem],
) -> tuple[FieldLine, ...]:
    found: dict[str, FieldLine] = {}
    for line in lines:
        where = f"{record.name}: {line!r}"
        field = read_field_line(line)
        if field is None:
            problems.append(warning(sketch, where, "is no field.", _FIELD_HINT))
            continue
        field = _plainly(field, record)
        why = _unfit(field, links, sketch)
        if why:
            problems.append(warning(sketch, where, why, "Call it by a noun phrase of its own."))
        elif field.name not in found and field.column not in {f.column for f in found.values()}:
            found[field.name] = field
    return tuple(found.values())


_FIELD_HINT: Final = "Write `price: money 5..80`, `seats: number 1..8`, `size: one of small, large`"


def _plainly(field: FieldLine, record: Record) -> FieldLine:
    """A field without what its name says of the record anyway: `loan_fee` of a loan is `fee`."""
    name = field.name.removeprefix(f"{record.name}_")
    for idle in _IDLE:
        name = name.removeprefix(idle)
    name = _RENAMED.get(name, name)
    if field.kind == "date" and name in ("date", record.name, *record.name.split("_")):
        name = "planned"
    return replace(field, name=name) if name else field


_IDLE: Final = ("is_", "has_", "num_", "number_of_", "no_of_")
_RENAMED: Final = {"type": "kind", "class": "grade", "state": "region", "count": "quantity"}


def _unfit(field: FieldLine, links: tuple[str, ...], sketch: Sketch) -> str:
    """Why a field cannot be taken over; empty where it can."""
    taken = {*_THERE, *links}
    lists = {plural(each.name) for each in sketch.records}
    ids = {f"{each.name}_id" for each in sketch.records}
    if field.name in taken | lists | ids or field.name in sketch.by_name:
        return "is there already."
    if len(field.column) > _LONGEST:
        return "is too long a name."
    if field.column in RESERVED or field.column == "total_cents" or field.name.endswith("_id"):
        return "means something else already."
    if field.name in field.words or set(field.words) & RESERVED_WORDS:
        return "has a word in it that means something else."
    odd = why_odd(Field(field.column, field.written_kind))
    return f"cannot be said in a sentence: {odd}." if odd else ""


_LONGEST: Final = 32
_THERE: Final = frozenset((
    "about", "address", "closed", "contact", "email", "entered", "field", "fields", "mobile",
    "name", "phone", "status",
    "telephone", "title",
))  # fmt: skip
RESERVED_WORDS: Final = frozenset({"none", "true", "false", "null"})


FIELDS: Final = Part("fields", _fields_schema, _fields_told, _fields_taken)
