"""Through which states records go: as steps, or as states alone for small models."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from awm.errors import Problem
from awm.synthesis.llm_author.blueprint.about_fields import RESERVED_WORDS
from awm.synthesis.llm_author.blueprint.anatomy import GIVEN_UP
from awm.synthesis.llm_author.blueprint.asking import (
    Answer,
    Part,
    Taken,
    between,
    closed,
    inside,
    like,
    list_of,
    problem,
    strings_in,
    warning,
)
from awm.synthesis.llm_author.blueprint.lines import NAME, STEP, read_step_line
from awm.synthesis.llm_author.blueprint.sketch import Record, Size, Sketch, Step
from awm.synthesis.llm_author.blueprint.words import order_of
from awm.types import JsonObject

__all__ = ["STATES", "STEPS"]


def _steps_schema(sketch: Sketch, size: Size) -> JsonObject:
    return closed(
        {
            each.name: list_of(like(STEP), *(size.steps if each.sort == "case" else (2, 2)))
            for each in _living(sketch)
        },
        "steps",
    )


def _living(sketch: Sketch) -> tuple[Record, ...]:
    """What has a life: cases, the first things, and customers."""
    return (*sketch.sorted("case"), *sketch.sorted("thing")[:2], sketch.customer)


def _steps_told(sketch: Sketch, size: Size) -> dict[str, str]:
    return {
        "records": sketch.told(),
        "living": "\n".join(f"{each.name} ({each.sort})" for each in _living(sketch)),
        "steps": between(size.steps),
    }


def _steps_taken(sketch: Sketch, _size: Size, answer: Answer) -> Taken:
    problems: list[Problem] = []
    changed: dict[str, Record] = {}
    for record in _living(sketch):
        read = _steps(record, sketch, strings_in(answer.get(record.name, [])), problems)
        if record.sort == "case" and len(read) < _FEWEST_STEPS:
            what = f"{len(read)} steps can be used, and {_FEWEST_STEPS} are needed."
            problems.insert(0, problem(sketch, record.name, what, _STEP_HINT))
        usable = read if len(read) >= _FEWEST_STEPS else _usual_steps(record)
        changed[record.name] = replace(record, steps=usable)
    return sketch.changed(changed), problems


_FEWEST_STEPS: Final = 2
_STEP_HINT: Final = (
    "Write `return: open -> returned`; each step but the first begins in a state that an earlier"
    " step leads to, or in the first state."
)


def _steps(
    record: Record, sketch: Sketch, lines: Iterable[str], problems: list[Problem]
) -> tuple[Step, ...]:
    """The steps that can be gone: each from a state that is reached."""
    found: list[Step] = []
    reached: set[str] = set()
    for line in dict.fromkeys(lines):
        step = read_step_line(line)
        if step is None:
            problems.append(warning(sketch, f"{record.name}: {line!r}", "is no step.", _STEP_HINT))
        elif found and step.sources[0] not in reached:
            what = f"nothing leads to the state {step.sources[0]!r} before."
            problems.append(warning(sketch, f"{record.name}: {line!r}", what, _STEP_HINT))
        elif any(known[1:] == (step.sources, step.target) for known in map(_tuple, found)):
            what = "another step does the same."
            problems.append(warning(sketch, f"{record.name}: {line!r}", what))
        else:
            found.append(step)
            reached |= {step.sources[0], step.target}
    return tuple(found)


def _tuple(step: Step) -> tuple[str, tuple[str, ...], str]:
    return step.verb, step.sources, step.target


def _usual_steps(record: Record) -> tuple[Step, ...]:
    """The life of a record of which a model said nothing that can be used."""
    if record.sort == "case":
        return (Step("complete", ("open",), "completed"), Step("cancel", ("open",), "cancelled"))
    if record.sort == "thing":
        return (
            Step("withdraw", ("available",), "out_of_use"),
            Step("restore", ("out_of_use",), "available"),
        )
    return (Step("suspend", ("active",), "suspended"), Step("reinstate", ("suspended",), "active"))


def _states_schema(sketch: Sketch, size: Size) -> JsonObject:
    word = like(NAME)
    case = closed({"states": list_of(word, *size.steps), "given_up": word})
    pair = closed({"usual": word, "unusual": word})
    return closed(
        {each.name: case if each.sort == "case" else pair for each in _living(sketch)}, "states"
    )


def _states_taken(sketch: Sketch, _size: Size, answer: Answer) -> Taken:
    problems: list[Problem] = []
    changed: dict[str, Record] = {}
    for record in _living(sketch):
        said = inside(answer, record.name)
        states = _distinct(said.get("states") or [said.get("usual"), said.get("unusual")])
        states = _until_over([each for each in states if each not in GIVEN_UP])
        if len(states) < _FEWEST_STATES:
            what = f"{len(states)} different states can be used, and {_FEWEST_STATES} are needed."
            problems.append(warning(sketch, record.name, what))
            changed[record.name] = replace(record, steps=_usual_steps(record))
            continue
        chain = tuple(
            Step(order_of(after) or f"mark_{after}", (before,), after)
            for before, after in pairwise(states)
        )
        changed[record.name] = replace(record, steps=(*chain, *_ways_back(said, states)))
    return sketch.changed(changed), problems


_FEWEST_STATES: Final = 2


def _distinct(written: Any) -> list[str]:
    """Different states, as names."""
    names = (re.sub(r"[^a-z]+", "_", each.lower()).strip("_") for each in strings_in(written))
    fitting = (name for name in names if re.fullmatch(NAME[1:-1], name))
    return [name for name in dict.fromkeys(fitting) if name not in RESERVED_WORDS]


def _until_over(states: list[str]) -> list[str]:
    """The states up to the first in which it is over: small models go on behind it."""
    over = next((n for n, each in enumerate(states) if n and each in _OVER), len(states))
    return states[: over + 1]


_OVER: Final = frozenset((
    "checked_out", "closed", "complete", "completed", "delivered", "done", "ended", "finished",
    "fulfilled", "resolved", "returned", "settled",
))  # fmt: skip


def _ways_back(said: Mapping[str, Any], states: Sequence[str]) -> tuple[Step, ...]:
    """How a case is given up, and how a thing comes back into use."""
    if "usual" in said:
        return (Step("restore", (states[1],), states[0]),)
    written = _distinct([*strings_in(said.get("given_up")), *strings_in(said.get("states"))])
    known = [each for each in written if each in GIVEN_UP] or ["cancelled"]
    return (Step(order_of(known[0]) or f"mark_{known[0]}", (states[0],), known[0]),)


STATES: Final = Part("states", _states_schema, _steps_told, _states_taken)
STEPS: Final = Part("steps", _steps_schema, _steps_told, _steps_taken)
