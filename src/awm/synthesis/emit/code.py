"""The code of a world: one FastAPI application in one file."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from awm.synthesis.emit.endpoints import Endpoints
from awm.synthesis.emit.inputs import Inputs
from awm.synthesis.emit.layout import WIDTH, quote
from awm.synthesis.emit.models import Models
from awm.synthesis.emit.names import constant
from awm.synthesis.surface import MOST, PAGE, Surface
from awm.worlds import normalise

__all__ = ["code_of"]

_PRELUDE: Final = "prelude.py.txt"
_MARK: Final = re.compile(r"^#: (\w+)\n", re.MULTILINE)
_HOLE: Final = re.compile(r"@([A-Z_]+)@")

_ALWAYS: Final = frozenset(
    {"docstring", "settings", "database", "tables", "inputs", "application", "main"}
)
"""Chapters that every world has; the others are there where something in them is used."""

_STANDARD: Final = ("os", "re")
_IMPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "collections.abc": ("Iterable", "Sequence"),
    "datetime": ("date", "timedelta"),
    "typing": (
        *("Annotated", "Any", "ClassVar", "Literal", "NoReturn", "Self", "TypeAlias", "TypeVar"),
    ),
    "fastapi": ("FastAPI", "HTTPException", "Path", "Query", "Request"),
    "fastapi.exceptions": ("RequestValidationError",),
    "fastapi.responses": ("JSONResponse",),
    "pydantic": (
        *("AfterValidator", "BaseModel", "BeforeValidator", "ConfigDict", "Field"),
        "model_validator",
    ),
    "sqlalchemy": ("ForeignKey", "Select", "create_engine", "event", "func", "select"),
    "sqlalchemy.exc": ("IntegrityError",),
    "sqlalchemy.orm": (
        *("DeclarativeBase", "Mapped", "Session", "mapped_column", "relationship"),
        "sessionmaker",
    ),
}


def code_of(surface: Surface, *, title: str, description: str, today: date) -> str:
    """The source of an application that serves a surface's tools.

    It needs nothing but FastAPI, SQLAlchemy 2 and pydantic 2, reads `DATABASE_PATH`, `HOST` and
    `PORT` from its environment, and never asks for the time: `today` is always the same day.

    Args:
        surface: The tools, and the blueprint behind them.
        title: The business's name.
        description: What it does, in a few sentences.
        today: The business day.

    Returns:
        Python, the same for the same arguments.
    """
    chapters = _chapters()
    models = Models(surface.blueprint, today)
    inputs, endpoints = Inputs(surface, today), Endpoints(surface, models)
    tables = list(models.source())
    models_of_tools = (inputs.model(tool) for tool in surface.tools)
    taken = [inputs.ids(), *(model for model in models_of_tools if model)]
    handlers = [endpoints.source(tool) for tool in surface.tools]
    used = "\n".join([*tables, *taken, *handlers])
    written = {name: text for name, text in chapters.items() if name in _needed(chapters, used)}
    written["tables"] = _together([written["tables"], *tables, "Base.metadata.create_all(engine)"])
    places = list(written)
    last_input = max(places.index(name) for name in places if name in _INPUTS)
    written[places[last_input]] = _together([written[places[last_input]], *taken])
    main = written.pop("main")
    fillings = _fillings(surface, title, description, today)
    body = _together([*(_filled(text, fillings) for text in written.values()), *handlers, main])
    head, _, rest = body.partition("\n\n\n")
    return f"{head}\n\n{_imports(rest)}\n\n{rest}\n"


_INPUTS: Final = ("plain_text", "Changes", "Page")


@cache
def _chapters() -> Mapping[str, str]:
    """The chapters of the prelude by name, in order."""
    text = files(__package__).joinpath(_PRELUDE).read_text(encoding="utf-8")
    _, *parts = _MARK.split(text)
    return dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))


def _needed(chapters: Mapping[str, str], used: str) -> set[str]:
    """The chapters that the rest of the code, and what it needs itself, makes use of."""
    needed = {*_ALWAYS, "plain_text"}
    text = "\n".join([used, *(chapters[name] for name in needed)])
    while True:
        further = {
            name
            for name in chapters.keys() - needed
            if name != "words" and re.search(rf"\b{name}\b\(?", text) and _calls(name, text)
        }
        if not further:
            return needed | ({"words"} if needed & _WORDS else set())
        needed |= further
        text += "\n".join(chapters[name] for name in further)


_WORDS: Final = frozenset(
    {"money", "days", "days_between", "count", "label", "iso", "every", "by_id", "add", "remove"}
)


def _calls(name: str, text: str) -> bool:
    """Whether a function is called, or a class is built upon."""
    return re.search(rf"(?<![\w.@\"]){name}\(|\({name}\)", text) is not None


def _together(parts: Iterable[str]) -> str:
    return "\n\n\n".join(parts)


def _fillings(surface: Surface, title: str, description: str, today: date) -> dict[str, str]:
    options = surface.blueprint.options
    style = surface.style
    return {
        "TITLE": quote(title),
        "TITLE_TEXT": _in_docstring(title),
        "DESCRIPTION_TEXT": "\n".join(textwrap.wrap(_in_docstring(description), WIDTH)),
        "SUMMARY": _wrapped(description),
        "FILE": normalise(title) or "world",
        "YEAR": str(today.year),
        "MONTH": str(today.month),
        "DAY": str(today.day),
        "OPTIONS": "".join(f"{constant(name)} = {value}\n" for name, value in options.items()),
        "PAGE": str(PAGE),
        "MOST": str(MOST),
        "TOTAL": quote(style.total_key),
        "ROWS": quote(style.rows_key),
    }


def _in_docstring(text: str) -> str:
    escaped = quote(" ".join(text.split()))[1:-1].replace('\\"', '"').replace('"""', "'''")
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped


def _wrapped(text: str) -> str:
    """A text as a literal of several lines, as an argument of a call."""
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - 14, drop_whitespace=False) or [""]
    if len(lines) == 1:
        return quote(lines[0])
    inside = "\n".join(f"        {quote(line)}" for line in lines)
    return f"(\n{inside}\n    )"


def _filled(text: str, fillings: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda match: fillings[match[1]], text)


def _imports(code: str) -> str:
    """The import statements for the names that some code uses."""

    def is_used(name: str) -> bool:
        return re.search(rf"\b{name}\b", code) is not None

    lines = [f"import {name}" for name in _STANDARD if is_used(name)]
    third = ["import uvicorn"]
    for module, names in _IMPORTS.items():
        found = [name for name in names if is_used(name)]
        if found:
            group = lines if module in ("collections.abc", "datetime", "typing") else third
            group.append(_import(module, found))
    return "\n".join([*lines, "", *third])


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    inside = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inside})"
