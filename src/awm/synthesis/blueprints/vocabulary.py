"""Pools of texts: what is filled into their places, and whether a field can be drawn from one.

`{other_pool}` in a text is filled in from that pool. In a pool that is drawn `of` another field,
`{first}`, `{last}` and `{joined}` are that field's words, spelled as in addresses.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from awm.synthesis.blueprints.blueprint import Field
from awm.synthesis.blueprints.faults import Fault, Faults

__all__ = ["PLACES", "check_field", "check_pools", "pool_of", "reached", "spelled"]

Pools: TypeAlias = Mapping[str, tuple[str, ...]]

PLACES: Final = frozenset(("first", "last", "joined"))
"""What stands in the place of another field's words."""

_INNER: Final = re.compile(r"\{(\w+)\}")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
_NONE: Final = "post"
_SHOWN: Final = 3


def check_pools(pools: Pools, faults: Faults) -> None:
    """Note what is wrong with pools."""
    for name, entries in pools.items():
        with faults.at(f"pools.{name}"):
            if name in PLACES:
                raise Fault(f"`{{{name}}}` is a word of another field.", "Call the pool otherwise.")
            if not entries:
                raise Fault("a pool has at least one text.")
            for inner in _inner(entries):
                if inner not in pools and inner not in PLACES:
                    raise Fault(f"there is no pool {inner!r}.", "Add it to `pools`.")
            if name in reached(pools, name):
                raise Fault("it is in itself, and would never be filled in.")


def check_field(field: Field, before: Mapping[str, Field], pools: Pools) -> None:
    """Whether a text has vocabulary that it can be drawn from.

    Args:
        field: A field or a parameter.
        before: Those that are drawn before it.
        pools: All vocabulary.

    Raises:
        Fault: It has not.
    """
    if field.pool is None:
        return
    other = _other(field, before)
    names = [field.pool]
    if other is not None and field.by:
        names = [pool_of(field, value) for value in _values(other)]
    missing = [name for name in names if name not in pools]
    if missing:
        told = ", ".join(map(repr, missing[:_SHOWN])) + (", ..." if missing[_SHOWN:] else "")
        raise Fault(f"there is no pool {told}.", "Add it to `pools`.")
    _check_places(field, names, pools)


def _other(field: Field, before: Mapping[str, Field]) -> Field | None:
    """The field that a text goes by."""
    name = field.of or field.by
    if not name:
        return None
    other = before.get(name)
    if other is None:
        raise Fault(f"{name!r} is nothing that is drawn before it.", "Write it further up.")
    if other.optional and not field.optional:
        raise Fault(f"{name!r} may be empty, and it may not.", "Write `text?`.")
    if field.of and other.kind != "text":
        raise Fault(f"{name!r} is no text.", "Write `of` and a name, or `by` and a value.")
    return other


def _check_places(field: Field, names: Iterable[str], pools: Pools) -> None:
    has = any(PLACES & {name, *reached(pools, name)} for name in names)
    if has and not field.of:
        raise Fault(
            f"{field.pool!r} has the words of another field in it.",
            f"Write `text from {field.pool} of FIELD`.",
        )
    if field.of and not has:
        raise Fault(
            f"{field.pool!r} has none of {{first}}, {{last}} and {{joined}} in it.",
            f"Write `text from {field.pool}`, or put them in.",
        )


def _values(field: Field) -> Iterator[object]:
    """All values that a field can have."""
    if field.choices:
        yield from field.words
    elif field.kind == "bool":
        yield from (True, False)
    elif field.kind == "int" and field.low is not None and field.high is not None:
        yield from range(field.low, field.high + 1)
    else:
        raise Fault(
            f"{field.name!r} has not a few values that could each have a pool.",
            "Go `by` an `int 1..5`, a `one of`, or a `bool`.",
        )


def pool_of(field: Field, value: object) -> str:
    """The pool that a text is drawn from where the field that it goes `by` has a value."""
    said = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    return f"{field.pool}_{said}"


def reached(pools: Pools, name: str) -> set[str]:
    """The pools that texts of a pool are filled in from, and theirs; also the places in them."""
    found: set[str] = set()
    waiting = _inner(pools[name])
    while waiting:
        inner = waiting.pop()
        if inner not in found:
            found.add(inner)
            waiting += _inner(pools.get(inner, ()))
    return found


def spelled(text: str) -> dict[str, str]:
    """What fills the places for another field's words: lower case, only letters from a to z.

    `Zoë van Dijk` is `first: zoe`, `last: dijk`, `joined: zoevandijk`.
    """
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    words = [re.sub(r"[^a-z]", "", word) for word in plain.split()]
    words = [word for word in words if word] or [_NONE]
    return {"first": words[0], "last": words[-1], "joined": "".join(words)}


def _inner(entries: Iterable[str]) -> list[str]:
    return [inner for entry in entries if "{" in entry for inner in _INNER.findall(entry)]
