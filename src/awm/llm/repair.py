"""JSON out of what a model wrote.

Models are asked for JSON and write nearly that: with thoughts before it and prose around it, in a
code fence, in Python's notation, with a comma too many, cut off at the end. Everything that can be
read in one way only is read, and what had to be mended is said; nothing is ever executed. What can
be read is what `awm.llm.lenient` knows.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from awm.errors import LLMAnswerError
from awm.llm.lenient import CutOffError, NotJsonError, read_value

__all__ = ["Repaired", "find_json", "parse_json", "repair_json"]

_OPENING: Final = re.compile(r"[{\[]")
_SPACE: Final = re.compile(r"\s*")
_FENCE_BEFORE: Final = re.compile(r"```[ \t]*[\w+-]*\s*\Z")
_FENCE_BEHIND: Final = re.compile(r"\s*```\s*")
_FENCE_LENGTH: Final = 40  # characters in which an opening fence has to lie before its value
_THOUGHTS: Final = ("<think>", "<thinking>", "<reasoning>")
_END_OF_THOUGHTS: Final = re.compile(r"</(?:think|thinking|reasoning)>")
_VAIN_READINGS: Final = 8
"""How many brackets may turn out to be prose only at the end of the text, each read up to there."""


_STRICT_READINGS: Final = 50
"""How many may fail: Python's reader counts the lines before each fault, from the beginning."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A value found in a text.

    Attributes:
        value: As `json.loads` would give it.
        repairs: What was wrong with it, each kind once, in the order in which it was met.
    """

    value: Any
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A value, where it lies, and whether in a code fence."""

    start: int
    end: int
    fenced: bool
    repaired: Repaired


def parse_json(text: str) -> object:
    """The JSON value in a text (see `repair_json`).

    Raises:
        LLMAnswerError: There is none.
    """
    return repair_json(text).value


def repair_json(text: str) -> Repaired:
    """The JSON value in a text, and what had to be mended for it.

    Of several objects and arrays it is one in a code fence, if there is one, and of those the
    longest; of equally long ones the last.

    Raises:
        LLMAnswerError: There is none.
    """
    return max(_all(text), key=lambda one: (one.fenced, one.end - one.start, one.start)).repaired


def find_json(text: str) -> tuple[Repaired, ...]:
    """Every JSON value in a text that is in no other, in order; at least one.

    Takes time in proportion to the text's length, whatever stands in it.

    Raises:
        LLMAnswerError: There is none.
    """
    return tuple(one.repaired for one in _all(text))


def _all(text: str) -> tuple[_Found, ...]:
    text = text.strip().removeprefix("\ufeff")
    if not text:
        raise LLMAnswerError("the answer is empty.")
    bare = _strictly(text, 0)
    if bare and bare[1] == len(text):
        return (_Found(0, len(text), False, Repaired(bare[0])),)
    ends = [end.end() for end in _END_OF_THOUGHTS.finditer(text)]
    if not ends and text.startswith(_THOUGHTS):
        # What stands in unfinished thoughts is a draft, however well it reads.
        raise LLMAnswerError("the answer breaks off before its thoughts end.")
    # The tag may also stand in a string of the answer, and then nothing is found after it.
    for start in [ends[-1], 0] if ends else [0]:
        found = tuple(_scan(text, start, ("thoughts left out",) if start else ()))
        if found:
            return found
    raise LLMAnswerError(f"there is no JSON in the answer: {text[:200]!r}")


def _scan(text: str, start: int, before: tuple[str, ...]) -> Iterator[_Found]:
    """Read from one opening bracket to the next that is in no value read before.

    A reading that fails is taken up behind the place where it failed, so that no part of the text
    is read more than once; one that reached the end of the text ends the search, unless it found
    nothing on the way: then its bracket was prose, and only what is complete behind it counts.
    """
    in_vain = 0
    not_strict = 0
    place = start
    while in_vain < _VAIN_READINGS and (opening := _OPENING.search(text, place)):
        begin = opening.start()
        try:
            strict = _strictly(text, begin) if not_strict < _STRICT_READINGS else None
            not_strict += strict is None
            value, end, repairs = (*strict, ()) if strict else read_value(text, begin)
        except NotJsonError as fault:
            place = max(fault.place, begin + 1)
            continue
        except CutOffError as cut:
            value, end, repairs = cut.value, len(text), cut.repairs
            if in_vain or not value:
                in_vain += 1
                place = begin + 1
                continue
        fenced, around = _surroundings(text, start, begin, end)
        yield _Found(begin, end, fenced, Repaired(value, (*before, *around, *repairs)))
        place = end


def _surroundings(text: str, start: int, begin: int, end: int) -> tuple[bool, tuple[str, ...]]:
    """Whether a value is in a code fence, and what has to be left out around it."""
    left_out = []
    opening = _FENCE_BEFORE.search(text, max(start, begin - _FENCE_LENGTH), begin)
    if opening:
        left_out.append("code fence removed")
        begin = opening.start()
        closing = _FENCE_BEHIND.match(text, end)
        end = closing.end() if closing else end
    # Looked at no further than needed: there may be many values in a long text.
    first = _SPACE.match(text, start)
    if end < len(text) or (first and first.end() < begin):
        left_out.append("text around it left out")
    return opening is not None, tuple(left_out)


def _strictly(text: str, begin: int) -> tuple[Any, int] | None:
    try:
        return _STRICT.raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


_STRICT: Final = json.JSONDecoder(parse_constant=_no_number)
"""JSON and no more: Python's own reader takes `NaN`, which nobody else can read back."""
