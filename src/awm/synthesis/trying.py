"""Trying a domain out: what is wrong with it, what never happens in it, and how its tasks read."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from awm.errors import BlueprintError
from awm.synthesis.blueprints import Action, Blueprint, DomainForm, reached, words_pattern
from awm.synthesis.catalogue import Catalogue, Recipe, every_part
from awm.synthesis.dry import Books, Drawer, Refusal, Row, perform, play_history
from awm.synthesis.field_names import odd_names
from awm.synthesis.lots import lot_for
from awm.synthesis.surface import Surface
from awm.synthesis.tasks import KINDS, Scene, draft, tell

__all__ = ["Trial", "try_capability", "try_domain"]

_TODAY: Final = dt.date(2026, 2, 2)
_PASTS: Final = 6
_TRIES: Final = 40
_RIGHT_STATE: Final = 0.8


@dataclass
class Trial:
    """What came of trying a domain.

    Attributes:
        problems: What is wrong with it.
        notes: What may be wrong with it, or may be rare.
        tables: How many entities its worlds have, one number for each recipe.
        done: How often each action was carried out when it was tried.
        refused: How often each rule stood in the way.
        rows: How many rows of each entity there were, over all pasts.
        samples: Some tasks.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)


def try_domain(catalogue: Catalogue, name: str, samples: int = 1, mixes: int = _PASTS) -> Trial:
    """Read a domain with each of its parts, play its past, and try every action many times.

    Args:
        catalogue: Where the domain is.
        name: Which.
        samples: How many tasks of each sort are drafted to be read.
        mixes: How many mixes of its modules are played, each with one half and with the other.
    """
    trial = Trial()
    try:
        domain = catalogue.domain(name)
    except BlueprintError as error:
        trial.problems += map(str, error.problems)
        return trial
    for recipe in every_part(domain, ()):
        try:
            trial.tables.append(len(catalogue.blueprint(recipe).entities))
        except BlueprintError as error:
            trial.problems += [f"{problem} [{_told(recipe)}]" for problem in error.problems]
    if trial.problems:
        return trial
    whole = catalogue.blueprint(Recipe(name, tuple(domain.modules)))
    trial.problems += _unordered(whole)
    trial.problems += [text for _, text in odd_names(whole)]
    trial.notes += _unmet_words(whole, domain)
    for number, recipe in enumerate(_mixes(domain, mixes)):
        _play(catalogue.blueprint(recipe), number, trial, samples if number == 0 else 0)
    trial.notes += _never(whole, trial)
    return trial


def try_capability(catalogue: Catalogue, name: str, samples: int = 1) -> Trial:
    """Compose a capability with every domain that has its roles, and play the first few."""
    trial = Trial()
    fitting = [each for each in catalogue.domains if _fits(catalogue, name, each)]
    if not fitting:
        trial.problems.append("no domain has the roles that it needs")
    for number, each in enumerate(fitting):
        try:
            blueprint = catalogue.blueprint(Recipe(each, capabilities=(name,)))
        except BlueprintError as error:
            trial.problems += [f"{problem} [with {each}]" for problem in error.problems]
            continue
        if not trial.tables:
            alone = frozenset(odd_names(catalogue.blueprint(Recipe(each))))
            told = [each for each in odd_names(blueprint) if each not in alone]
            trial.problems += [text for _, text in told]
        trial.tables.append(len(blueprint.entities))
        if number < _PASTS:
            _play(blueprint, number, trial, samples if number == 0 else 0)
    return trial


def _fits(catalogue: Catalogue, capability: str, domain: str) -> bool:
    return catalogue.needs(capability) <= set(catalogue.domain(domain).roles)


def _told(recipe: Recipe) -> str:
    modules = ", ".join(recipe.modules[:2]) + (", ..." if len(recipe.modules) > 2 else "")
    return f"with {modules or 'no module'}, synonyms {recipe.synonyms}, flavour {recipe.flavour}"


def _mixes(domain: DomainForm, mixes: int) -> Iterator[Recipe]:
    """Halves of the modules, so that each is met in worlds of the usual size."""
    modules = list(domain.modules)
    for number in range(mixes):
        lot_for(domain.domain, number).shuffle(modules)
        half = (len(modules) + 1) // 2
        yield Recipe(domain.domain, tuple(modules[:half]))
        yield Recipe(domain.domain, tuple(modules[half:]))


def _play(blueprint: Blueprint, number: int, trial: Trial, samples: int) -> None:
    lot = lot_for(blueprint.domain, number, "trial")
    books = play_history(blueprint, _TODAY, lot)
    for entity in blueprint.entities:
        trial.rows[entity] += books.count(entity)
    for action in blueprint.actions.values():
        trial.done[action.name] += 0
        _try(action, books, lot, trial)
    scene = Scene(books, Surface(blueprint), lot)
    for kind in KINDS:
        for _ in range(samples):
            made = draft(scene, kind)
            if made is not None:
                trial.samples.append(f"[{kind}, {len(made.calls)} calls] {tell(made, lot, '')}")


def _try(action: Action, books: Books, lot: random.Random, trial: Trial) -> None:
    """Carry out an action on copies of the books, many times, each with other arguments."""
    for _ in range(_TRIES):
        copy = books.overlay()
        drawer = Drawer(copy, lot)
        on = _subject(action, copy, lot) if action.on else None
        if action.on and on is None:
            return
        arguments = drawer.arguments(action, on, careful=lot.random() < _RIGHT_STATE)
        if arguments is None:
            return
        outcome = perform(copy, action, arguments, on)
        if isinstance(outcome, Refusal):
            trial.refused[outcome.rule] += 1
        else:
            trial.done[action.name] += 1


def _subject(action: Action, books: Books, lot: random.Random) -> Row | None:
    """A row to carry out an action on, mostly one in the right state."""
    rows = books.rows(action.on or "")
    state = books.blueprint.entities[action.on or ""].state
    if action.starts and state is not None and lot.random() < _RIGHT_STATE:
        rows = [row for row in rows if getattr(row, state.name) in action.starts] or rows
    return lot.choice(rows) if rows else None


def _unordered(blueprint: Blueprint) -> Iterator[str]:
    """Phrases that do not begin with what is to be done, and cannot stand after "please"."""
    for action in blueprint.actions.values():
        for phrase in action.phrases:
            if phrase.split()[0].lower() in _NO_VERBS or phrase.startswith("{"):
                yield f"{action.name}: {phrase!r} does not begin with a verb, as an order does"


_NO_VERBS: Final = frozenset((
    "the", "a", "an", "they", "we", "you", "i", "he", "she", "it", "there", "this", "that",
    "these", "those", "our", "your", "their", "his", "her", "its", "my", "no", "not", "if",
    "when", "once", "as", "for", "to", "from", "with", "in", "on", "at", "by", "of", "is", "are",
    "was", "were", "has", "had", "would", "should", "could", "can", "may", "must", "please",
    "everything", "nobody",
))  # fmt: skip


def _unmet_words(blueprint: Blueprint, domain: DomainForm) -> Iterator[str]:
    """Words that something is typical of and that no name has, whatever the flavour."""
    for entity in blueprint.entities.values():
        if not entity.typical or entity.named is None:
            continue
        names = {entity.fields[entity.named].pool} | {
            action.takes[entity.named].pool
            for action in blueprint.actions.values()
            if action.makes == entity.name and entity.named in action.takes
        }
        texts = set(_texts(blueprint, domain, names - {None}))
        for rule in entity.typical:
            for word in rule.words:
                pattern = words_pattern((word,))
                if not any(map(pattern.search, texts)):
                    yield f"{entity.name}: no name has the word {word!r} that is in `typical`"


def _texts(blueprint: Blueprint, domain: DomainForm, names: Iterable[str | None]) -> Iterator[str]:
    """What pools have in them, and the pools that these are filled in from, in all flavours."""
    added = {name: pool for each in domain.modules.values() for name, pool in each.pools.items()}
    for flavour in domain.flavours:
        pools = {**blueprint.pools, **domain.pools, **added, **flavour.pools}
        for name in names:
            if name in pools:
                for inner in {name, *reached(pools, name)}:
                    yield from pools.get(inner, ())


def _never(blueprint: Blueprint, trial: Trial) -> Iterator[str]:
    for entity in blueprint.entities:
        if not trial.rows[entity]:
            yield f"{entity}: there was never a row of it"
    for action in blueprint.actions:
        if not trial.done[action]:
            yield f"{action}: it could not be done on any of the last days"
    for where, rule in blueprint.rules():
        if not trial.refused[rule.name] and where in blueprint.actions:
            yield f"{where}: nothing ever broke the rule {rule.name!r}"
