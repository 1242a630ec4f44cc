"""Reading a field or a parameter: `money 500..12000 = 0` (docs/blueprints.md, Entities)."""

import re
from dataclasses import replace
from typing import Final

from awm.synthesis.blueprints.blueprint import Field, FieldKind
from awm.synthesis.blueprints.faults import Fault

__all__ = ["WrittenField", "read_field"]

_REFERENCE: Final = re.compile(
    r"->(?P<optional>\??)\s*(?P<target>[a-z]\w*)(\s+as\s+(?P<back>\w+))?$"
)
_KIND: Final = re.compile(
    r"(?P<kind>text|int|money|date|bool|one of|state)(?P<optional>\??)(\s+|$)"
)
_NUMBERS: Final = re.compile(r"(-?\d+)\.\.(-?\d+)$")
_DATES: Final = re.compile(
    r"(?P<base>[a-z]\w*)?(?P<low>[+-]?\d+)?\.\.(?P<base2>[a-z]\w*)?(?P<high>[+-]?\d+)?$"
)
_POOL: Final = re.compile(r"from\s+(?P<pool>[a-z]\w*)(\s+(?P<how>of|by)\s+(?P<other>[a-z]\w*))?$")
_WORD: Final = re.compile(r"([a-z][a-z0-9_]*)(?:\s+(\d+))?$")
_KINDS: Final[dict[str, FieldKind]] = {
    "text": "text",
    "int": "int",
    "money": "money",
    "date": "date",
    "bool": "bool",
    "one of": "choice",
    "state": "state",
}
_ENDINGS: Final = {"money": "_cents", "date": "_on"}

WrittenField = tuple[Field, str | None]
"""A field without its value, and the value's source."""


def read_field(name: str, written: str) -> WrittenField:
    """Read a field.

    Raises:
        Fault: It cannot be read.
    """
    spec, source = _without_value(written.strip())
    spec, unique = _without_flag(spec, "unique")
    reference = _REFERENCE.match(spec)
    if reference:
        field = Field(
            name,
            "ref",
            optional=bool(reference["optional"]),
            target=reference["target"],
            back=reference["back"] or "",
            unique=unique,
        )
        return field, source
    start = _KIND.match(spec)
    if not start:
        raise Fault(
            f"{written!r} is no field.",
            "Begin with text, int, money, date, bool, `one of`, state or `-> entity`.",
        )
    kind, rest = _KINDS[start["kind"]], spec[start.end() :].strip()
    ending = _ENDINGS.get(kind, "")
    if not name.endswith(ending):
        raise Fault(f"the name of {kind} ends in `{ending}`.", f"Call it `{name}{ending}`.")
    if kind == "state" and start["optional"]:
        raise Fault("a row is always in some state.", "Leave out the question mark.")
    plain = Field(name, kind, optional=bool(start["optional"]), unique=unique)
    return _with_details(plain, rest, written), source


def _without_value(spec: str) -> tuple[str, str | None]:
    before, sign, value = f" {spec}".partition(" = ")
    return before.strip(), value.strip() if sign else None


def _without_flag(spec: str, flag: str) -> tuple[str, bool]:
    words = spec.split()
    if words and words[-1] == flag:
        return " ".join(words[:-1]), True
    return spec, False


def _with_details(plain: Field, rest: str, written: str) -> Field:
    kind = plain.kind
    if kind in ("choice", "state"):
        return replace(plain, choices=_read_choices(rest, written))
    if not rest:
        return plain
    if kind == "text" and (pool := _POOL.match(rest)):
        of, by = (pool["other"] if pool["how"] == how else "" for how in ("of", "by"))
        return replace(plain, pool=pool["pool"], of=of, by=by)
    if kind in ("int", "money") and (numbers := _NUMBERS.match(rest)):
        return _between(plain, int(numbers[1]), int(numbers[2]), written)
    if kind == "bool" and re.fullmatch(r"\d{1,3}%", rest):
        return replace(plain, share=min(100, int(rest[:-1])))
    if kind == "date" and (dates := _DATES.match(rest)):
        base = dates["base"]
        if base != dates["base2"]:
            raise Fault(f"{written!r} has two different starts.", "Write `date a+1..a+7`.")
        if base is None and not (dates["low"] and dates["high"]):
            raise Fault(f"{written!r} has no end.", "Write `date -10..+60`.")
        low, high = int(dates["low"] or 0), int(dates["high"] or 0)
        return replace(_between(plain, low, high, written), base=base)
    raise Fault(f"{rest!r} in {written!r} cannot be read.", "See the table in docs/blueprints.md.")


def _between(plain: Field, low: int, high: int, written: str) -> Field:
    if low > high:
        raise Fault(f"{written!r} ends before it begins.", "The lower limit comes first.")
    return replace(plain, low=low, high=high)


def _read_choices(rest: str, written: str) -> tuple[tuple[str, int], ...]:
    words = [_WORD.match(word.strip()) for word in rest.split(",")]
    found = tuple((word[1], int(word[2] or 1)) for word in words if word)
    if len(found) < len(words) or len({word for word, _ in found}) < max(2, len(found)):
        raise Fault(f"{written!r} is no list of words.", "Write `one of good 6, worn 3, broken`.")
    return found
