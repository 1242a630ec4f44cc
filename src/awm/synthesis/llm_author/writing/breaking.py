"""Where in a statement SQLite stopped reading: it names a word, and the word may stand often.

What stands before the fault is the beginning of a sound statement, of which SQLite says that it is
incomplete. So the statement is tried up to each place where the word stands, and the first that is
not merely incomplete is the place.
"""

import re
from dataclasses import replace
from typing import Final

from awm.errors import WorldBuildError
from awm.runtime import Runtime
from awm.synthesis.llm_author.writing.executing import create
from awm.worlds import DatabaseRecipe, Table

__all__ = ["break_told"]

_NEAR: Final = re.compile(r'near "(.+?)": syntax error', re.DOTALL)
_MOST: Final = 40
"""How many places are tried."""
_SHOWN: Final = 60
_NO_COMMA: Final = re.compile(
    r"[^\s,(]\s+(UNIQUE|PRIMARY\s+KEY|FOREIGN(?:\s+KEY)?|CHECK|CONSTRAINT)\s*\(?\Z", re.IGNORECASE
)
"""A constraint of the table that begins where a column's definition has not been ended."""


async def break_told(runtime: Runtime, recipe: DatabaseRecipe, sql: str, words: str) -> str:
    """Where a statement breaks, for whoever has to mend it; empty where that cannot be told.

    Args:
        runtime: Tries the beginnings.
        recipe: The clock counts, the tables do not.
        sql: The statement.
        words: What SQLite says of it.

    Raises:
        InfrastructureError: Nothing can be tried.
    """
    found = _NEAR.search(words)
    if found is None:
        return ""
    places = [each.end() for each in re.finditer(re.escape(found[1]), sql)][:_MOST]
    beginnings = [Table(str(number), sql[:end]) for number, end in enumerate(places)]
    try:
        created = await create(runtime, replace(recipe, tables=tuple(beginnings)))
    except WorldBuildError:  # it takes too long, and is no more than a help
        return ""
    for number, end in enumerate(places):
        if _NEAR.search(created.failed.get((number, None), "")):
            return _told(sql[:end])
    return ""


def _told(read: str) -> str:
    shown = " ".join(read.split())[-_SHOWN:]
    told = f'it can be read up to "{shown}"'
    missing = _NO_COMMA.search(read)
    return told if missing is None else f"{told}: a comma is missing before {missing[1].upper()}"
