"""What a sketch is worth: it is composed, its past is played, and its tasks are drafted.

What does not hold is taken out where that leaves a world: a rule that nothing breaks, or that
makes an action impossible, is no loss. What cannot be taken out is told.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from awm.errors import BlueprintError, Problem
from awm.synthesis.blueprints import DomainForm
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.drafts import DraftedTask, drafted_tasks
from awm.synthesis.llm_author.blueprint.anatomy import actions_of, opening
from awm.synthesis.llm_author.blueprint.menu import chosen, menu
from awm.synthesis.llm_author.blueprint.sketch import Record, Sketch
from awm.synthesis.llm_author.blueprint.writing_up import written_up
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.planning import WorldPlan
from awm.synthesis.trying import try_domain

__all__ = ["Composed", "Rehearsed", "composed", "played", "rehearsed"]

_ROUNDS: Final = 6
_MIXES: Final = 3
_FIELD_PLACE: Final = re.compile(r"entities\.(\w+)\.fields\.(\w+)")
_RULE_PLACE: Final = re.compile(r"actions\.(\w+)\.needs\.(\w+)")
_ACTION_PLACE: Final = re.compile(r"actions\.(\w+)")
_FEWEST: Final = {"tables": 5, "tools": 8, "tasks": 5, "sorts": 3}


@dataclass(frozen=True, slots=True)
class Composed:
    """A sketch that composes.

    Attributes:
        sketch: Without what had to be left out.
        form: The domain that it comes to.
        left_out: What was left out, and why.
    """

    sketch: Sketch
    form: DomainForm
    left_out: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of drafting the tasks of a world.

    Attributes:
        tables: How many tables it has.
        tools: How many tools.
        tasks: Tasks as they would be told.
        problems: Where it is too small to be a world.
    """

    tables: int
    tools: int
    tasks: tuple[DraftedTask, ...]
    problems: tuple[Problem, ...]


def composed(sketch: Sketch, category: str, catalogue: Catalogue) -> Composed:
    """Compose a sketch; fields, rules and steps that stand in the way are left out.

    Raises:
        BlueprintError: It does not compose, and nothing can be left out.
    """
    left_out: list[Problem] = []
    while True:
        form = written_up(sketch, category)
        try:
            catalogue.with_form(form).blueprint(Recipe(form.domain))
        except BlueprintError as error:
            smaller = _without(sketch, error.problems)
            if smaller == sketch:
                raise
            left_out += [replace(problem, severity="warning") for problem in error.problems]
            sketch = smaller
        else:
            return Composed(sketch, form, tuple(left_out))


def _without(sketch: Sketch, problems: Sequence[Problem]) -> Sketch:
    for problem in problems:
        if place := _FIELD_PLACE.match(problem.where):
            sketch = _without_field(sketch, place[1], place[2])
        elif place := _RULE_PLACE.match(problem.where):
            sketch = _without_rules(sketch, place[1], frozenset({place[2]}))
        elif place := _ACTION_PLACE.match(problem.where):
            sketch = _without_step(sketch, place[1])
    wrong = {problem.where.removeprefix("questions.") for problem in problems}
    kept = (each for n, each in enumerate(sketch.own_questions) if str(n) not in wrong)
    return replace(sketch, own_questions=tuple(kept))


def _without_field(sketch: Sketch, entity: str, column: str) -> Sketch:
    record = sketch.by_name.get(entity)
    if record is None:
        return sketch
    fields = tuple(each for each in record.fields if each.column != column)
    links = tuple(each for each in record.links if each != column)
    return sketch.changed({entity: replace(record, fields=fields, links=links)})


def _without_rules(sketch: Sketch, action: str, names: frozenset[str]) -> Sketch:
    """Without some rules of an action."""
    kept = (each for each in chosen(sketch) if each.action != action or each.name not in names)
    own = tuple(rule for rule in sketch.own_rules if rule[0] != action or rule[1] not in names)
    return replace(sketch, rules=frozenset(offer.key for offer in kept), own_rules=own)


def _without_step(sketch: Sketch, action: str) -> Sketch:
    """Without the step that an action is; keys on the menu change with it."""
    kept = {(offer.action, offer.name) for offer in chosen(sketch)}
    changed: dict[str, Record] = {}
    for record in sketch.records:
        gone = actions_of(record).get(action)
        if gone is not None:
            left = tuple(
                step
                for step in record.steps
                if not (step.verb == gone.verb and step.target == gone.target)
            )
            changed[record.name] = replace(record, steps=left if len(left) > 1 else ())
    smaller = sketch.changed(changed)
    keys = {offer.key for offer in menu(smaller) if (offer.action, offer.name) in kept}
    return replace(smaller, rules=frozenset(keys))


def played(made: Composed, category: str, catalogue: Catalogue) -> Composed:
    """Play a world's pasts, and leave out what never happens in them.

    Raises:
        BlueprintError: It does not compose, or there is never a row of something.
    """
    left_out = list(made.left_out)
    # The rules by their keys from here on, so that to leave out nothing changes nothing.
    made = replace(made, sketch=_without_rules(made.sketch, "", frozenset()))
    for _ in range(_ROUNDS):
        trial = try_domain(catalogue.with_form(made.form), made.form.domain, 0, _MIXES)
        smaller = made.sketch
        for action in [action for action, times in trial.done.items() if not times]:
            easier = _easier(smaller, action)
            if easier != smaller:
                why = "it could not be done on any of many days."
                left_out.append(_note(made.sketch, action, why, "Less stands in its way now."))
            smaller = easier
        for action, rule in _never_broken(made.sketch, trial.refused.keys()):
            left_out.append(
                _note(made.sketch, f"{action}: {rule}", "nothing ever broke the rule.", _GONE)
            )
            smaller = _without_rules(smaller, action, frozenset({rule}))
        if smaller == made.sketch:
            empty = [name for name, count in trial.rows.items() if not count]
            problems = [
                Problem(made.form.domain, each, "there is never a row of it.") for each in empty
            ]
            if problems:
                raise BlueprintError.of(made.form.domain, problems)
            break
        made = composed(smaller, category, catalogue)
        left_out += made.left_out
    return replace(made, left_out=tuple(left_out))


def _note(sketch: Sketch, where: str, what: str, done: str) -> Problem:
    return Problem(sketch.title, where, what, done, severity="warning")


_GONE: Final = "It was left out."


def _never_broken(sketch: Sketch, broken: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = frozenset(broken)
    for offer in chosen(sketch):
        if offer.name not in known:
            yield offer.action, offer.name
    for action, name, _, _ in sketch.own_rules:
        if name not in known:
            yield action, name


def _easier(sketch: Sketch, action: str) -> Sketch:
    """With less that stands in the way of an action; if nothing does, without the action."""
    names = {offer.name for offer in chosen(sketch) if offer.action == action}
    names |= {name for where, name, _, _ in sketch.own_rules if where == action}
    # What is taken is the usual reason why nothing can be done any more.
    strictest = {name for name in names if name.endswith("_taken")} or names
    if strictest:
        return _without_rules(sketch, action, frozenset(strictest))
    if action in map(opening, sketch.sorted("case")):
        return sketch
    return _without_step(sketch, action)


def rehearsed(plan: WorldPlan, catalogue: Catalogue, tasks: int) -> Rehearsed:
    """Write a world without bringing it to life, and draft some tasks.

    Args:
        plan: Which world.
        catalogue: What the builtin author knows.
        tasks: How many tasks to draft.

    Raises:
        BlueprintError: It does not compose.
    """
    world = Manuscript(plan, catalogue)
    surface = world.surface
    drafts = tuple(islice(drafted_tasks(plan, surface, world.books), tasks))
    counts = {
        "tables": len(world.blueprint.entities),
        "tools": len(surface.tools),
        "tasks": len(drafts),
        "sorts": len({each.draft.kind for each in drafts}),
    }
    problems = tuple(
        Problem(plan.title, "blueprint", f"there are {counts[what]} {_SAID[what]}, not {least}.")
        for what, least in _FEWEST.items()
        if counts[what] < min(least, tasks if what in ("tasks", "sorts") else least)
    )
    return Rehearsed(counts["tables"], counts["tools"], drafts, problems)


_SAID: Final = {
    "tables": "tables",
    "tools": "tools",
    "tasks": "tasks that can be drafted",
    "sorts": "sorts of task",
}
