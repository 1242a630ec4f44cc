"""The questions that a sketch is made of: what is asked, in which form, and what is taken over.

Each is small, and its schema holds the answer to what is known already: only records that are there
can be linked, only rules that are on the menu can be chosen. Whatever does not fit is told as a
problem and left out; it is an error only where not enough is left.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from awm.errors import Problem
from awm.synthesis.llm_author.blueprint.sketch import Size, Sketch
from awm.types import JsonObject

__all__ = [
    "Answer",
    "Part",
    "Taken",
    "between",
    "closed",
    "inside",
    "like",
    "list_of",
    "one_of",
    "problem",
    "strings_in",
    "warning",
]


Answer: TypeAlias = Mapping[str, Any]
"""What a model wrote, as an object."""

Taken: TypeAlias = tuple[Sketch, list[Problem]]
"""The sketch with what could be taken over, and what could not."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the questions.

    Attributes:
        name: Of its prompt, behind `blueprint_`.
        schema: The form of the answer.
        told: What the prompt has places for, besides the scenario.
        take: Takes an answer over.
        free: Whether the model writes expressions, so that it is told what is wrong with them.
    """

    name: str
    schema: Callable[[Sketch, Size], JsonObject]
    told: Callable[[Sketch, Size], dict[str, str]]
    take: Callable[[Sketch, Size, Answer], Taken]
    free: bool = False


def closed(properties: Mapping[str, Any], title: str = "") -> dict[str, Any]:
    """A closed object in which all is required, as OpenAI's strict mode wants it."""
    named = {"title": title} if title else {}
    return {
        **named,
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def like(pattern: str) -> dict[str, Any]:
    """A text that a pattern fits."""
    return {"type": "string", "pattern": pattern}


def list_of(each: Mapping[str, Any], low: int, high: int) -> dict[str, Any]:
    """A list of between so many."""
    return {"type": "array", "items": dict(each), "minItems": low, "maxItems": high}


def one_of(words: Iterable[str]) -> dict[str, Any]:
    """One of a few words."""
    return {"type": "string", "enum": list(words)}


def problem(sketch: Sketch, where: str, what: str, hint: str = "") -> Problem:
    """Something that has to be mended."""
    return Problem(sketch.title, where, what, hint)


def warning(sketch: Sketch, where: str, what: str, hint: str = "") -> Problem:
    """Something that was left out, and does no harm."""
    return Problem(sketch.title, where, what, hint, severity="warning")


def strings_in(value: Any) -> list[str]:
    """The texts in what should be a list of them, or one; white space is one blank."""
    listed = value if isinstance(value, list) else [value]
    return [" ".join(each.split()) for each in listed if isinstance(each, str)]


def inside(answer: Answer, name: str) -> Mapping[str, Any]:
    """An object in an answer; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def between(numbers: tuple[int, int]) -> str:
    """`2 to 3`."""
    return f"{numbers[0]} to {numbers[1]}"
