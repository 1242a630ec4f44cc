"""The part of a world's code that is much the same in all worlds, in chapters of a text file."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from awm.synthesis.emit.layout import WIDTH

__all__ = ["chapters_for", "imports_for"]

_FILE: Final = "prelude.py.txt"
_NAME: Final = re.compile(r"\w+")
_CALLED: Final = re.compile(r"(?<![\w.@\"])(\w+)\(")
_BUILT_UPON: Final = re.compile(r"\((\w+)\)")
_MARK: Final = re.compile(r"^#: (\w+)\n", re.MULTILINE)

_ALWAYS: Final = frozenset(
    {"docstring", "settings", "database", "tables", "inputs", "application", "main"}
)
"""Chapters that every world has; the others are called like what they define."""

_WORDS: Final = frozenset(
    {"add", "by_id", "count", "days", "days_between", "every", "iso", "label", "money", "remove"}
)
"""The chapters under the heading `words`."""

_IMPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "os": (),
    "re": (),
    "collections.abc": ("Iterable", "Sequence"),
    "datetime": ("date", "timedelta"),
    "typing": (
        *("Annotated", "Any", "ClassVar", "Literal", "NoReturn", "Self", "TypeAlias", "TypeVar"),
    ),
    "": (),
    "uvicorn": (),
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
"""What each module is imported for; an empty line stands before what is not Python's own."""


def chapters_for(code: str) -> dict[str, str]:
    """The chapters that some code needs, by name and in order.

    Args:
        code: All that comes to stand between them.
    """
    chapters = _chapters()
    needed, used = set(_ALWAYS), {*_used(code)}
    for name in _ALWAYS:
        used |= _used(chapters[name])
    while further := (chapters.keys() & used) - needed:
        needed |= further
        for name in further:
            used |= _used(chapters[name])
    needed |= {"words"} if needed & _WORDS else set()
    return {name: chapter for name, chapter in chapters.items() if name in needed}


def imports_for(code: str) -> str:
    """The import statements for the names that some code uses."""
    lines, mentioned = [], set(_NAME.findall(code))
    for module, names in _IMPORTS.items():
        used = [name for name in names if name in mentioned]
        if used:
            lines.append(_import(module, used))
        elif not module:
            lines.append("")
        elif not names and module in mentioned:
            lines.append(f"import {module}")
    return "\n".join(lines)


@cache
def _chapters() -> Mapping[str, str]:
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    _, *parts = _MARK.split(text)
    return dict(zip(parts[::2], (part.strip("\n") for part in parts[1::2]), strict=True))


def _used(code: str) -> set[str]:
    """The functions that are called, and the classes that are built upon."""
    return {*_CALLED.findall(code), *_BUILT_UPON.findall(code)}


def _import(module: str, names: Iterable[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    inside = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inside})"
