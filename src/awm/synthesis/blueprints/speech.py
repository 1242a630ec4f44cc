"""From the names of fields to what people say."""

from typing import Final

__all__ = ["spoken"]

_UNITS: Final = {
    "days": "days", "hours": "hours", "minutes": "minutes", "weeks": "weeks", "months": "months",
    "years": "years", "grams": "grams", "kg": "kilograms", "km": "kilometres", "metres": "metres",
    "litres": "litres", "tonnes": "tonnes", "percent": "per cent", "points": "points",
    "kwh": "kilowatt-hours", "kw": "kilowatts", "m2": "square metres", "cm": "centimetres",
    "mm": "millimetres", "ml": "millilitres", "mg": "milligrams", "gb": "gigabytes",
    "mb": "megabytes",
}  # fmt: skip
_DATES: Final = {
    "due": "due date", "expires": "expiry date", "starts": "start date", "ends": "end date",
    "leaves": "departure date", "arrives": "arrival date", "begins": "starting date",
    "opens": "opening date", "closes": "closing date", "born": "date of birth",
    "falls_due": "due date", "held": "date",
}  # fmt: skip


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
        return f"{said} amount" if said.endswith("ed") else said
    before, _, unit = name.rpartition("_")
    if kind == "int" and before and unit in _UNITS:
        return f"{before.replace('_', ' ')} in {_UNITS[unit]}"
    return name.replace("_", " ")


def _date(name: str) -> str:
    before, _, last = name.rpartition("_")
    known = _DATES.get(name) or _DATES.get(last)
    if known:
        return f"{before.replace('_', ' ')} {known}".strip() if name not in _DATES else known
    said = name.replace("_", " ")
    if last.endswith("ed") or last in ("made", "sent", "paid", "given", "taken", "bought", "sold"):
        return f"date {said}" if not before else f"{said} date"
    if said.endswith("ies"):
        said = f"{said.removesuffix('ies')}y"
    elif said.endswith("oes"):
        said = said.removesuffix("es")
    elif not said.endswith("ss"):
        said = said.removesuffix("s")
    return f"{said} date"
