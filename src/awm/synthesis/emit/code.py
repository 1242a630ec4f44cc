"""The code of a world: one FastAPI application in one file."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from awm.synthesis.emit.chapters import chapters_for, imports_for
from awm.synthesis.emit.endpoints import Endpoints
from awm.synthesis.emit.inputs import Inputs
from awm.synthesis.emit.layout import INDENT, WIDTH, long_text, quote, render
from awm.synthesis.emit.models import Models
from awm.synthesis.emit.names import constant
from awm.synthesis.surface import MOST, Surface
from awm.worlds import normalise

__all__ = ["code_of"]

_HOLE: Final = re.compile(r"@([A-Z_]+)@")
"""A place in a chapter to be filled in."""


def code_of(surface: Surface, *, title: str, description: str, today: date) -> str:
    """The source of an application that serves a surface's tools.

    It needs nothing but FastAPI, SQLAlchemy 2, pydantic 2 and uvicorn, reads `DATABASE_PATH`,
    `HOST` and `PORT` from its environment, and never asks for the time: `today` is always the
    same day.

    Args:
        surface: The tools, and the blueprint behind them.
        title: The business's name.
        description: What it does, in a few sentences.
        today: The business day.

    Returns:
        Python, the same for the same arguments.
    """
    models = Models(surface.blueprint, today)
    inputs, endpoints = Inputs(surface, today), Endpoints(surface, models)
    tables = [*models.source(), "Base.metadata.create_all(engine)"]
    taken = [inputs.ids(), *filter(None, (inputs.model(tool) for tool in surface.tools))]
    handlers = [endpoints.source(tool) for tool in surface.tools]
    fillings = _fillings(surface, title, description, today)
    chapters = {
        name: _filled(text, fillings)
        for name, text in chapters_for(_together([*tables, *taken, *handlers])).items()
    }
    # What is made for this world follows the chapter that introduces it.
    behind = {"tables": tables, "Changes" if "Changes" in chapters else "inputs": taken}
    docstring, main = chapters.pop("docstring"), chapters.pop("main")
    body = _together(
        [
            *(part for name, text in chapters.items() for part in (text, *behind.get(name, ()))),
            *handlers,
            main,
        ]
    )
    return f"{docstring}\n\n{imports_for(body)}\n\n{body}\n"


def _together(parts: Iterable[str]) -> str:
    return "\n\n\n".join(parts)


def _fillings(surface: Surface, title: str, description: str, today: date) -> dict[str, str]:
    options = surface.blueprint.options
    told = " ".join(description.split())
    room = WIDTH - len(f"{INDENT}description=,")
    return {
        "TITLE": quote(title),
        "TITLE_TEXT": _in_docstring(title),
        # A long word stays whole: it may be broken in the middle of an escape.
        "DESCRIPTION_TEXT": "\n".join(
            textwrap.wrap(_in_docstring(told), WIDTH, break_long_words=False)
        ),
        "DESCRIPTION": render(long_text(told, room), 1).strip(),
        "FILE": normalise(title) or "world",
        "YEAR": str(today.year),
        "MONTH": str(today.month),
        "DAY": str(today.day),
        "OPTIONS": "".join(f"{constant(name)} = {value}\n" for name, value in options.items()),
        "MOST": str(MOST),
        "TOTAL": quote(surface.style.total_key),
        "ROWS": quote(surface.style.rows_key),
    }


def _in_docstring(text: str) -> str:
    """A text that may stand between three quotation marks."""
    escaped = quote(text)[1:-1].replace('\\"', '"').replace('"""', "'''")
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped


def _filled(chapter: str, fillings: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda match: fillings[match[1]], chapter)
