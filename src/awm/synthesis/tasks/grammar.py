"""English that templates cannot know before they are filled in: `a` or `an`, and one of many."""

import re
from typing import Final

__all__ = ["singular", "with_articles"]

_ARTICLE: Final = re.compile(r"(?<![\w.'\u2019-])([Aa])n? (?=(\$?[^\W_][\w-]*))")
_BEGINS: Final = re.compile(r"(?:^|[.!?:;(\n])\s*$")
_LETTERS: Final = frozenset("AEFHILMNORSX")
"""Letters whose names begin with a vowel: an MRI, an X-ray."""
_SPOKEN: Final = frozenset(
    {
        *("FIFO", "HEPA", "LAN", "LASER", "LIDAR", "LIFO", "MAC", "MIDI", "NASA", "NATO"),
        *("RADAR", "RAID", "RAM", "REM", "ROM", "SCUBA", "SIM", "SONAR", "SWAT"),
    }
)
"""Letters that are read as a word: a SIM card."""
_SPELLED: Final = re.compile(r"(?:[A-Z]{2,}[0-9]*s?|[A-Za-z](?=[-0-9]))(?![a-z])")
_SILENT: Final = re.compile(r"hour|honest|hono|heir", re.IGNORECASE)
_AS_CONSONANT: Final = re.compile(
    r"uni(?:[tofqvcl]|s(?:ex|on))|us(?:[aeiu])|ut(?:i|op|r)|ubi|ur[aeiou]|uk[eru]|ugan"
    r"|eu|ew|one(?:s|self)?(?![a-z])|once(?![a-z])",
    re.IGNORECASE,
)
"""`a unit`, `a European`, `a one-way trip`."""
_NUMBER: Final = re.compile(r"\$?(?:8|1[18](?![0-9]))")
_VOWELS: Final = frozenset("aeiouàáâäåæèéêëìíîïòóôöøùúûü")

_SAME: Final = frozenset(
    {
        *("alias", "always", "arrears", "asbestos", "atlas", "bias", "canvas", "chaos", "does"),
        *("gas", "goes", "goods", "has", "headquarters", "lens", "means", "news", "overseas"),
        *("premises", "scissors", "series", "species", "towards", "trousers", "was"),
    }
)
"""What ends like many and is none, or has no other form."""
_ODD: Final = {
    "analyses": "analysis",
    "buses": "bus",
    "cookies": "cookie",
    "diagnoses": "diagnosis",
    "halves": "half",
    "knives": "knife",
    "lenses": "lens",
    "loaves": "loaf",
    "movies": "movie",
    "shelves": "shelf",
    "theses": "thesis",
}


def with_articles(text: str) -> str:
    """A text in which `a` and `an` stand where they sound right.

    A capital A that does not begin a sentence is somebody's name for something, and is left alone.
    """
    return _ARTICLE.sub(_article, text)


def _article(match: re.Match[str]) -> str:
    letter, word = match[1], match[2]
    if len(word) == 1 and not word.isdecimal():
        return match[0]
    if letter == "A" and not _BEGINS.search(match.string[: match.start()]):
        return match[0]
    return f"{letter}n " if _sounds_like_a_vowel(word) else f"{letter} "


def _sounds_like_a_vowel(word: str) -> bool:
    if word[0] == "$" or word[0].isdecimal():
        return _NUMBER.match(word) is not None
    if _SPELLED.match(word) and word.rstrip("s") not in _SPOKEN:
        return word[0].upper() in _LETTERS
    if _SILENT.match(word):
        return True
    return word[0].lower() in _VOWELS and not _AS_CONSONANT.match(word)


def singular(noun: str) -> str:
    """What one of several is called: `hour` of `hours`, `copy` of `copies`, `lens` of `lens`."""
    if noun in _SAME or noun.endswith(("ss", "us", "is")):
        return noun
    if noun in _ODD:
        return _ODD[noun]
    if noun.endswith("ies") and len(noun) > 4:
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(("xes", "ches", "shes", "sses", "zzes")) else noun[:-1]
