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
        *(
            "HTTPException",
            "Id",
            "IntegrityError",
            "Iterable",
            "JSONResponse",
            "Limit",
            "Literal",
            "Mapped",
        ),
        *(
            "NoReturn",
            "Offset",
            "Path",
            "Query",
            "Request",
            "Row",
            "Select",
            "Self",
            "Sequence",
            "Session",
        ),
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

_RESERVED: Final = frozenset(
    {
        *("add", "all", "alter", "and", "as", "autoincrement", "between", "case", "cast"),
        *("check", "collate", "commit", "constraint", "create", "current_date", "current_time"),
        *("current_timestamp", "default", "deferrable", "delete", "distinct", "drop", "else"),
        *("escape", "except", "exists", "foreign", "from", "group", "having", "if", "in"),
        *("index", "insert", "intersect", "into", "is", "isnull", "join", "limit", "not"),
        *("nothing", "notnull", "null", "on", "or", "order", "primary", "raise", "references"),
        *("returning", "select", "set", "table", "then", "to", "transaction", "union"),
        *("unique", "update", "using", "values", "when", "where"),
    }
)
"""The keywords of SQLite that are no names; see https://www.sqlite.org/lang_keywords.html."""


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
    return f'"{name}"' if name in _RESERVED else name
