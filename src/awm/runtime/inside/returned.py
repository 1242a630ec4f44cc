"""Turns what a verifier program returned into JSON, believing none of it.

A program's classes may say of themselves what they like, so content is read by the methods of the
built-in types, and what is none of those becomes text that no verdict can be mistaken for.
"""

import json
import math
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from awm.runtime.inside.faults import UnfitProgramError

__all__ = ["as_json", "as_plain"]

_DEEPEST: Final = 50
_LARGEST_INTEGER: Final = 4096  # bits; Python refuses to write much larger ones
_RESULTS: Final = ("complete", "others")
_SHOWN: Final = 100  # characters


def as_json(plain: object, mode: str, most_bytes: int) -> str:
    """What a program returned, as JSON text.

    Args:
        plain: What `as_plain` made of it.
        mode: In mode `code`, its `result` has to be `complete` or `others`.
        most_bytes: The largest result.

    Raises:
        UnfitProgramError: It is no dictionary, no verdict where one is due, or too large.
    """
    if not isinstance(plain, dict):
        shown = json.dumps(plain, ensure_ascii=False)[:_SHOWN]
        raise UnfitProgramError("wrong_type", f"it returned {shown} where a dictionary is due")
    if mode == "code" and plain.get("result") not in _RESULTS:
        shown = json.dumps(plain.get("result", "missing"), ensure_ascii=False)[:_SHOWN]
        what = f"its result is {shown}, neither complete nor others"
        raise UnfitProgramError("wrong_type", what)
    text = json.dumps(plain, ensure_ascii=False)
    if len(text) * 4 > most_bytes and len(text.encode()) > most_bytes:
        raise UnfitProgramError("too_large", f"it returned more than {most_bytes:,} bytes")
    return text


def as_plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON has it; what JSON does not know becomes text.

    Raises:
        UnfitProgramError: It is nested too deep, or two of its keys are written alike.
    """
    if isinstance(value, sqlite3.Row):
        value = dict(zip(value.keys(), value, strict=True))
    if not isinstance(value, Mapping | set | frozenset | list | tuple):
        return _scalar(value)
    if depth > _DEEPEST:
        raise UnfitProgramError("wrong_type", f"it returned more than {_DEEPEST} nested levels")
    if isinstance(value, Mapping):
        return _object(value, depth)
    plain = [as_plain(inner, depth + 1) for inner in value]
    return sorted(plain, key=repr) if isinstance(value, set | frozenset) else plain


def _object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    pairs = dict.items(value) if isinstance(value, dict) else value.items()
    plain: dict[str, Any] = {}
    for key, inner in pairs:
        name = _key(key)
        if name in plain:
            shown = name[:_SHOWN]
            raise UnfitProgramError("wrong_type", f"two keys of what it returned are {shown!r}")
        plain[name] = as_plain(inner, depth + 1)
    return plain


def _key(value: Any) -> str:
    plain = as_plain(value)
    return plain if type(plain) is str else json.dumps(plain, ensure_ascii=False)


def _scalar(value: Any) -> Any:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        # JSON can say a lone surrogate, and no file can hold it.
        return str.encode(value, "utf-8", "replace").decode()
    if isinstance(value, int):
        number = int.__int__(value)
        bits = number.bit_length()
        return number if bits <= _LARGEST_INTEGER else f"an integer of {bits} bits"
    if isinstance(value, float):
        real = float.__float__(value)
        return real if math.isfinite(real) else float.__repr__(real)
    if isinstance(value, bytes | bytearray):
        return bytes(memoryview(value)).hex()
    return _written_out(value)


def _written_out(value: Any) -> str:
    if isinstance(value, datetime):
        return datetime.isoformat(value, " ")
    if isinstance(value, date):
        return date.isoformat(value)
    if isinstance(value, time):
        return time.isoformat(value)
    if isinstance(value, Decimal):
        return Decimal.__str__(value)
    return f"a {type(value).__name__}"
