"""The facts of an answer: what has to be in it, in whichever words.

A reference answer is one way to say something. What another answer has to share with it are its
values and names: numbers, dates, times, codes such as `OP-10019`, quoted words and proper names.
How a text is read, and when a fact stands in it, is told in `awm.verify.matching`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from awm.verify.matching import (
    KINDS,
    MONEY,
    hedged,
    kinds_to_read,
    missing_wordings,
    normalised,
    tokens_of,
)
from awm.verify.vocabulary import COMMON, STOP_WORDS, TITLES, WEEKDAYS

__all__ = ["Fact", "extract_facts", "hedges", "missing_facts"]

_LONGEST_QUOTE: Final = 300
_QUOTED: Final = re.compile(
    r'"([^"\n]+)"|\u201c([^\u201d\n]+)\u201d|\u201e([^\u201c\u201d\n]+)[\u201c\u201d]'
    r"|\u00ab([^\u00bb\n]+)\u00bb|`([^`\n]+)`"
    r"|(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)"
)
_ADDRESS: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # of mail
    r"|(?:https?://|www\.)[^\s<>()\"'`]*[\w/]"  # of a page
    r"|(?<![\w@./-])[^\W\d_]+(?:_[^\W\d_]+)+(?!\w)"  # a name for programs: in_progress
)
_SENTENCE_STARTS: Final = re.compile(r"(?:^|[.!?:;\u2026]['\")\]]*\s|\n)[\W_]*\Z")
_TITLE_BEFORE: Final = re.compile(r"\b[A-Z][A-Za-z]{0,3}\.\s\Z")
_DECISION: Final = re.compile(r"\s*(?:[,;:!\u2013\u2014]|-\s|\.(?!\s*\d)|\Z)")
_ENDINGS: Final = ("s", "es", "d", "ed", "ing", "ly")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a final answer has to contain.

    Attributes:
        wordings: Texts of which one is enough. Each is matched by what it is: a number by value
            (`$1,234.50` is `1234.5`), a date or a time in any usual notation, other text by its
            words, whatever their case.
    """

    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token of an answer: where it stands, what it says, and what it is."""

    start: int
    end: int
    text: str
    kind: str


def extract_facts(answer: str) -> tuple[Fact, ...]:
    """What an answer has to contain that says the same as a reference answer.

    Facts are numbers (not those within dates, times and codes), dates, times, codes, quoted texts,
    addresses of mail and pages, names for programs such as `in_progress`, proper names (capitalised
    words, unless they only start a sentence) and a yes or no that opens a sentence. An answer that
    holds none of them is told by its content words.

    Args:
        answer: The reference answer.

    Returns:
        In the order in which they appear, each once. Empty only for an answer without any letter or
        digit.
    """
    text = normalised(answer)
    pieces = [
        _Piece(start, end, text[start:end], readings[0][0])
        for start, end, readings in tokens_of(text, KINDS)
    ]
    facts = _distinct((*_values(text, pieces), *_names(text, pieces)), text)
    if not facts:
        words = [piece for piece in pieces if piece.text.casefold() not in STOP_WORDS]
        facts = _distinct(((piece.start, piece.text) for piece in words or pieces), text)
    if not facts and any(character.isalnum() for character in text):
        facts = (Fact((text.strip(),)),)
    return facts


def missing_facts(facts: Iterable[Fact], answer: str | None) -> tuple[Fact, ...]:
    """The facts that are not in an answer; all of them where there is no answer."""
    asked = tuple(facts)
    wordings = [list(fact.wordings) for fact in asked]
    missing = missing_wordings(wordings, answer, kinds_to_read(wordings))
    return tuple(fact for fact in asked if list(fact.wordings) in missing)


def hedges(facts: Iterable[Fact], answer: str | None) -> bool:
    """Whether an answer names so much that it would hold whichever fact was asked for.

    That is so when it has more than 20,000 characters, or where numbers are asked for names more
    different ones than 20 and 4 for each fact that is one. Dates, times and codes are counted
    likewise, each kind by itself.
    """
    wordings = [list(fact.wordings) for fact in facts]
    return hedged(wordings, answer, kinds_to_read(wordings))


def _distinct(found: Iterable[tuple[int, str]], text: str) -> tuple[Fact, ...]:
    """Facts in order, each once, and only those that the answer itself can be seen to hold."""
    facts: dict[str, Fact] = {}
    for _, wording in sorted(found):
        said = repr([readings[0] for _, _, readings in tokens_of(normalised(wording), KINDS)])
        facts.setdefault(said, Fact((wording,)))
    missing = missing_facts(facts.values(), text)
    return tuple(fact for fact in facts.values() if fact not in missing)


def _quotes(text: str) -> list[tuple[int, int, str]]:
    """What is to be said as it is: where each starts and ends with its quotes, and what it says."""
    quotes = [
        (match.start(), match.end(), next(filter(None, match.groups())).strip())
        for match in _QUOTED.finditer(text)
    ]
    addresses = [(match.start(), match.end(), match.group()) for match in _ADDRESS.finditer(text)]
    return [
        each
        for each in (*quotes, *addresses)
        if len(each[2]) <= _LONGEST_QUOTE and tokens_of(each[2], KINDS)
    ]


def _values(text: str, pieces: list[_Piece]) -> Iterator[tuple[int, str]]:
    """What can be told to be a fact by itself."""
    quotes = _quotes(text)
    yield from ((start, quote) for start, _, quote in quotes)
    for piece in _outside(quotes, pieces):
        if piece.kind != "word":
            if piece.text.casefold() != "one":  # rather a pronoun than a count
                yield piece.start, piece.text
        elif piece.text.casefold() in ("yes", "no"):
            opens = _SENTENCE_STARTS.search(text[: piece.start])
            if opens and _DECISION.match(text, piece.end):
                yield piece.start, piece.text


def _names(text: str, pieces: list[_Piece]) -> Iterator[tuple[int, str]]:
    """Runs of capitalised words, without what is capitalised for another reason."""
    dated = any(piece.kind == "date" for piece in pieces)
    outside = _outside(_quotes(text), pieces)
    lower = {piece.text for piece in outside}
    run: list[_Piece] = []
    for piece in (*outside, None):
        apart = not run or piece is None or not _joined(text[run[-1].end : piece.start], run[-1])
        if run and (apart or piece is None or not _is_capital(piece)):
            yield run[0].start, text[run[0].start : run[-1].end]
            run = []
        if piece is not None and _is_capital(piece) and not _is_no_name(piece, dated=dated):
            starts = not run and _starts_sentence(text, piece.start)
            if not (starts and _is_common(piece.text, lower)):
                run.append(piece)


def _outside(quotes: list[tuple[int, int, str]], pieces: list[_Piece]) -> list[_Piece]:
    return [
        piece
        for piece in pieces
        if not any(start <= piece.start and piece.end <= end for start, end, _ in quotes)
    ]


def _joined(between: str, last: _Piece) -> bool:
    """Whether two words belong to one name by what stands between them."""
    initial = len(last.text) == 1 and between == ". "
    return initial or between in (" ", "-", "'", " & ")


def _is_capital(piece: _Piece) -> bool:
    return piece.kind == "word" and piece.text[0].isupper()


def _is_no_name(piece: _Piece, *, dated: bool) -> bool:
    """Words that are always capitalised and say nothing by themselves."""
    word = piece.text.casefold()
    return (
        word in ("i", "yes", "no", "ok")
        or word in TITLES
        or word in MONEY.split("|")
        or (dated and word in WEEKDAYS)
    )


def _starts_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    title = _TITLE_BEFORE.search(before)
    if title and title.group().strip(". ").casefold() in TITLES:
        return False
    return start == 0 or _SENTENCE_STARTS.search(before) is not None


def _is_common(word: str, lower: set[str]) -> bool:
    """Whether a word is one of everyday English, in any of its forms, or stands small elsewhere."""
    word = word.casefold()
    return word in lower or word in STOP_WORDS or not COMMON.isdisjoint(_bases(word))


def _bases(word: str) -> Iterator[str]:
    """The words that a word may be a form of."""
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            yield from (stem, f"{stem}e", stem[:-1] if stem[-2:-1] == stem[-1:] else stem)
    for ending in ("ies", "ied", "ily"):
        if word.endswith(ending):
            yield f"{word.removesuffix(ending)}y"
