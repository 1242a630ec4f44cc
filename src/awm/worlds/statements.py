"""Splitting SQL text into statements, without running any."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["read_statements"]

_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<end> ; )
    | (?P<word> [A-Za-z0-9_$\x80-\U0010ffff]+ )
    | '[^']*(?:'|\Z) | "[^"]*(?:"|\Z) | `[^`]*(?:`|\Z) | \[[^\]]*(?:\]|\Z)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGINS: Final[Mapping[tuple[str, str], str]] = {
    ("", "EXPLAIN"): "EXPLAIN",
    ("", "CREATE"): "CREATE",
    ("EXPLAIN", "CREATE"): "CREATE",
    ("CREATE", "TEMP"): "CREATE",
    ("CREATE", "TEMPORARY"): "CREATE",
    ("CREATE", "TRIGGER"): "TRIGGER",
}
"""What a statement begins as, by what it began as before a token: the table of `complete.c`."""
_KEYWORDS: Final = frozenset({"EXPLAIN", "TEMP", "TEMPORARY", "TRIGGER", "END"})
"""Which of its words end what `EXPLAIN` begins; any other may stand between that and `CREATE`."""
_PLAIN: Final = "PLAIN"


def read_statements(sql: str) -> Iterator[str]:
    """Yield the statements of `sql` one by one, each with its closing semicolon.

    The rules are those of SQLite's own `sqlite3_complete()`: semicolons inside quotes and comments
    do not count, and a `CREATE TRIGGER` ends at `; END ;`. That function looks at the text from its
    start each time it is asked, so splitting with it is quadratic; this makes one pass.

    White space and comments between statements are dropped, and so are empty statements. What
    stands after the last semicolon is yielded as it is, for SQLite to accept or refuse.
    """
    start: int | None = None
    begun = ""
    tail: tuple[str, ...] = ()
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == "blank" or (start is None and kind == "end"):
            continue
        if start is None:
            start = match.start()
        if kind == "end" and (begun != "TRIGGER" or tail == (";", "END")):
            yield sql[start : match.end()]
            start, begun, tail = None, "", ()
        else:
            token = match[0].upper() if kind else ""
            begun, tail = _begun(begun, token), (*tail[-1:], token)
    if start is not None:
        yield sql[start:].rstrip(" \t\n\f\r")


def _begun(before: str, token: str) -> str:
    """What a statement begins as with one more token; empty while it has none."""
    if before in {"TRIGGER", _PLAIN}:
        return before
    stays = before == "EXPLAIN" and token not in _KEYWORDS
    return _BEGINS.get((before, token), before if stays else _PLAIN)
