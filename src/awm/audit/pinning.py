"""SQL that asks for the time, rewritten so that it says which moment it means.

`datetime('now', '-3 days')` gives other rows each day on which a world is built. Here it becomes
what it gives at the world's own clock, `'2026-01-29 12:00:00'`. An expression whose arguments are
all literals becomes its value; in one that computes an argument, only the `'now'` is replaced.

The text is a stranger's and is never run: what is asked of SQLite is a function of a fixed set,
with literals as bound parameters. What is replaced is decided by looks, so whoever uses this has to
build the database from both texts and see that they agree.
"""

import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Final, NamedTuple

from awm.worlds import SqlClock

__all__ = ["pin_sql"]

_TOKEN: Final = re.compile(
    r"""
      (?P<blank> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<text> '[^']*(?:''[^']*)*(?:'|\Z) )
    | (?P<quoted> "[^"]*(?:""[^"]*)*(?:"|\Z) )
    | (?P<name> `[^`]*(?:``[^`]*)*(?:`|\Z) | \[[^\]]*(?:\]|\Z) )
    | (?P<other_literal> [xX]'[^']*' )
    | (?P<number> (?: 0[xX][0-9a-fA-F]+ | (?: \d+(?:\.\d*)? | \.\d+ ) (?:[eE][+-]?\d+)? )
        (?![A-Za-z0-9_$\x80-\U0010ffff]) )
    | (?P<word> [A-Za-z0-9_$\x80-\U0010ffff]+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_MOMENT_AT: Final = {
    **dict.fromkeys(("date", "datetime", "julianday", "time", "unixepoch"), (0,)),
    "strftime": (1,),
    "timediff": (0, 1),
}
"""SQLite's date functions, and which of their arguments say a moment.

https://www.sqlite.org/lang_datefunc.html"""

_KEYWORDS: Final = {
    "current_date": "date",
    "current_time": "time",
    "current_timestamp": "datetime",
}
_OPERANDS: Final = {"name", "number", "other_literal", "quoted", "text"}
_NOW_WORDS: Final = {"now", "subsec", "subsecond"}
_DEEPEST: Final = 20
_LONGEST: Final = 200
"""Characters of an argument. What is longer is no date that anybody wrote down."""
_LONGEST_SQL: Final = 2_000_000
"""Characters of a text; taking a longer one apart would take more memory than it is worth."""


class _Token(NamedTuple):
    kind: str
    text: str


class _Literal(NamedTuple):
    value: str | int | float | None


def pin_sql(sql: str, clock: datetime) -> str:
    """Rewrite SQL so that it does not depend on when it is run.

    Text in quotes, comments and the names of columns stay as they are. So do expressions that only
    look as if they asked for the time, `random()`, and SQL of more than two million characters.

    Args:
        sql: One or several statements.
        clock: The moment that it is to mean by now, in UTC.

    Returns:
        The SQL; the same text where it asks for no time.
    """
    if not _might_ask(sql):
        return sql
    with closing(sqlite3.connect(":memory:")) as connection:
        SqlClock(clock.timestamp, bytes).install(connection)
        return _Rewriting(sql, clock, connection).whole()


def _might_ask(sql: str) -> bool:
    lowered = sql.lower() if len(sql) <= _LONGEST_SQL else ""
    return any(word in lowered for word in (*_MOMENT_AT, *_KEYWORDS))


class _Rewriting:
    """One text on its way to another."""

    def __init__(self, sql: str, clock: datetime, connection: sqlite3.Connection) -> None:
        self._tokens = [_Token(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(sql)]
        self._now = _quoted(clock.replace(tzinfo=None).isoformat(" ", "milliseconds"))
        self._connection = connection
        self._closing = dict(_parentheses(self._tokens))
        self._columns = self._inserted_columns()

    def whole(self) -> str:
        return self._rewritten(0, len(self._tokens), 0)

    def _rewritten(self, start: int, end: int, depth: int) -> str:
        parts: list[str] = []
        place = start
        while place < end:
            opening = self._called(place) if depth < _DEEPEST else None
            if opening is not None:
                part = self._call(place, opening, depth)
                place = self._closing[opening]
            else:
                part = self._keyword(place) or self._tokens[place].text
            if part.startswith("'") and parts and parts[-1].endswith("'"):
                parts.append(" ")  # two quotes in a row would mean one inside a text
            parts.append(part)
            place += 1
        return "".join(parts)

    def _called(self, place: int) -> int | None:
        """Where the arguments of a date function begin; None where none is called here."""
        token = self._tokens[place]
        if token.kind != "word" or token.text.lower() not in _MOMENT_AT:
            return None
        following = self._beside(place, 1)
        is_call = following in self._closing and not self._is(self._beside(place, -1), ".")
        return following if is_call else None

    def _call(self, place: int, opening: int, depth: int) -> str:
        """A call of a date function, or its value."""
        name = self._tokens[place].text.lower()
        spans = self._arguments(opening)
        literals = [self._literal(*span) for span in spans]
        known = [literal for literal in literals if literal is not None]
        moments = _MOMENT_AT[name]
        # A call without its moment takes the present one, as strftime('%Y') does.
        lacks = len(moments) == 1 and len(spans) == moments[0]
        asking = {at for at in moments if at < len(spans) and _is_now(literals[at])}
        if (lacks or asking) and len(known) == len(spans):
            value = self._ask(name, known)
            if value is not None:
                return value
        arguments = [
            self._now if at in asking else self._rewritten(*span, depth + 1)
            for at, span in enumerate(spans)
        ]
        if lacks and spans:
            arguments.append(f" {self._now}")
        before = "".join(token.text for token in self._tokens[place : opening + 1])
        return f"{before}{','.join(arguments)})"

    def _keyword(self, place: int) -> str | None:
        """The value of a keyword such as CURRENT_DATE; None where none stands here."""
        token = self._tokens[place]
        function = _KEYWORDS.get(token.text.lower()) if token.kind == "word" else None
        if function is None or self._names_something(place):
            return None
        return self._ask(function, [_Literal("now")])

    def _names_something(self, place: int) -> bool:
        """Whether a keyword names a column here, or what stands before it, as it may."""
        before, after = self._beside(place, -1), self._beside(place, 1)
        if place in self._columns or self._is(before, ".") or self._is(after, "."):
            return True
        if before is None:
            return False
        token = self._tokens[before]
        return token.kind in _OPERANDS or token.text == ")" or token.text.lower() == "as"

    def _ask(self, function: str, arguments: list[_Literal]) -> str | None:
        """What a date function gives, as SQL; None where that cannot be said."""
        values = [argument.value for argument in arguments]
        if any(isinstance(value, str) and len(value) > _LONGEST for value in values):
            return None
        query = f"SELECT {function}({','.join('?' * len(values))})"
        try:
            answer = self._connection.execute(query, values).fetchone()[0]
        except (sqlite3.Error, OverflowError, UnicodeEncodeError):
            return None
        return _written(answer)

    def _literal(self, start: int, end: int) -> _Literal | None:
        """The value of an argument that is nothing but a literal."""
        tokens = [token for token in self._tokens[start:end] if token.kind != "blank"]
        sign = 1
        if len(tokens) == 2 and tokens[0].text in {"+", "-"} and tokens[1].kind == "number":
            sign = -1 if tokens.pop(0).text == "-" else 1
        if len(tokens) != 1:
            return None
        kind, text = tokens[0]
        if kind in {"text", "quoted"}:  # what names no column SQLite takes for a text
            return _Literal(text[1:-1].replace(text[0] * 2, text[0]))
        if kind == "number":
            return _number(text, sign)
        return _Literal(None) if text.lower() == "null" else None

    def _arguments(self, opening: int) -> list[tuple[int, int]]:
        """Where the arguments in a pair of parentheses begin and end."""
        end = self._closing[opening]
        starts, place = [opening + 1], opening + 1
        while place < end:
            if self._tokens[place].text == ",":
                starts.append(place + 1)
            place = self._closing.get(place, place) + 1
        spans = [*zip(starts, [start - 1 for start in starts[1:]] + [end], strict=True)]
        blank = all(token.kind == "blank" for token in self._tokens[opening + 1 : end])
        return [] if blank else spans

    def _inserted_columns(self) -> set[int]:
        """The places inside the lists of columns that follow `INTO table`."""
        found: set[int] = set()
        for place, token in enumerate(self._tokens):
            if token.kind == "word" and token.text.lower() == "into":
                opening = self._list_after(place)
                if opening is not None:
                    found.update(range(opening, self._closing[opening]))
        return found

    def _list_after(self, into: int) -> int | None:
        """Where the list of columns begins after `INTO schema.table AS alias`, if there is one."""
        place = self._beside(into, 1)
        for _ in range(6):
            if place is None or self._tokens[place].text.lower() in {"values", "select", "default"}:
                return None
            if place in self._closing:
                return place
            place = self._beside(place, 1)
        return None

    def _beside(self, place: int, step: int) -> int | None:
        """The nearest token that is not blank."""
        place += step
        while 0 <= place < len(self._tokens):
            if self._tokens[place].kind != "blank":
                return place
            place += step
        return None

    def _is(self, place: int | None, text: str) -> bool:
        return place is not None and self._tokens[place].text == text


def _parentheses(tokens: list[_Token]) -> Iterator[tuple[int, int]]:
    """Each opening parenthesis that is closed, and where."""
    open_ones = []
    for place, token in enumerate(tokens):
        if token.text == "(":
            open_ones.append(place)
        elif token.text == ")" and open_ones:
            yield open_ones.pop(), place


def _is_now(literal: _Literal | None) -> bool:
    value = literal.value if literal is not None else None
    return isinstance(value, str) and value.lower() in _NOW_WORDS


def _number(text: str, sign: int) -> _Literal:
    if text[:2].lower() == "0x":
        return _Literal(sign * int(text, 16))
    return _Literal(sign * (int(text) if text.isdecimal() else float(text)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _written(value: object) -> str | None:
    """A value as a SQL literal; None for what has none."""
    match value:
        case None:
            return "NULL"
        case str() if "\0" not in value:
            return _quoted(value)
        case int():
            return f"({value})"  # whatever stands beside it: 5-(-3), (3)AS three
        case float() if math.isfinite(value):
            return f"({value!r})"
    return None
