"""A tool lending library: a small domain that has everything the language has, and its pasts."""

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from awm import synthesis
from awm.errors import BlueprintError
from awm.synthesis.blueprints import (
    Blueprint,
    Composition,
    DomainForm,
    compose,
    merged,
    read_domain,
    read_pools,
    renamed,
)
from awm.synthesis.blueprints.reading import shaped
from awm.synthesis.dry import Books, Row, play_history

HERE = Path(__file__).parent
TODAY = dt.date(2026, 3, 2)
MODULES = ("workshops", "holds")


@cache
def domain() -> DomainForm:
    """The library as it is written, with its modules."""
    return read_domain(HERE / "tool_library.yaml")


@cache
def common() -> Mapping[str, tuple[str, ...]]:
    """The vocabulary that every domain can draw from."""
    return read_pools(Path(synthesis.__file__).parent / "vocabulary" / "common.yaml")


@cache
def library(*modules: str, synonyms: int | None = None) -> Blueprint:
    """The library's blueprint with some of its modules."""
    form = merged(domain(), [domain().modules[name] for name in modules])
    form = form.model_copy(update={"pools": {**common(), **form.pools}})
    if synonyms is not None:
        form = renamed(form, domain().synonyms[synonyms])
    return compose(form, Composition(modules={n: domain().modules[n].blurb for n in modules}))


def past(seed: int = 1, *modules: str) -> Books:
    """The library's rows after some months; no two callers share them."""
    return play_history(library(*(modules or MODULES)), TODAY, random.Random(seed))


def small(**changes: Any) -> dict[str, Any]:
    """A domain that is as short as it can be, in plain values, for tests to spoil."""
    form: dict[str, Any] = {
        "domain": "kiosk",
        "category": "retail",
        "is": "kiosk",
        "flavours": [{"is": "newspapers"}],
        "options": {"most": [3], "shares": [2, 4], "perhaps": [0, 1]},
        "pools": {"word": ["one", "two", "three"]},
        "entities": {
            "shelf": {
                "plural": "shelves",
                "rows": "2..3",
                "named": "label_text",
                "fields": {"label_text": "text from word"},
            },
            "ware": {
                "rows": "3",
                "described": ["the {kind} ware on {shelf}"],
                "fields": {
                    "shelf": "-> shelf",
                    "spare": "->? shelf as spares",
                    "kind": "one of sweet 2, sour",
                    "price_cents": "money 100..900",
                    "left": "int 1..9",
                    "eaten": "bool 10%",
                    "bought_on": "date -9..-1",
                    "bad_on": "date?",
                    "note": "text? from word",
                    "status": "state fresh, sold",
                },
            },
        },
        "actions": {
            "sell_ware": {
                "on": "ware",
                "from": ["fresh"],
                "to": "sold",
                "takes": {"number": "int 1..3"},
                "phrases": ["sell {number} of {ware}", "hand over {number} of {ware}"],
            }
        },
        "questions": [],
        "modules": {},
    }
    return form | changes


def with_action(**action: Any) -> dict[str, Any]:
    """The kiosk with one action more."""
    form = small()
    plain: dict[str, Any] = {"phrases": ["do so", "do it"]}
    form["actions"] = {**form["actions"], "do_something": plain | action}
    return form


def composed(form: Mapping[str, Any]) -> Blueprint:
    """The blueprint of a domain in plain values."""
    return compose(shaped(DomainForm, form, "kiosk"))


def told(form: Mapping[str, Any]) -> list[str]:
    """What is wrong with a domain: `where: what (hint)`, one text a problem."""
    try:
        composed(form)
    except BlueprintError as error:
        return [
            f"{each.where}: {each.what}" + (f" ({each.hint})" if each.hint else "")
            for each in error.problems
        ]
    return []


def first(books: Books, entity: str, **values: Any) -> Row:
    """The first row of an entity whose fields have these values."""
    return next(
        row
        for row in books.rows(entity)
        if all(getattr(row, name) == value for name, value in values.items())
    )


def rows_as_values(books: Books) -> dict[str, list[dict[str, Any]]]:
    """All rows as a database has them, by entity."""
    return {name: [books.values(row) for row in books.rows(name)] for name in books.names}


def kiosk_books(seed: int = 0, names: Iterable[str] = ("one", "two", "three")) -> Books:
    """Books of the kiosk with rows that are as odd as its fields allow."""
    lot = random.Random(seed)
    books = Books(composed(small()), TODAY)
    shelves = [books.add("shelf", label_text=name) for name in names]
    for _ in range(lot.randint(1, 5)):
        books.add(
            "ware",
            shelf=lot.choice(shelves),
            spare=lot.choice([*shelves, None, None]),
            kind=lot.choice(["sweet", "sour"]),
            price_cents=lot.choice([0, -5, 100, 899]),
            left=lot.choice([0, 0, 1, -2, 9]),
            eaten=lot.random() < 0.5,
            bought_on=TODAY + dt.timedelta(days=lot.randint(-9, 9)),
            bad_on=lot.choice([None, TODAY, TODAY + dt.timedelta(days=3)]),
            note=lot.choice([None, "one"]),
            status=lot.choice(["fresh", "sold"]),
        )
    return books
