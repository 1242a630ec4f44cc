"""What things of a blueprint are called in Python and in SQL, where their own name is taken."""

import keyword
from typing import Final

from pydantic import BaseModel

from awm.synthesis.blueprints import Entity

__all__ = ["argument", "class_of", "constant", "local", "sql_name"]

_CLASSES: Final = frozenset(
    {
        *("Annotated", "Any", "Base", "BaseModel", "Body", "Changes", "ClassVar", "ConfigDict"),
        *("Day", "DeclarativeBase", "Exception", "FastAPI", "Field", "ForeignKey", "Generic"),
        *("HTTPException", "Id", "IntegrityError", "Iterable", "JSONResponse", "Literal", "Mapped"),
        *("NoReturn", "Page", "Path", "Query", "Request", "Row", "Select", "Sequence", "Session"),
        *("SessionLocal", "Text", "T", "TypeVar", "Warning", "True", "False", "None"),
    }
)
"""Names that the emitted code imports or defines itself."""

_CONSTANTS: Final = frozenset({"DATABASE_PATH", "HOST", "MAX_ID", "PORT", "TODAY"})

_LOCALS: Final = frozenset(
    {
        *("abs", "add", "all", "any", "app", "asked", "body", "by_id", "count", "date", "db"),
        *("days", "days_between", "every", "find", "func", "label", "max", "maybe_find", "min"),
        *("money", "page", "print", "query", "refuse", "remove", "require_free", "select", "shows"),
        *("sorted_by", "sum", "engine", "event", "os", "re", "uvicorn", "wrong_status"),
        *keyword.kwlist,
    }
)
"""Names that functions of the emitted code use for something else than the blueprint's words."""

_KEYWORDS: Final = frozenset(
    "abort action add after all alter always analyze and as asc attach autoincrement before begin "
    "between by cascade case cast check collate column commit conflict constraint create cross "
    "current current_date current_time current_timestamp database default deferrable deferred "
    "delete desc detach distinct do drop each else end escape except exclude exclusive exists "
    "explain fail filter first following for foreign from full generated glob group groups having "
    "if ignore immediate in index indexed initially inner insert instead intersect into is isnull "
    "join key last left like limit match materialized natural no not nothing notnull null nulls of "
    "offset on or order others outer over partition plan pragma preceding primary query raise "
    "range recursive references regexp reindex release rename replace restrict returning right "
    "rollback row rows savepoint select set table temp temporary then ties to transaction trigger "
    "unbounded union unique update using vacuum values view virtual when where window with "
    "without".split()
)
"""See https://www.sqlite.org/lang_keywords.html."""


def class_of(entity: Entity) -> str:
    """The class that maps an entity's table."""
    return f"{entity.class_name}Row" if entity.class_name in _CLASSES else entity.class_name


def constant(option: str) -> str:
    """The constant that holds an option."""
    return f"{option.upper()}_" if option.upper() in _CONSTANTS else option.upper()


def local(name: str) -> str:
    """A variable."""
    return f"{name}_" if name in _LOCALS else name


def argument(name: str) -> str:
    """The attribute of a request's model that holds an argument."""
    return f"{name}_" if hasattr(BaseModel, name) else name


def sql_name(name: str) -> str:
    """A table's or column's name as SQL writes it."""
    return f'"{name}"' if name in _KEYWORDS else name


