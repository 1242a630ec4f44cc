"""From a sketch to a domain: what a model need not say, since it follows from what it said.

People get addresses, cases get dates and totals, lives become actions with phrases, and what is
priced can be paid for. All of it is the written form of docs/blueprints.md.
"""

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any, Final

from awm.synthesis.blueprints import DomainForm
from awm.synthesis.blueprints.reading import shaped
from awm.synthesis.llm_author.blueprint.anatomy import (
    BILLED,
    OPENED,
    actions_of,
    closing,
    is_billed,
    opening,
    worth,
)
from awm.synthesis.llm_author.blueprint.billing import billing, invoice_of
from awm.synthesis.llm_author.blueprint.menu import chosen
from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Record, Sketch, Step
from awm.synthesis.llm_author.blueprint.words import plural, spoken, with_article
from awm.worlds.names import normalise

__all__ = ["written_up"]

_PEOPLE: Final = {"customer": "10..12", "worker": "7..9"}
_MOST_THINGS: Final = 10
_USUAL: Final = 8
"""How much more often a row that nothing happened to is in its first state than in another."""
_OFTEN: Final = {"opens": 8, "first": 8, "later": 4}
_LONGEST_NAME: Final = 40
_LONGEST_FLAVOUR: Final = 200

_Form = dict[str, Any]


def written_up(sketch: Sketch, category: str) -> DomainForm:
    """The domain that a sketch comes to.

    Args:
        sketch: With customers, workers, things and cases; what they lack is made up.
        category: Of the domain.

    Raises:
        BlueprintError: A name in it is none.
    """
    rules = chosen(sketch)
    actions = {name: form for record in sketch.records for name, form in _actions(record, sketch)}
    for offer in rules:
        _add_rule(actions, offer.action, offer.name, offer.needs, offer.says)
    for action, name, needs, says in sketch.own_rules:
        _add_rule(actions, action, name, needs, says)
    entities = {name: form for record in sketch.records for name, form in _entities(record, sketch)}
    form = {
        "domain": domain_name(sketch.title),
        "category": category,
        "is": sketch.business or "small business",
        "flavours": [{"is": _flavour(sketch), "names": [sketch.title]}],
        "options": {name: list(values) for offer in rules for name, values in offer.options},
        "roles": _roles(sketch),
        "pools": {_pool(each): list(names_of(each)) for each in sketch.sorted("thing")},
        "entities": entities,
        "actions": actions,
        "questions": [_question(*each) for each in sketch.own_questions],
    }
    return shaped(DomainForm, form, domain_name(sketch.title))


def domain_name(title: str) -> str:
    """How the domain of a scenario is called."""
    name = normalise(title)[:_LONGEST_NAME].strip("_")
    return name if name[:1].isalpha() else f"the_{name}"[:_LONGEST_NAME]


def names_of(thing: Record) -> tuple[str, ...]:
    """What single things are called; letters until a model has said it."""
    return thing.names or tuple(f"{spoken(thing.name).title()} {each}" for each in "ABCDEFGHJK")


def _flavour(sketch: Sketch) -> str:
    """A few words that tell this business from others."""
    first = sketch.description.partition(". ")[0].strip().rstrip(".")
    return shorten(first, _LONGEST_FLAVOUR, placeholder="") or sketch.title


def _roles(sketch: Sketch) -> dict[str, str]:
    """Who plays which part in capabilities."""
    found = {"person": sketch.customer.name, "staff": sketch.worker.name}
    for role, sort in (("thing", sketch.sorted("thing")), ("deal", sketch.sorted("case"))):
        if sort:
            found[role] = sort[0].name
    return found


def _question(of: str | None, asks: Sequence[str], answer: str) -> _Form:
    return {"of": of, "asks": list(asks), "answer": answer}


def _add_rule(actions: dict[str, _Form], action: str, name: str, needs: str, says: str) -> None:
    if action in actions:
        actions[action]["needs"].append({"rule": name, "needs": needs, "says": says})


def _pool(thing: Record) -> str:
    return f"{thing.name}_title"


# Entities


def _entities(record: Record, sketch: Sketch) -> Iterator[tuple[str, _Form]]:
    yield record.name, _case(record, sketch) if record.sort == "case" else _kept(record, sketch)
    if is_billed(record, sketch):
        yield invoice_of(record, sketch)


def _kept(record: Record, sketch: Sketch) -> _Form:
    """A customer, a worker or a thing."""
    fields = _contact(record, sketch) | {each.column: _drawn(each) for each in record.fields}
    if record.steps:
        first, *others = record.states
        weighted = [f"{first} {_USUAL}", *(f"{each} 1" for each in others)]
        fields["status"] = f"state {', '.join(weighted)}"
    edits = [name for name in fields if name not in ("name", "status")]
    return {
        **_plural(record),
        "rows": _PEOPLE.get(record.sort) or f"8..{min(_MOST_THINGS, len(names_of(record)))}",
        "named": "name",
        "fields": fields,
        "edits": edits,
    }


def _plural(record: Record) -> _Form:
    return {"plural": plural(record.name)}


def _contact(record: Record, sketch: Sketch) -> dict[str, str]:
    if record.sort == "thing":
        return {"name": f"text from {_pool(record)}"}
    firm = record.sort == "customer" and sketch.companies
    name, email = ("company_name", "company_email") if firm else ("person_name", "person_email")
    return {"name": f"text from {name}", "email": f"text from {email} of name", "phone": _PHONE}


_PHONE: Final = "text from phone"


def _drawn(field: FieldLine) -> str:
    """A field of a row that is there at the start."""
    match field.kind:
        case "date":
            return "date -120..+240"
        case "flag":
            return "bool 75%"
        case _:
            return _asked(field)


def _asked(field: FieldLine, after: str = "") -> str:
    """A field that is said when a case is opened."""
    match field.kind:
        case "money":
            return f"money {100 * field.low}..{100 * field.high}"
        case "number":
            return f"int {field.low}..{field.high}"
        case "choice":
            return f"one of {', '.join(field.words)}"
        case "date":
            return f"date {after}+1..{after}+7" if after else "date +1..+14"
        case "flag":
            return "bool"


def _case(record: Record, sketch: Sketch) -> _Form:
    own = _parameters(record)
    fields = {name: f"-> {name}" for name in record.links} | own
    fields |= {each.column: "bool = False" for each in record.of_kind("flag")}
    fields[OPENED] = "date = today"
    total = worth(record, sketch)
    if total:
        fields["total_cents"] = f"money = {total}"
    if record.steps:
        states = (*record.states, BILLED) if is_billed(record, sketch) else record.states
        fields["status"] = f"state {', '.join(states)}"
        fields[closing(record)] = "date?"
    return {
        **_plural(record),
        "described": _described(record, sketch),
        "fields": fields,
        "edits": [name for name in own if name not in total] + _flags(record),
    }


def _flags(record: Record) -> list[str]:
    return [each.column for each in record.of_kind("flag")]


def _parameters(record: Record) -> dict[str, str]:
    """The fields of a case that are said when it is opened; later dates follow the first."""
    asked: dict[str, str] = {}
    first = ""
    for field in record.of_kind("money", "number", "choice", "date"):
        asked[field.column] = _asked(field, first)
        if field.kind == "date" and not first:
            first = field.column
    return asked


def _described(record: Record, sketch: Sketch) -> list[str]:
    """How people point to a case: by whom and what it is about."""
    said = spoken(record.name)
    whose = sketch.customer.name if sketch.customer.name in record.links else ""
    about = next((name for name in record.links if name != whose), "")
    dates = [each.column for each in record.of_kind("date")] or [OPENED]
    owner = f"{{{whose}}}'s {said}" if whose else f"the {said}"
    found = [f"{owner} for {{{about}}}"] if about else []
    found.append(f"{owner} of {{{dates[0]}}}")
    if about:
        found.append(f"{owner} for {{{about}}} of {{{dates[0]}}}")
    return found


# Actions


def _actions(record: Record, sketch: Sketch) -> Iterator[tuple[str, _Form]]:
    if record.sort == "case":
        yield opening(record), _opens(record, sketch)
    for number, (name, step) in enumerate(actions_of(record).items()):
        yield name, _takes_step(record, step, "later" if number else "first", name)
    if is_billed(record, sketch):
        yield from billing(record)


def _opens(record: Record, sketch: Sketch) -> _Form:
    takes = {name: f"-> {name}" for name in record.links} | _parameters(record)
    return {
        "makes": record.name,
        "takes": takes,
        "needs": [],
        "phrases": list(_opening_phrases(record, sketch)),
        "often": _OFTEN["opens"],
    }


def _opening_phrases(record: Record, sketch: Sketch) -> Iterator[str]:
    whose = sketch.customer.name if sketch.customer.name in record.links else ""
    others = [f"{spoken(name)} {{{name}}}" for name in record.links if name != whose]
    details = [f"{each.says} {{{each.column}}}" for each in record.fields if each.kind != "flag"]
    case, one = spoken(record.name), with_article(record.name)
    rest = ", ".join([*others, *details])
    behind = f": {rest}" if rest else ""
    if not whose:
        yield f"open a new {case}{behind}"
        yield f"enter {one} into the system{behind}"
        yield f"register {one}{behind}"
        return
    yield f"open a new {case} for {{{whose}}}{behind}"
    yield f"register {one} for {{{whose}}}" + (f" with {rest}" if rest else "")
    yield f"enter {{{whose}}}'s new {case}{behind}"


def _takes_step(record: Record, step: Step, often: str, action: str) -> _Form:
    name, ends = record.name, step.target in record.ends and record.sort == "case"
    marks = f"mark {{{name}}} as {spoken(step.target)}"
    verb = action.removesuffix(f"_{name}")
    orders = [] if action.startswith("mark_") else [f"{spoken(verb)} {{{name}}}"]
    return {
        "on": name,
        "from": list(step.sources),
        "to": step.target,
        "needs": [],
        "does": f"{name}.{closing(record)} = today" if ends else "",
        "phrases": [*orders, marks, f"record that {{{name}}} is {spoken(step.target)}"],
        "often": _OFTEN[often],
    }
