"""The rules that a sketch leaves room for, to be chosen from.

A model that cannot be trusted with an expression can be trusted with a choice: it says which of
the rules that make sense here such a business would have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from awm.synthesis.llm_author.blueprint.anatomy import GIVEN_UP, actions_of, opening
from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Record, Sketch
from awm.synthesis.llm_author.blueprint.words import fitting, plural, spoken, with_article

__all__ = ["Offer", "chosen", "menu", "usual"]

_LIMITS: Final = (2, 3, 4)
_MOST_OF_A_SORT: Final = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule to choose.

    Attributes:
        key: `r1`, `r2`, ... over the whole menu.
        action: What it stands in the way of.
        name: Its name.
        told: What it says, for a model to read.
        needs: The expression that has to be true.
        says: What is said when it is not.
        options: Numbers that it names, with their values.
        usual: Whether it is taken where nobody chooses.
    """

    key: str
    action: str
    name: str
    told: str
    needs: str
    says: str
    options: tuple[tuple[str, tuple[int, ...]], ...] = ()
    usual: bool = False


_Rule = tuple[str, str, str, str, tuple[tuple[str, tuple[int, ...]], ...], bool]
"""Name, what is told, expression, answer, options, whether it is usual."""


def menu(sketch: Sketch) -> tuple[Offer, ...]:
    """All rules that a sketch leaves room for."""
    listed = [
        (action, rule) for case in sketch.sorted("case") for action, rule in _of_case(case, sketch)
    ]
    return tuple(
        Offer(f"r{number}", action, fitting(rule[0]), *rule[1:])
        for number, (action, rule) in enumerate(listed, 1)
    )


def usual(sketch: Sketch) -> frozenset[str]:
    """The keys of the rules that are taken where nobody chooses."""
    return frozenset(offer.key for offer in menu(sketch) if offer.usual)


def chosen(sketch: Sketch) -> tuple[Offer, ...]:
    """The rules that hold: those that were chosen, or else the usual ones."""
    keys = usual(sketch) if sketch.rules is None else sketch.rules
    return tuple(offer for offer in menu(sketch) if offer.key in keys)


def _of_case(case: Record, sketch: Sketch) -> Iterator[tuple[str, _Rule]]:
    begins = opening(case)
    for name in case.links:
        linked = sketch.by_name[name]
        for rule in (*_status(linked), *_choices(linked), *_flags(linked)):
            yield begins, rule
        for rule in (*_room(case, linked), *_amounts(case, linked)):
            yield begins, rule
    for action, step in actions_of(case).items():
        if step.target not in case.ends:
            continue
        for rule in (*_dates(case, action, step.target), *_others_over(case, sketch)):
            yield action, rule


def _status(linked: Record) -> Iterator[_Rule]:
    """The row that a case is about has to be in a state."""
    if not linked.steps:
        return
    states = linked.states[:1] if linked.sort != "case" else linked.states[:_MOST_OF_A_SORT]
    label = _label(linked)
    for place, state in enumerate(states):
        yield (
            f"{linked.name}_not_{state}",
            f"the {spoken(linked.name)} has to be {spoken(state)}",
            f"{linked.name}.status == '{state}'",
            f"{label} is {{{linked.name}.status}}, not {spoken(state)}.",
            (),
            place == 0,
        )


def _label(linked: Record) -> str:
    if linked.sort == "case":
        return f"That {spoken(linked.name)}"
    return f"{{{linked.name}.name}}"


def _choices(linked: Record) -> Iterator[_Rule]:
    """Only rows of one kind will do."""
    if linked.sort == "case":
        return
    for field in list(linked.of_kind("choice"))[:1]:
        for word in field.words[:_MOST_OF_A_SORT]:
            yield (
                f"{linked.name}_not_{word}",
                f"the {spoken(linked.name)}'s {spoken(field.name)} has to be {spoken(word)}",
                f"{linked.name}.{field.column} == '{word}'",
                (
                    f"The {spoken(field.name)} of {_label(linked)} is"
                    f" {{{linked.name}.{field.column}}}, not {spoken(word)}."
                ),
                (),
                False,
            )


def _flags(linked: Record) -> Iterator[_Rule]:
    if linked.sort == "case":
        return
    for field in linked.of_kind("flag"):
        yield (
            f"{linked.name}_without_{field.name}",
            f"the {spoken(linked.name)} has to have yes at {spoken(field.name)}",
            f"{linked.name}.{field.column}",
            f"{_label(linked)} has no at {spoken(field.name)}.",
            (),
            True,
        )


def _room(case: Record, linked: Record) -> Iterator[_Rule]:
    """One row can be in so many cases at a time."""
    if linked.sort == "case":
        yield (
            f"{linked.name}_has_{case.name}",
            f"{with_article(linked.name)} can have one {spoken(case.name)} only",
            f"not any(True for each in {linked.name}.{plural(case.name)})",
            f"That {spoken(linked.name)} has {with_article(case.name)} already.",
            (),
            False,
        )
        return
    running = _in(case.running, "each.status") if case.steps else "True"
    rows = f"{linked.name}.{plural(case.name)}"
    going_on = f" that are {_either(case.running)}" if case.steps else ""
    if linked.sort == "thing":
        day = next(_days(case), None)
        same = f" and each.{day.column} == {day.column}" if day else ""
        when = " on the same day" if day else " at a time"
        yield (
            f"{linked.name}_taken",
            f"{with_article(linked.name)} can be in one {spoken(case.name)} only{when}",
            f"not any({running}{same} for each in {rows})",
            f"{_label(linked)} is in another {spoken(case.name)}{' then' if day else ''}.",
            (),
            True,
        )
        return
    limit = fitting(f"max_{plural(case.name)}_each_{linked.name}")
    yield (
        f"too_many_{plural(case.name)}_of_{linked.name}",
        (
            f"{with_article(linked.name)} can have a few {spoken(plural(case.name))}{going_on},"
            " and no more"
        ),
        f"count(each for each in {rows} if {running}) < {limit}",
        f"{_label(linked)} has {{{limit}}} {spoken(plural(case.name))}{going_on} already.",
        ((limit, _LIMITS),),
        linked.sort == "customer",
    )


def _days(case: Record) -> Iterator[FieldLine]:
    """The days on which a case takes place, not those by which something has to be done."""
    return (each for each in case.of_kind("date") if _DEADLINES.isdisjoint(each.name.split("_")))


_DEADLINES: Final = frozenset((
    "deadline", "due", "end", "expected", "expiration", "expiry", "finish", "return", "until",
))  # fmt: skip


def _either(states: tuple[str, ...]) -> str:
    return " or ".join(map(spoken, states))


def _in(states: tuple[str, ...], path: str) -> str:
    if len(states) == 1:
        return f"{path} == '{states[0]}'"
    return f"{path} in ({', '.join(map(repr, states))})"


def _amounts(case: Record, linked: Record) -> Iterator[_Rule]:
    """What is asked for has to fit what there is."""
    if linked.sort == "case":
        return
    for asked in list(case.of_kind("number", "money"))[:2]:
        for there in list(linked.of_kind(asked.kind))[:2]:
            if asked.high <= there.low or asked.low >= there.high:
                continue  # it would always hold, or never
            shared = {*asked.name.split("_")} & {*there.name.split("_")}
            if not shared and _CEILINGS.isdisjoint(there.name.split("_")):
                continue
            shown = f"{linked.name}.{there.column}"
            yield (
                f"{asked.name}_above_{there.name}",
                (f"the {asked.says} may not be above the {spoken(linked.name)}'s {there.says}"),
                f"{asked.column} <= {shown}",
                (
                    f"The {there.says} of {_label(linked)} is"
                    f" {{{f'money({shown})' if there.kind == 'money' else shown}}}."
                ),
                (),
                True,
            )


_CEILINGS: Final = frozenset((
    "available", "balance", "berths", "beds", "budget", "capacity", "credit", "limit", "max",
    "maximum", "places", "quantity", "quota", "seats", "slots", "space", "spaces", "stock",
))  # fmt: skip
"""What a number or sum is called that others may not be above."""


def _dates(case: Record, action: str, target: str) -> Iterator[_Rule]:
    """What comes to its end is not at its end before its day; what is given up, not after it."""
    verb = spoken(action.removesuffix(f"_{case.name}"))
    for day in list(_days(case))[:1]:
        path, said = f"{case.name}.{day.column}", day.says
        yield (
            "too_early",
            f"nobody can {verb} it before its {said}",
            f"today >= {path}",
            f"Its {said} is {{{path}}}.",
            (),
            target not in GIVEN_UP,
        )
        yield (
            "too_late",
            f"nobody can {verb} it after its {said}",
            f"today <= {path}",
            f"Its {said} was {{{path}}}.",
            (),
            False,
        )


def _others_over(case: Record, sketch: Sketch) -> Iterator[_Rule]:
    """Cases about this case have to be over."""
    for other in sketch.sorted("case"):
        if case.name in other.links and other.steps:
            going_on = _in(other.running, "each.status")
            yield (
                f"{other.name}_going_on",
                f"no {spoken(other.name)} about it may be {_either(other.running)}",
                f"not any({going_on} for each in {case.name}.{plural(other.name)})",
                f"{with_article(other.name).capitalize()} about it is still going on.",
                (),
                True,
            )
