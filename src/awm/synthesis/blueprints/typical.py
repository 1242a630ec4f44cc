"""Reading what is typical: the narrower ranges that rows draw from, by the words of their names."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from awm.synthesis.blueprints.blueprint import Entity, Field, Typical
from awm.synthesis.blueprints.faults import Fault, Faults
from awm.synthesis.blueprints.fields import read_field
from awm.synthesis.blueprints.form import TypicalForm
from awm.synthesis.blueprints.vocabulary import Pools, check_field

__all__ = ["narrowed", "read_typical", "words_pattern"]

_ONE: Final = re.compile(r"-?\d+")
_YES: Final = {"yes": 100, "true": 100, "no": 0, "false": 0}


def read_typical(
    forms: Iterable[TypicalForm], entity: Entity, pools: Pools, faults: Faults
) -> tuple[Typical, ...]:
    """Read the rules of an entity whose fields were read.

    Args:
        forms: As they were written.
        entity: Of which entity.
        pools: All vocabulary.
        faults: Takes note of what is wrong.
    """
    rules = []
    for number, form in enumerate(forms):
        where = f"entities.{entity.name}.typical.{number}"
        with faults.at(where):
            if entity.named is None:
                raise Fault(f"a {entity.name} has no name.", "Say by `named` which field it is.")
        fields: dict[str, Field] = {}
        for name, written in form.draws.items():
            with faults.at(f"{where}.{name}"):
                fields[name] = _narrower(name, written, entity, pools)
        rules.append(Typical(form.words, fields, words_pattern(tuple(form.words))))
    return tuple(rules)


@lru_cache(maxsize=2048)  # world after world has the same
def words_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of some words in a text, as whole words, in upper or lower case."""
    alternatives = "|".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)


def narrowed(field: Field, rule: Field) -> Field:
    """A parameter that is called like a field, as rows of a certain name draw it.

    Where the two have no value in common the parameter is what it was.
    """
    if field.kind != rule.kind or field.base != rule.base:
        return field
    if field.kind == "bool":
        return replace(field, share=rule.share)
    if field.choices:
        both = tuple(each for each in field.choices if each[0] in rule.words)
        return replace(field, choices=both) if any(weight for _, weight in both) else field
    if field.kind == "text":
        return replace(field, pool=rule.pool, by="") if field.of == rule.of else field
    low, high = _limits(field)
    least, most = _limits(rule)
    low, high = max(low, least), min(high, most)
    return replace(field, low=low, high=high) if low <= high else field


def _limits(field: Field) -> tuple[int, int]:
    return field.low or 0, field.high or 0


def _narrower(name: str, written: tuple[str, ...], entity: Entity, pools: Pools) -> Field:
    field = _drawn(name, entity)
    if field.choices:
        return _fewer(field, written)
    if len(written) > 1:
        raise Fault(f"{', '.join(written)} is more than one range.", "Write one.")
    (only,) = written
    if field.kind == "bool":
        if only not in _YES:
            raise Fault(f"{only!r} is neither yes nor no.", "Write `yes` or `no`.")
        return replace(field, share=_YES[only])
    if field.kind == "text":
        found = replace(field, pool=only, by="")
        check_field(found, entity.fields, pools)
        return found
    return _within(field, only)


def _drawn(name: str, entity: Entity) -> Field:
    """A field that can have a narrower range.

    Raises:
        Fault: There is none, or it has none.
    """
    if name not in entity.fields:
        raise Fault(f"a {entity.name} has no {name!r}.", f"It has {', '.join(entity.fields)}.")
    field = entity.fields[name]
    if field.value is not None:
        raise Fault("it is worked out, not drawn.", "Leave it out of `typical`, or its `=`.")
    ranged = field.kind in ("int", "money", "date")
    single = field.kind == "state" and not field.weighted
    if field.kind == "ref" or single or (ranged and field.low is None):
        raise Fault("it has no range that could be narrower.", "Leave it out of `typical`.")
    order = list(entity.fields)
    if entity.named in order and order.index(name) <= order.index(entity.named):
        raise Fault(
            f"it is drawn before {entity.named!r}, by which it goes.", "Write it after the name."
        )
    return field


def _fewer(field: Field, words: tuple[str, ...]) -> Field:
    if unknown := [word for word in words if word not in field.words]:
        raise Fault(
            f"{', '.join(unknown)} is no {field.name}.", f"There is {', '.join(field.words)}."
        )
    weights = dict(field.choices)
    some = any(weights[word] for word in words)
    return replace(field, choices=tuple((word, weights[word] if some else 1) for word in words))


def _within(field: Field, written: str) -> Field:
    spec = f"{written}..{written}" if _ONE.fullmatch(written) else written
    found, _ = read_field(field.name, f"{field.kind} {spec}")
    low, high = _limits(field)
    if found.low is None or found.high is None:
        raise Fault(f"{written!r} is no range.", f"Write `{low}..{high}`, say.")
    if found.base != field.base:
        raise Fault(
            f"{written!r} does not count from where the field does.",
            f"Count from {field.base or 'today'}.",
        )
    if found.low < low or found.high > high:
        raise Fault(f"{written!r} is not within {low}..{high}.", "Write a part of that.")
    return replace(field, low=found.low, high=found.high)
