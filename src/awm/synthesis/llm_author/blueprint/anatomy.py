"""What follows from a record of a sketch: what its actions are called, what it costs."""

from typing import Final

from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Record, Sketch, Step
from awm.synthesis.llm_author.blueprint.words import is_order

__all__ = [
    "BILLED",
    "GIVEN_UP",
    "OPENED",
    "actions_of",
    "billable",
    "closing",
    "is_billed",
    "opening",
    "payable",
    "worth",
]

OPENED: Final = "entered_on"
"""The date on which a case was opened."""


def opening(case: Record) -> str:
    """The action that opens a case."""
    return f"open_{case.name}"


def closing(case: Record) -> str:
    """The field with the date on which a case was over."""
    return "closed_on" if all(each.column != "closed_on" for each in case.fields) else "ended_on"


def actions_of(record: Record) -> dict[str, Step]:
    """The steps of a record by the names of their actions; one verb may lead from several states.

    Where one verb leads to several states, or is none, the action is called by the state.
    """
    merged: dict[tuple[str, str], Step] = {}
    for step in record.steps:
        key = step.verb, step.target
        known = merged.get(key)
        sources = (*known.sources, *step.sources) if known else step.sources
        merged[key] = Step(step.verb, tuple(dict.fromkeys(sources)), step.target)
    verbs = [verb for verb, _ in merged]
    found: dict[str, Step] = {}
    for (verb, target), step in merged.items():
        plain = verb.removesuffix(f"_{record.name}")
        usable = is_order(plain) and verbs.count(verb) == 1 and plain != "open"
        name = f"{plain}_{record.name}" if usable else f"mark_{record.name}_{target}"
        name = name[:_LONGEST].rstrip("_")
        if name not in found:
            found[name] = step
    return found


_LONGEST: Final = 40


def worth(case: Record, sketch: Sketch) -> str:
    """What a case of a customer comes to, as an expression; empty where nothing has a price."""
    if any(case.of_kind("money")) or sketch.customer.name not in case.links:
        return ""
    for name in case.links:
        for price in sketch.by_name[name].of_kind("money"):
            if sketch.by_name[name].sort == "thing":
                return " * ".join([f"{name}.{price.column}", *(_times(case))])
    return ""


def _times(case: Record) -> list[str]:
    """What a price is multiplied by."""
    return [each.column for each in case.of_kind("number") if _multiplies(each)][:1]


def _multiplies(field: FieldLine) -> bool:
    return field.high <= _MOST and not _MULTIPLIED.isdisjoint(field.name.split("_"))


_MOST: Final = 100
_MULTIPLIED: Final = frozenset((
    "amount", "count", "days", "hours", "nights", "number", "participants", "people", "pieces",
    "places", "quantity", "seats", "sessions", "tickets", "units", "weeks", "kilos", "litres",
))  # fmt: skip


def payable(case: Record, sketch: Sketch) -> str:
    """The field with what a customer has to pay for a case; empty where nobody has."""
    own = next(case.of_kind("money"), None)
    if own is not None and sketch.customer.name in case.links:
        return own.column
    return "total_cents" if worth(case, sketch) else ""


def is_billed(case: Record, sketch: Sketch) -> bool:
    """Whether bills for a case are kept: for the first that costs something and comes to an end."""
    if any(each.name in _BILLS for each in sketch.records):
        return False
    costly = (each for each in sketch.sorted("case") if payable(each, sketch) and billable(each))
    return next(costly, None) is case


_BILLS: Final = frozenset({"payment", "invoice", "bill"})
BILLED: Final = "billed"
"""The state of a case for which there is a bill."""


def billable(case: Record) -> tuple[str, ...]:
    """The states in which a case can be billed: its good ends; none where it has a bill anyway."""
    if _PAID.intersection(case.states):
        return ()
    return tuple(state for state in case.states if state in case.ends - GIVEN_UP)


_PAID: Final = frozenset({BILLED, "invoiced", "paid", "paid_out", "refunded", "settled"})
GIVEN_UP: Final = frozenset((
    "abandoned", "aborted", "canceled", "cancelled", "declined", "denied", "dropped", "expired",
    "failed", "lost", "missed", "no_show", "refused", "rejected", "revoked", "terminated", "void",
    "withdrawn",
))  # fmt: skip
"""States of a case that came to nothing."""
