"""From the names of fields to what people say."""

from typing import Final

__all__ = ["PARTICLES", "is_participle", "spoken"]

_UNITS: Final = {
    "days": "days", "hours": "hours", "minutes": "minutes", "weeks": "weeks", "months": "months",
    "years": "years", "grams": "grams", "kg": "kilograms", "km": "kilometres", "metres": "metres",
    "litres": "litres", "tonnes": "tonnes", "percent": "per cent", "points": "points",
    "kwh": "kilowatt-hours", "kw": "kilowatts", "m2": "square metres", "cm": "centimetres",
    "mm": "millimetres", "ml": "millilitres", "mg": "milligrams", "gb": "gigabytes",
    "mb": "megabytes", "basis_points": "basis points", "kilowatt_hours": "kilowatt-hours",
    "cubic_metres": "cubic metres", "square_metres": "square metres",
}  # fmt: skip
_DATES: Final = {
    "due": "due date", "expires": "expiry date", "starts": "start date", "ends": "end date",
    "leaves": "departure date", "arrives": "arrival date", "begins": "starting date",
    "opens": "opening date", "closes": "closing date", "born": "date of birth",
    "falls_due": "due date", "held": "date", "dated": "date",
}  # fmt: skip


PARTICLES: Final = frozenset(("in", "out", "up", "over", "off", "back", "down", "away"))
"""What a participle can have behind it: `handed in`."""
_PARTICIPLES: Final = frozenset((
    "begun", "bought", "built", "chosen", "cut", "done", "drawn", "driven", "eaten", "fed", "felt",
    "flown", "found", "frozen", "given", "grown", "heard", "held", "hidden", "kept", "known",
    "laid", "led", "lent", "lost", "made", "met", "paid", "proven", "risen", "run", "seen", "sent",
    "sold", "sown", "spent", "stolen", "sworn", "taken", "taught", "told", "withheld", "won",
    "worn", "written",
))  # fmt: skip
_NOUNS: Final = frozenset((
    "bed", "breed", "deed", "feed", "need", "reed", "seed", "shed", "speed", "weed", "hundred",
    "run", "cut",
))  # fmt: skip


def is_participle(word: str) -> bool:
    """Whether a word says what was done, and is no noun at the same time: `held`, `agreed`."""
    known = word.endswith("ed") or word in _PARTICIPLES
    return known and word not in _NOUNS and " " not in word


def spoken(name: str, kind: str) -> str:
    """How a field is called in a sentence.

    Args:
        name: As expressions have it: `due_on`, `fee_cents`, `weight_grams`.
        kind: Its kind.
    """
    if kind == "date":
        return _date(name.removesuffix("_on"))
    if kind == "money":
        said = name.removesuffix("_cents").replace("_", " ")
        return f"{said} amount" if is_participle(said) else said
    return _measured(name) if kind == "int" else name.replace("_", " ")


def _measured(name: str) -> str:
    """A number with what it is counted in: `weight_grams`, `commission_basis_points`."""
    words = name.split("_")
    for size in (2, 1):
        unit = _UNITS.get("_".join(words[-size:])) if len(words) >= size else None
        if unit and len(words) > size:
            before = words[:-size] if words[-size - 1] != "in" else words[: -size - 1]
            return f"{' '.join(before)} in {unit}"
        if unit and size > 1:
            return unit
    return " ".join(words)


def _date(name: str) -> str:
    before, _, last = name.rpartition("_")
    known = _DATES.get(name) or _DATES.get(last)
    if known:
        return f"{before.replace('_', ' ')} {known}".strip() if name not in _DATES else known
    said = name.replace("_", " ")
    first, *more = said.split()
    if is_participle(first) and PARTICLES.issuperset(more):
        return f"date {said}"
    if is_participle(last):
        return f"{said} date"
    if said.endswith("ies"):
        said = f"{said.removesuffix('ies')}y"
    elif said.endswith("oes"):
        said = said.removesuffix("es")
    elif not said.endswith("ss"):
        said = said.removesuffix("s")
    return f"{said} date"
