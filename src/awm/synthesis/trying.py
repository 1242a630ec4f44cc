"""Trying a domain out: what is wrong with it, what never happens in it, and how its tasks read."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from awm.errors import BlueprintError
from awm.synthesis.blueprints import Blueprint, DomainForm
from awm.synthesis.catalogue import Catalogue, Recipe, every_part
from awm.synthesis.dry import Drawer, Refusal, perform, play_history
from awm.synthesis.dry.carrying import refusal
from awm.synthesis.surface import Surface
from awm.synthesis.tasks import KINDS, Scene, draft, tell

__all__ = ["Trial", "try_domain"]

_TODAY: Final = dt.date(2026, 2, 2)
_SEEDS: Final = (1, 2, 3, 4, 5, 6)
_TRIES: Final = 60
_RIGHT_STATE: Final = 0.8


@dataclass
class Trial:
    """What came of trying a domain.

    Attributes:
        problems: What is wrong with it.
        tables: How many entities its worlds have, one number for each recipe.
        done: How often each action was carried out when it was tried.
        refused: How often each rule stood in the way.
        rows: How many rows of each entity there were, over all pasts.
        samples: Some tasks.
    """

    problems: list[str] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)


def try_domain(catalogue: Catalogue, name: str, samples: int = 3) -> Trial:
    """Read a domain with each of its parts, play its past, and try every action many times."""
    trial = Trial()
    try:
        domain = catalogue.domain(name)
    except BlueprintError as error:
        trial.problems += [str(problem) for problem in error.problems]
        return trial
    for recipe in every_part(domain, ()):
        try:
            trial.tables.append(len(catalogue.blueprint(recipe).entities))
        except BlueprintError as error:
            trial.problems += [f"{problem} [{_told(recipe)}]" for problem in error.problems]
    if trial.problems:
        return trial
    trial.problems += _unordered(catalogue.blueprint(Recipe(name, tuple(domain.modules))))
    for seed, recipe in enumerate(_mixes(domain)):
        _play(catalogue.blueprint(recipe), seed, trial, samples if seed == 0 else 0)
    trial.problems += _never(catalogue.blueprint(Recipe(name, tuple(domain.modules))), trial)
    return trial


def _told(recipe: Recipe) -> str:
    modules = ", ".join(recipe.modules[:2]) + (", ..." if len(recipe.modules) > 2 else "")
    return f"with {modules or 'no module'}, synonyms {recipe.synonyms}, flavour {recipe.flavour}"


def _mixes(domain: DomainForm) -> Iterator[Recipe]:
    """Pairs of halves of the modules, so that each is met in worlds of the usual size."""
    modules = list(domain.modules)
    for seed in _SEEDS:
        random.Random(seed).shuffle(modules)  # noqa: S311 - the same each time on purpose
        half = (len(modules) + 1) // 2
        yield Recipe(domain.domain, tuple(modules[:half]))
        yield Recipe(domain.domain, tuple(modules[half:]))


def _play(blueprint: Blueprint, seed: int, trial: Trial, samples: int) -> None:
    lot = random.Random(seed)  # noqa: S311 - reproducible on purpose
    books = play_history(blueprint, _TODAY, lot)
    for entity in blueprint.entities.values():
        trial.rows[entity.name] += books.count(entity.name)
    for action in blueprint.actions.values():
        for _ in range(_TRIES):
            trial.done[action.name] += 0
            on = None
            if action.on:
                rows = books.rows(action.on)
                if not rows:
                    break
                state = blueprint.entities[action.on].state
                if action.starts and state is not None and lot.random() < _RIGHT_STATE:
                    right = [row for row in rows if getattr(row, state.name) in action.starts]
                    rows = right or rows
                on = lot.choice(rows)
            arguments = Drawer(books, lot).arguments(action, on, careful=lot.random() < 0.5)
            if arguments is None:
                break
            refused = refusal(books, action, arguments, on)
            if refused is not None:
                trial.refused[refused.rule] += 1
                continue
            if trial.done[action.name] % 7 == 0:
                copy = books.copy()
                there = {
                    key: copy.same(each) if hasattr(each, "id") else each
                    for key, each in arguments.items()
                }
                outcome = perform(copy, action, there, copy.same(on) if on else None)
                if isinstance(outcome, Refusal):
                    trial.problems.append(f"{action.name} is refused only when it is done")
            trial.done[action.name] += 1
    surface = Surface(blueprint)
    for kind in KINDS:
        for _ in range(samples):
            made = draft(Scene(books, surface, lot), kind)
            if made is not None:
                trial.samples.append(f"[{kind}, {len(made.calls)} calls] {tell(made, lot, '')}")


def _unordered(blueprint: Blueprint) -> Iterator[str]:
    """Phrases that do not begin with what is to be done, and cannot stand after "please"."""
    for action in blueprint.actions.values():
        for phrase in action.phrases:
            if phrase.split()[0].lower() in _NO_VERBS or phrase.startswith("{"):
                yield f"{action.name}: {phrase!r} does not begin with a verb, as an order does"


_NO_VERBS: Final = frozenset(
    "the a an they we you i he she it there this that these those our your their his her its my "
    "no not if when once as for to from with in on at by of is are was were has had "
    "would should could can may must please everything nobody".split()
)


def _never(blueprint: Blueprint, trial: Trial) -> Iterator[str]:
    for entity in blueprint.entities:
        if trial.rows[entity] < 2:
            yield f"{entity}: there are hardly ever rows of it; let its action happen more easily"
    for action in blueprint.actions:
        if not trial.done[action]:
            yield f"{action}: it could never be done; its rules, or states, cannot be met"
    for where, rule in blueprint.rules():
        if not trial.refused[rule.name] and where in blueprint.actions:
            yield f"{where}: nothing ever broke the rule {rule.name!r} (a note, if it is rare)"
