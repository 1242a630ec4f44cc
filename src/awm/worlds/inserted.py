"""How many rows SQL would insert, as it is written: nothing is run."""

import re
from typing import Final

__all__ = ["rows_inserted"]

_QUOTED: Final = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|'[^']*(?:'|\Z)|"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z)""",
    re.DOTALL,
)
_FIRST: Final = re.compile(r"[\s']*(\w*)")
_INSERTS: Final = frozenset({"INSERT", "REPLACE"})
_INERT: Final = frozenset({"", "ANALYZE", "BEGIN", "COMMIT", "END", "PRAGMA", "SELECT", "UPDATE"})
_GROUP: Final = re.compile(r"\([^()]*\)")
_DEEPEST: Final = 100
_CLAUSE: Final = re.compile(r"\b(?:ON|RETURNING)\b", re.IGNORECASE)
_SELECT: Final = re.compile(r"\bSELECT\b", re.IGNORECASE)
_VALUES: Final = re.compile(r"(\bDEFAULT\s+)?\bVALUES\b(.*)", re.IGNORECASE | re.DOTALL)


def rows_inserted(sql: str) -> int | None:
    """Count the rows that statements write out.

    A row that SQLite would refuse counts too: only running the statement shows it.

    Returns:
        The number of rows; None where it cannot be told from the text, as for `INSERT ... SELECT`.
    """
    total = 0
    # In what is left, no keyword, bracket or semicolon stands inside a text or a comment.
    for statement in _QUOTED.sub("'", sql).split(";"):
        count = _rows(statement)
        if count is None:
            return None
        total += count
    return total


def _rows(statement: str) -> int | None:
    found = _FIRST.match(statement)
    verb = found[1].upper() if found else ""
    if verb not in _INSERTS:
        return 0 if verb in _INERT else None
    flat = _flattened(statement)
    if flat is None:
        return None
    body = _CLAUSE.split(flat, maxsplit=1)[0]
    values = _VALUES.search(body)
    if values is None or _SELECT.search(body):
        return None
    return 1 if values[1] else values[2].count("#")


def _flattened(statement: str) -> str | None:
    """The statement with `#` for all that is in brackets; None where they do not match."""
    for _ in range(_DEEPEST):
        statement, found = _GROUP.subn("#", statement)
        if not found:
            break
    return None if "(" in statement or ")" in statement else statement
