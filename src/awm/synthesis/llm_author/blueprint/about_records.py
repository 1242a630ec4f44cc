"""Of what a business keeps records: the first question."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from awm.errors import Problem
from awm.synthesis.llm_author.blueprint.asking import (
    Answer,
    Part,
    Taken,
    between,
    closed,
    like,
    list_of,
    one_of,
    problem,
    strings_in,
    warning,
)
from awm.synthesis.llm_author.blueprint.lines import NAME, WORDS
from awm.synthesis.llm_author.blueprint.sketch import Record, Size, Sketch, Sort
from awm.synthesis.llm_author.blueprint.words import fitting, plural, singular
from awm.types import JsonObject

__all__ = ["RECORDS", "RESERVED"]


def _records_schema(_sketch: Sketch, size: Size) -> JsonObject:
    return closed(
        {
            "business": like(WORDS),
            "customer": like(NAME),
            "customers_are": one_of(("people", "companies")),
            "worker": like(NAME),
            "things": list_of(like(NAME), *size.things),
            "cases": list_of(like(NAME), *size.cases),
        },
        "records",
    )


def _records_told(_sketch: Sketch, size: Size) -> dict[str, str]:
    return {"things": between(size.things), "cases": between(size.cases)}


def _records_taken(sketch: Sketch, size: Size, answer: Answer) -> Taken:
    found: dict[str, Record] = {}
    problems: list[Problem] = []
    asked: tuple[tuple[str, Sort], ...] = (
        ("customer", "customer"),
        ("worker", "worker"),
        ("things", "thing"),
        ("cases", "case"),
    )
    for key, sort in asked:
        for written in strings_in(answer.get(key)):
            name = _name(written)
            if name is None:
                problems.append(warning(sketch, key, f"{written!r} is no noun in lower case."))
            elif sort == "thing" and not _NO_THINGS.isdisjoint(name.split("_")):
                problems.append(warning(sketch, key, f"{written!r} is no thing with a name."))
            elif name in found:
                what = f"{name!r} is there already, as {found[name].sort}."
                problems.append(warning(sketch, key, what, "Each kind of record has one part."))
            else:
                found[name] = Record(name, sort)
    there = list(_with_people(found))
    least = {"customer": 1, "worker": 1, "thing": size.things[0], "case": size.cases[0]}
    for key, sort in asked:
        left = sum(each.sort == sort for each in there)
        if left < least[sort]:
            what = f"{left} of them can be used, and {least[sort]} are needed."
            problems.insert(0, problem(sketch, key, what, "Give other nouns, all different."))
    business = _business(answer)
    companies = answer.get("customers_are") == "companies"
    made = replace(sketch, business=business, companies=companies, records=tuple(there))
    return made, problems


def _with_people(found: Mapping[str, Record]) -> Iterator[Record]:
    """The records, with people under usual names where a model gave one noun to both."""
    usual: tuple[tuple[Sort, str], ...] = (("customer", "customer"), ("worker", "employee"))
    for sort, name in usual:
        if all(each.sort != sort for each in found.values()) and name not in found:
            yield Record(name, sort)
    yield from found.values()


def _business(answer: Answer) -> str:
    """What such a business is, in plain words."""
    words = re.findall("[a-z]+", " ".join(strings_in(answer.get("business"))).lower())
    return " ".join(words[:_MOST_WORDS]) or "small business"


_MOST_WORDS: Final = 7
_NO_NOUNS: Final = frozenset({"id", "ids", "uuid"})
"""Words that models put into the names of columns."""
_LONGEST: Final = 24
"""Names of actions and invoices have those of their records in them."""


def _name(written: str) -> str | None:
    """A noun in snake case; records are in the singular, and none is called like what tools use."""
    name = re.sub(r"[^a-z]+", "_", written.lower()).strip("_")
    if re.fullmatch(NAME[1:-1], name) is None or _NO_NOUNS.intersection(name.split("_")):
        return None
    name = singular(fitting(name, _LONGEST))
    return f"{name}_record" if name in RESERVED or plural(name) in RESERVED else name


RESERVED: Final = frozenset((
    "any", "all", "app", "body", "class", "count", "date", "day", "days", "dict", "engine", "id",
    "import", "int", "item", "label", "limit", "list", "max", "metadata", "min", "money", "offset",
    "pass", "query", "record", "records", "registry", "return", "row", "rows", "session",
    "sessions", "set", "state", "status", "str", "sum", "today", "total", "type",
))  # fmt: skip
"""Names that mean something else in expressions or in tools."""


_NO_THINGS: Final = frozenset((
    "agreement", "bill", "booking", "contract", "deposit", "fee", "invoice", "order", "payment",
    "price", "receipt", "reservation", "schedule", "appointment",
))  # fmt: skip
"""What models take for things, and what is none that a name could be given to."""


RECORDS: Final = Part("records", _records_schema, _records_told, _records_taken)
