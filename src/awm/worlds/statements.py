"""Splitting SQL text into statements, without running any."""

import re
from collections.abc import Iterator

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
_TRIGGER = re.compile(r"(?:EXPLAIN )?CREATE (?:TEMP |TEMPORARY )?TRIGGER\b", re.IGNORECASE)


def read_statements(sql: str) -> Iterator[str]:
    """Yield the statements of `sql` one by one, each with its closing semicolon.

    The rules are those of SQLite's own `sqlite3_complete()`: semicolons inside quotes and comments
    do not count, and a `CREATE TRIGGER` ends at `; END ;`. That function looks at the text from its
    start each time it is asked, so splitting with it is quadratic; this makes one pass.

    White space and comments between statements are dropped, and so are empty statements. What
    stands after the last semicolon is yielded as it is, for SQLite to accept or refuse.
    """
    start: int | None = None
    words: list[str] = []
    tail: tuple[str, ...] = ()
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == "blank" or (start is None and kind == "end"):
            continue
        if start is None:
            start = match.start()
        if len(words) < 4:
            words.append(match[0])
        if kind == "end" and (not _is_trigger(words) or tail == (";", "END")):
            yield sql[start : match.end()]
            start, words, tail = None, [], ()
        else:
            tail = (*tail[-1:], match[0].upper() if kind else "")
    if start is not None:
        yield sql[start:].rstrip(" \t\n\f\r")


def _is_trigger(words: list[str]) -> bool:
    return _TRIGGER.match(" ".join(words)) is not None
